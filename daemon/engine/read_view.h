// What others may see of a running engine: plain copies, for the API, the metrics and the tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

enum class AlertState : uint8_t { kInactive, kPending, kFiring };
enum class RuleHealth : uint8_t { kUnknown, kOk, kError };

using LabelMap = std::map<std::string, std::string>;

// A ladder that stands above green, or whose tier waits to fire; or a source that is late.
struct AlertView {
  std::string rule;        // "data-late" of a source
  std::string subject;     // "person:u102", "unit:east", "source:crm"
  LocalText subject_name;  // for people; the id where the org names nobody
  std::string kpi;         // empty: of no one KPI
  std::string period;      // "2026-09-28", "2026-W40" …
  Level level = Level::kYellow;
  AlertState state = AlertState::kFiring;
  absl::Time active_at = absl::InfinitePast();  // business moment in which the episode began
  // Decimals as text; empty: n/a. `completion` is a ratio with six digits.
  std::string value, target, completion;
  LabelMap labels;       // the rule's own
  LabelMap annotations;  // rendered
};

// What orders alerts and names a place between them.
struct AlertKey {
  std::string rule, subject, period;
  friend auto operator<=>(const AlertKey&, const AlertKey&) = default;
};

struct AlertQuery {
  std::optional<AlertKey> after;   // only alerts behind it
  size_t limit = 1000;             // at most so many
  std::vector<std::string> rules;  // only of these rules; empty: of all
  // Only rule, subject, kpi, level and labels, in an order of the store's own; `after` is not
  // looked at. Cheap, however many there are.
  bool brief = false;
};

// How a tier of a rule stands: the most that any of its alerts does. A tier without alerts is
// absent.
using TierStates = std::map<std::pair<std::string, Level>, AlertState>;  // by rule and level

struct AlertPage {
  std::vector<AlertView> alerts;  // by AlertKey
  bool more = false;              // there are alerts behind the last one
  // Of all that the query would find without `after` and `limit`.
  size_t total = 0;
  TierStates states;  // empty for a brief query
};

struct TierView {
  Level level = Level::kYellow;
  std::string query;  // the text of `when`
};

struct RuleView {
  std::string name;
  std::string kpi;
  std::string file;
  EvaluateMode evaluate = EvaluateMode::kOnClose;
  PeriodKind period = PeriodKind::kDay;
  std::vector<TierView> tiers;  // ascending by level
  LabelMap labels;
  LabelMap annotations;  // templates
  RuleHealth health = RuleHealth::kUnknown;
  std::string last_error;
  absl::Time last_evaluation = absl::InfinitePast();  // wall time; InfinitePast: not yet
  absl::Duration evaluation_time;                     // of that one
};

struct PartitionView {
  std::string topic;
  int32_t partition = 0;
  int64_t position = 0;  // next offset to be read, as committed
  int64_t end = -1;      // last heard of; -1: not yet known
  bool failed = false;   // stopped (D-13); `error` says why
  std::string error;
};

struct SourceView {
  std::string name;
  std::string kind;  // "kafka", "log", "file"; "none": KPIs name it and nobody reads it
  std::vector<PartitionView> partitions;
  absl::Time complete_until = absl::InfinitePast();  // InfinitePast: nothing proven yet
  std::optional<absl::Time> late_since;              // since when a day waits for this source
  std::string late_day;  // the first such day, "2026-09-28"; empty: none
  std::string error;     // what is wrong with the transport; empty: healthy
};

// The values of one KPI for one subject and one open or just sealed period, for /metrics.
struct KpiSample {
  std::string kpi;
  std::string unit;          // unit id
  std::string person;        // person id; empty: the unit's own series
  std::string period;        // "day", "week" …: the open one; "last_day" …: the last sealed one
  std::string level_of_org;  // "person", "unit", "company"
  // nullopt: n/a, no sample.
  std::optional<double> value, target, completion_ratio, pace_ratio;
  std::optional<Level> level;
};

struct KpiSamples {
  std::vector<KpiSample> samples;
  size_t dropped = 0;  // left out because of the limit
};

struct DeadLetterView {
  uint64_t number = 0;  // ascending
  std::string source;
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string reason;
  std::string message;
  absl::Time time = absl::InfinitePast();  // the record's; InfinitePast: it had none
  std::string key, value;                  // raw bytes, cut to a preview
};

struct DeadLetterPage {
  std::vector<DeadLetterView> letters;  // by number
  bool more = false;
};

// A running engine. Thread-safe; every call sees the state after a whole step and returns copies.
class EngineReadView {
 public:
  virtual ~EngineReadView() = default;
  // State is restored and every source has its partitions.
  virtual bool ready() const = 0;
  // The business now (D-01).
  virtual absl::Time Now() const = 0;
  virtual std::vector<RuleView> Rules() const = 0;  // in the order of the rulebook
  virtual AlertPage Alerts(const AlertQuery& query) const = 0;
  virtual std::vector<SourceView> Sources() const = 0;
  // At most `limit` samples of the series that the rules expose.
  virtual KpiSamples Samples(size_t limit) const = 0;
  // Dead letters with a number > `after`, at most `limit`. Errors: those of the file that keeps
  // them.
  virtual absl::StatusOr<DeadLetterPage> DeadLetters(uint64_t after, size_t limit) const = 0;
};

}  // namespace kpiwatch
