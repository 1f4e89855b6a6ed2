#include "daemon/rulebook/target_weeks.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/model/currency.h"
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

// The last digit to which a target is given: that of its currency, or its own.
__int128 LastDigit(const Kpi& kpi, Decimal value) {
  const int digits = kpi.currency.empty() ? 0 : CurrencyDigits(kpi.currency).value_or(0);
  __int128 unit = Decimal::FromMinor(1, digits).units();
  while (value.units() % unit != 0) {
    unit /= 10;
  }
  return unit;
}

// `whole` of so many last digits, shared out by `days`.
std::vector<__int128> Shares(__int128 whole, const std::vector<int>& days) {
  __int128 total = 0;
  for (const int d : days) {
    total += d;
  }
  std::vector<__int128> shares;
  std::vector<size_t> by_remainder;
  __int128 left = whole;
  for (size_t i = 0; i < days.size(); ++i) {
    shares.push_back(whole * days[i] / total);
    left -= shares.back();
    by_remainder.push_back(i);
  }
  std::stable_sort(by_remainder.begin(), by_remainder.end(), [&](size_t a, size_t b) {
    return whole * days[a] % total > whole * days[b] % total;
  });
  for (size_t i = 0; left > 0; ++i, --left) {
    ++shares[by_remainder[i]];
  }
  return shares;
}

const BusinessCalendar& CalendarOf(const WeekSplit& split, const Rulebook& book) {
  const size_t colon = split.subject.find(':');
  return book.CalendarFor(book.kpis[split.kpi], split.subject.starts_with("person:"),
                          std::string_view(split.subject).substr(colon + 1), split.period.begin);
}

void Split(const WeekSplit& split, Decimal whole, LoadState* state,
           std::map<WeekKey, WeekShare>* weeks) {
  const Rulebook& book = state->book;
  const BusinessCalendar& calendar = CalendarOf(split, book);
  if (calendar.WorkingDays(split.period.begin, split.period.end) == 0) {
    state->out.Error(split.place,
                     fmt::format("{} has no working day", calendar.NameOf(split.period)));
    return;
  }
  std::vector<Period> parts;
  std::vector<int> days;
  for (Day day = split.period.begin; day < split.period.end;) {
    const Period week = calendar.PeriodOf(PeriodKind::kWeek, day);
    const Day end = std::min(week.end, split.period.end);
    parts.push_back(week);
    days.push_back(calendar.WorkingDays(day, end));
    day = end;
  }
  const __int128 unit = LastDigit(book.kpis[split.kpi], whole);
  const std::vector<__int128> shares = Shares(whole.units() / unit, days);
  for (size_t i = 0; i < parts.size(); ++i) {
    WeekShare& week = (*weeks)[{split.kpi, split.subject, parts[i].begin}];
    week.value += Decimal::FromUnits(shares[i] * unit);
    week.working_days += days[i];
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
      state->out.Error(split.place,
                       fmt::format("KPI '{}' has no target for {} in {} that could be split",
                                   book.kpis[split.kpi].name, split.subject,
                                   CalendarOf(split, book).NameOf(split.period)));
    } else {
      Split(split, whole->second, state, &weeks);
    }
  }
  wholes.clear();  // it looks into the list that grows now
  for (const auto& [key, week] : weeks) {
    const auto& [kpi, subject, begin] = key;
    const Period period{PeriodKind::kWeek, begin, begin + 7};
    const BusinessCalendar& calendar = CalendarOf({kpi, subject, period, week.place}, book);
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
