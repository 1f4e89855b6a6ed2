#include "daemon/ledger/kpi_view.h"

#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

// `capacity` of kFullCapacity parts of a floor, which need not be a whole number.
Decimal Share(Decimal floor, int capacity) {
  return Decimal::FromUnits(floor.units() / kFullCapacity * capacity +
                            floor.units() % kFullCapacity * capacity / kFullCapacity);
}

}  // namespace

std::optional<Rational> Completion(Direction direction, Decimal value, Decimal target) {
  if (target.is_zero()) {
    return std::nullopt;
  }
  if (direction == Direction::kUp) {
    return Rational{value, target};
  }
  const Rational completion{target + target - value, target};
  return completion < Rational::Of(Decimal()) ? Rational::Of(Decimal()) : completion;
}

Decimal MeasuredValue(const Kpi& kpi, const Aggregate& aggregate) {
  return kpi.measure.kind == MeasureKind::kCount ? Decimal::FromInt(aggregate.count)
                                                 : aggregate.sum;
}

KpiReading ReadSimple(const Kpi& kpi, const Aggregate& aggregate, std::optional<Decimal> target) {
  KpiReading reading;
  reading.value = MeasuredValue(kpi, aggregate);
  reading.count = aggregate.count;
  reading.target = target;
  if (target) {
    reading.completion = Completion(kpi.direction, reading.value, *target);
  }
  if (reading.completion) {
    reading.met = *reading.completion >= Rational::Of(Decimal::FromInt(1));
  }
  return reading;
}

const Floors* FloorsFor(const Kpi& kpi, std::string_view level) {
  const Floors* any = nullptr;
  for (const Floors& floors : kpi.floors) {
    if (floors.level == level) {
      return &floors;
    }
    if (floors.level.empty()) {
      any = &floors;
    }
  }
  return any;
}

absl::StatusOr<KpiReading> KpiViewer::Read(KpiIndex kpi_index, SubjectId subject,
                                           const std::string& level, const Period& period,
                                           std::optional<Decimal> target, int capacity) {
  const Kpi& kpi = rulebook_->kpis[kpi_index];
  if (kpi.type == KpiType::kSimple) {
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                              series_->Sum(subject, kpi_index, period.begin, period.end));
    return ReadSimple(kpi, sum, target);
  }
  KpiReading reading;
  const Floors* floors = FloorsFor(kpi, level);
  if (floors == nullptr || capacity == 0) {
    return reading;
  }
  int64_t met = 0;
  for (size_t i = 0; i < kpi.all_of.size(); ++i) {
    const Kpi& part = rulebook_->kpis[kpi.all_of[i]];
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                              series_->Sum(subject, kpi.all_of[i], period.begin, period.end));
    const FloorResult result{kpi.all_of[i], MeasuredValue(part, sum),
                             Share(floors->values[i], capacity)};
    met += result.met() ? 1 : 0;
    reading.count += sum.count;
    reading.floors.push_back(result);
  }
  const auto all = static_cast<int64_t>(kpi.all_of.size());
  reading.value = Decimal::FromInt(met);
  reading.target = Decimal::FromInt(all);
  reading.completion = Rational{reading.value, *reading.target};
  reading.met = met == all;
  return reading;
}

}  // namespace kpiwatch
