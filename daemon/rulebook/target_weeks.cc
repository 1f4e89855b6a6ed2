#include "daemon/rulebook/target_weeks.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/model/apportion.h"
#include "daemon/rulebook/target_fields.h"
#include "daemon/rulebook/target_splits.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// By KPI, subject and first day of the week.
using WeekKey = std::tuple<KpiIndex, std::string, Day>;
struct WeekShare {
  Decimal value;
  int working_days = 0;
  Place place;
};

void Split(const WeekSplit& split, Decimal whole, LoadState* state,
           std::map<WeekKey, WeekShare>* weeks) {
  const Rulebook& book = state->book;
  const BusinessCalendar& calendar = CalendarOfTarget(book, split.kpi, split.subject, split.period);
  if (calendar.WorkingDays(split.period.begin, split.period.end) == 0) {
    state->out.Error(split.place,
                     fmt::format("{} has no working day", calendar.NameOf(split.period)));
    return;
  }
  std::vector<Period> parts;
  std::vector<__int128> days;
  for (Day day = split.period.begin; day < split.period.end;) {
    const Period week = calendar.PeriodOf(PeriodKind::kWeek, day);
    const Day end = std::min(week.end, split.period.end);
    parts.push_back(week);
    days.push_back(calendar.WorkingDays(day, end));
    day = end;
  }
  const __int128 unit = LastDigitOf(book.kpis[split.kpi], whole);
  const std::vector<__int128> shares = Apportion(whole.units() / unit, days);
  for (size_t i = 0; i < parts.size(); ++i) {
    WeekShare& week = (*weeks)[{split.kpi, split.subject, parts[i].begin}];
    week.value += Decimal::FromUnits(shares[i] * unit);
    week.working_days += static_cast<int>(days[i]);
    week.place = split.place;
    if (week.working_days > calendar.WorkingDays(parts[i].begin, parts[i].end)) {
      state->out.Error(split.place, fmt::format("days of {} are split twice for {}",
                                                calendar.NameOf(parts[i]), split.subject));
      return;
    }
  }
}

}  // namespace

void SplitOverWeeks(const std::vector<WeekSplit>& splits, LoadState* state) {
  if (splits.empty()) {
    return;
  }
  Rulebook& book = state->book;
  std::map<std::tuple<KpiIndex, std::string_view, Period>, Decimal> wholes;
  for (const Target& target : book.targets) {
    wholes.try_emplace({target.kpi, target.subject, target.period}, target.value);
  }
  std::map<WeekKey, WeekShare> weeks;
  for (const WeekSplit& split : splits) {
    const auto whole = wholes.find({split.kpi, split.subject, split.period});
    if (whole == wholes.end()) {
      state->out.Error(
          split.place,
          fmt::format(
              "KPI '{}' has no target for {} in {} that could be split", book.kpis[split.kpi].name,
              split.subject,
              CalendarOfTarget(book, split.kpi, split.subject, split.period).NameOf(split.period)));
    } else {
      Split(split, whole->second, state, &weeks);
    }
  }
  wholes.clear();  // it looks into the list that grows now
  for (const auto& [key, week] : weeks) {
    const auto& [kpi, subject, begin] = key;
    const Period period{PeriodKind::kWeek, begin, begin + 7};
    const BusinessCalendar& calendar = CalendarOfTarget(book, kpi, subject, period);
    const bool whole = week.working_days == calendar.WorkingDays(period.begin, period.end);
    if (whole && week.working_days > 0) {
      Target target;
      target.kpi = kpi;
      target.subject = subject;
      target.period = period;
      target.value = week.value;
      book.targets.push_back(std::move(target));
      state->target_places.push_back(week.place);
    }
  }
}

}  // namespace kpiwatch
