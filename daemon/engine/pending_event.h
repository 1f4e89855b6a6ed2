// An event between its decoding and the end of its step, as the core keeps it.
#pragma once

#include <cstdint>

#include "daemon/base/hash.h"
#include "daemon/engine/core_types.h"
#include "daemon/fold/entity.h"
#include "daemon/fold/fingerprint.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// A fact with its subject resolved, waiting in the block.
struct PendingFact {
  SubjectId subject;
  KpiIndex kpi = 0;
  Day day;
  Aggregate delta;
};

// What an event says of an entity to a KPI, waiting in the block.
struct PendingChange {
  Hash128 entity;
  KpiIndex kpi = 0;
  EntityChange change;
};

struct PendingEvent {
  Fingerprint fingerprint;
  Origin origin;
  int64_t time_ms = 0;
  uint32_t fact_begin = 0, fact_end = 0;
  uint32_t change_begin = 0, change_end = 0;
  uint32_t id_begin = 0, id_size = 0;  // into block_ids_
  bool versioned = false;              // its version is kept (D-12), and the two below are set
  int64_t sequence = -1;               // -1: it has none, and gives way to any that has
  uint64_t content = 0;                // hash of what it makes KPIs count
};

// How an event is counted.
enum BookingResult : uint8_t {
  kResAccepted,
  kResDuplicate,
  kResLate,
  kResTooLate,
  kResIgnored,
  kResHeartbeat,
  kResConflict,
  kResStale,
  kResults
};

// What became of an event so far.
struct Booking {
  BookingResult result = kResAccepted;
  bool noted = false;   // among the causes
  int64_t time_ms = 0;  // of the facts that are booked: the event's, or of what it takes out
};

}  // namespace kpiwatch
