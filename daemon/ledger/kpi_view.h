// A KPI's value, target and completion over a period: merges of days (S-07, S-13).
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ledger/sample_table.h"
#include "daemon/ledger/series_table.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Whether a KPI has a value (S-13).
enum class ValueState : uint8_t {
  kKnown,
  kNothing,       // nothing to divide by, or nothing that its operands speak of: n/a
  kInsufficient,  // a denominator below the KPI's min_den
};

// One floor of a verdict and what stands against it.
struct FloorResult {
  KpiIndex kpi = 0;
  Decimal value;
  Decimal floor;
  bool met() const { return value >= floor; }
};

// What a KPI says for one subject and period.
struct KpiReading {
  ValueState state = ValueState::kKnown;
  // Verdict: how many floors were met. Of a quotient six digits, half up; zero without a value.
  Decimal value;
  std::optional<Rational> quotient;  // the value of an average, a share, a ratio or a derived KPI
  std::optional<Rational> num, den;  // ratio only
  // How far the value of a sketch may be off, as a part of it (Samples::Error).
  std::optional<Decimal> error;
  int64_t count = 0;                   // facts
  std::optional<Decimal> target;       // verdict: how many floors there are
  std::optional<Rational> completion;  // nullopt: no target, or a target of zero (S-07: n/a)
  std::vector<FloorResult> floors;     // verdict only
  // Met or missed; nullopt when there is nothing to measure it by.
  std::optional<bool> met;
  // The part of the value that came in the last quarter of the working days, where somebody
  // asks for it; nullopt also: of nothing.
  std::optional<Rational> back_loading;
};

// value/target by the KPI's direction: up A/T; down 2 - A/T, not below 0 (S-07). nullopt for a
// target of zero.
std::optional<Rational> Completion(Direction direction, Decimal value, Decimal target);
// The same of a quotient; nullopt also where an exact answer does not fit 128 bits.
std::optional<Rational> Completion(Direction direction, const Rational& value, Decimal target);

// Aggregate → the number that the KPI's measure stands for. REQUIRES: it is a sum.
Decimal MeasuredValue(const Kpi& kpi, const Aggregate& aggregate);

// A simple KPI's reading from an aggregate and a target.
KpiReading ReadSimple(const Kpi& kpi, const Aggregate& aggregate, std::optional<Decimal> target);

// The same of one whose measure needs samples: `samples` are those of its `count` facts.
KpiReading ReadSampled(const Kpi& kpi, int64_t count, const Samples& samples,
                       std::optional<Decimal> target);

// Reads KPIs off the series. Owned by the engine thread.
class KpiViewer {
 public:
  // All are borrowed.
  KpiViewer(const Rulebook* rulebook, SeriesTable* series, SampleTable* samples)
      : rulebook_(rulebook), series_(series), samples_(samples) {}

  // `level` is the person's level, which chooses a verdict's floors. Floors are those of a full
  // day; whoever works less of it, `capacity` of kFullCapacity parts, needs so much less (S-02).
  // Without floors for the level, or of whoever does not work at all, a verdict has neither target
  // nor completion. Errors: the store's.
  absl::StatusOr<KpiReading> Read(KpiIndex kpi, SubjectId subject, const std::string& level,
                                  const Period& period, std::optional<Decimal> target,
                                  int capacity = kFullCapacity);

 private:
  absl::StatusOr<KpiReading> ReadSimpleKpi(KpiIndex kpi, SubjectId subject, const Period& period,
                                           std::optional<Decimal> target);
  absl::StatusOr<KpiReading> ReadVerdict(const Kpi& kpi, SubjectId subject,
                                         const std::string& level, const Period& period,
                                         int capacity);
  // Of a simple, ratio or derived KPI, measured by nothing.
  absl::StatusOr<KpiReading> ReadNumber(KpiIndex kpi, SubjectId subject, const Period& period);

  const Rulebook* rulebook_;
  SeriesTable* series_;
  SampleTable* samples_;
};

// The floors of `kpi` for a person's level; null: the level has none.
const Floors* FloorsFor(const Kpi& kpi, std::string_view level);

}  // namespace kpiwatch
