// What goes into the core and comes out of it besides events and batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/evaluate/pace.h"
#include "daemon/fold/dedup_window.h"
#include "daemon/ingest/source_options.h"
#include "daemon/ledger/kpi_view.h"
#include "daemon/ledger/sample_table.h"
#include "daemon/ledger/series_table.h"
#include "daemon/model/day.h"
#include "daemon/model/event.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"

namespace kpiwatch {

struct CoreOptions {
  // The sources by their index in Origin; borrowed.
  const std::vector<SourceOptions>* sources = nullptr;
  bool clock_by_events = false;  // D-01
  // Transitions of periods that closed before it are recorded and not sent (D-07); ignored with
  // clock_by_events. nullopt: the store's first start.
  std::optional<absl::Time> live_from;
  absl::Duration correction_window = absl::Hours(24 * 35);
  // Days before it are never sealed; nullopt: the day of the earliest fact or heartbeat.
  std::optional<Day> first_day;
  DedupWindow::Options dedup;
  SeriesTable::Options series;
  SampleTable::Options samples;
  size_t waiting_cells = 1'000'000;  // in memory, of facts that wait for a seal
  size_t most_causes = 1'000'000;    // of one step, for rules on open periods: then it is full
  size_t seal_chunk = 20'000;        // evaluations of one step's seal (D-04)
};

// Where an event came from.
struct Origin {
  uint32_t source = 0;          // index into CoreOptions::sources
  uint32_t partition = 0;       // of that source
  int64_t record_ms = kNoTime;  // the transport's time
};

enum class OfferResult : uint8_t {
  kAccepted,  // taken; duplicates show in the counters
  kIgnored,   // no KPI asks for its type (D-16)
  kHeartbeat,
  kNoTime,       // for the dead letters
  kTenant,       // of another tenant than the source's: for the dead letters (D-17)
  kTooOld,       // recorded before the duplicate window (D-12): for the dead letters
  kNoPromise,    // a heartbeat that does not say until when: for the dead letters
  kImplausible,  // a time before 1980 or after 2199: for the dead letters
};

// What a step came to.
struct StepResult {
  bool empty = true;          // nothing has changed; the batch may be dropped
  bool more_to_seal = false;  // call again soon, even without events
  uint64_t last_seq = 0;      // number of the last outbox entry so far
  size_t entries = 0;         // outbox entries of this step
  size_t events = 0;          // events offered in this step
};

// What the closed days of a period say.
struct PaceReading {
  KpiReading reading;
  Pace pace;
};

// One sealed or open period's value, for kpictl and tests.
struct PeriodValue {
  std::string kpi;
  std::string subject;
  Period period;
  KpiReading reading;
  // The period's own band (D-10); nullopt: there is no completion, and no rule judges the value.
  std::optional<Level> level;
  // Of a KPI that adds up, with a target: as of the day that closed last; nullopt: none of its days
  // has closed.
  std::optional<Pace> pace;
};

}  // namespace kpiwatch
