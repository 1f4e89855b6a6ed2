// A KPI's value, target and completion over a period: merges of days (S-07, S-13).
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ledger/series_table.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// One floor of a verdict and what stands against it.
struct FloorResult {
  KpiIndex kpi = 0;
  Decimal value;
  Decimal floor;
  bool met() const { return value >= floor; }
};

// What a KPI says for one subject and period.
struct KpiReading {
  Decimal value;                       // verdict: how many floors were met
  int64_t count = 0;                   // facts
  std::optional<Decimal> target;       // verdict: how many floors there are
  std::optional<Rational> completion;  // nullopt: no target, or a target of zero (S-07: n/a)
  std::vector<FloorResult> floors;     // verdict only
  // Met or missed; nullopt when there is nothing to measure it by.
  std::optional<bool> met;
};

// value/target by the KPI's direction: up A/T; down 2 - A/T, not below 0 (S-07). nullopt for a
// target of zero.
std::optional<Rational> Completion(Direction direction, Decimal value, Decimal target);

// Aggregate → the number that the KPI's measure stands for.
Decimal MeasuredValue(const Kpi& kpi, const Aggregate& aggregate);

// A simple KPI's reading from an aggregate and a target.
KpiReading ReadSimple(const Kpi& kpi, const Aggregate& aggregate, std::optional<Decimal> target);

// Reads KPIs off the series. Owned by the engine thread.
class KpiViewer {
 public:
  // Both are borrowed.
  KpiViewer(const Rulebook* rulebook, SeriesTable* series) : rulebook_(rulebook), series_(series) {}

  // `level` is the person's level, which chooses a verdict's floors. Floors are those of a full
  // day; whoever works less of it, `capacity` of kFullCapacity parts, needs so much less (S-02).
  // Without floors for the level, or of whoever does not work at all, a verdict has neither target
  // nor completion. Errors: the store's.
  absl::StatusOr<KpiReading> Read(KpiIndex kpi, SubjectId subject, const std::string& level,
                                  const Period& period, std::optional<Decimal> target,
                                  int capacity = kFullCapacity);

 private:
  const Rulebook* rulebook_;
  SeriesTable* series_;
};

// The floors of `kpi` for a person's level; null: the level has none.
const Floors* FloorsFor(const Kpi& kpi, std::string_view level);

}  // namespace kpiwatch
