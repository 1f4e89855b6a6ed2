#include "daemon/rulebook/rulebook.h"

#include <algorithm>
#include <tuple>

namespace kpiwatch {

std::optional<SampleUse> Measure::SamplesUse() const {
  switch (kind) {
    case MeasureKind::kCount:
    case MeasureKind::kSum:
    case MeasureKind::kAvg:
    case MeasureKind::kShare:
      return std::nullopt;
    case MeasureKind::kMin:
    case MeasureKind::kFirst:
      return SampleUse::kLeast;
    case MeasureKind::kMax:
    case MeasureKind::kLast:
      return SampleUse::kGreatest;
    case MeasureKind::kDistinct:
      return SampleUse::kDistinct;
    case MeasureKind::kQuantile:
    case MeasureKind::kMedian:
      return SampleUse::kSpread;
  }
  return std::nullopt;
}

std::optional<KpiIndex> Rulebook::FindKpi(std::string_view name) const {
  const auto it =
      std::find_if(kpis.begin(), kpis.end(), [&](const Kpi& kpi) { return kpi.name == name; });
  return it == kpis.end() ? std::nullopt
                          : std::optional<KpiIndex>(static_cast<KpiIndex>(it - kpis.begin()));
}

std::string_view EvaluateModeName(EvaluateMode mode) {
  switch (mode) {
    case EvaluateMode::kOnClose:
      return "on_close";
    case EvaluateMode::kIntraday:
      return "intraday";
    case EvaluateMode::kOnPace:
      return "on_pace";
  }
  return "on_close";
}

const BusinessCalendar& Rulebook::CalendarFor(const Kpi& kpi, bool is_person, std::string_view id,
                                              Day day) const {
  if (kpi.calendar != unit_calendars) {
    return calendars[kpi.calendar];
  }
  if (is_person) {
    const Person* person = org.FindPerson(id, day);
    return calendars[person == nullptr ? 0 : org.units[person->unit].calendar];
  }
  const std::optional<UnitIndex> unit = org.FindUnit(id);
  return calendars[unit ? org.units[*unit].calendar : 0];
}

const Target* Rulebook::FindTarget(KpiIndex kpi, std::string_view subject,
                                   const Period& period) const {
  const auto less = [&](const Target& target, int /*unused*/) {
    return std::forward_as_tuple(target.kpi, std::string_view(target.subject), target.period) <
           std::tie(kpi, subject, period);
  };
  const auto it = std::lower_bound(targets.begin(), targets.end(), 0, less);
  const bool found =
      it != targets.end() && it->kpi == kpi && it->subject == subject && it->period == period;
  return found ? &*it : nullptr;
}

}  // namespace kpiwatch
