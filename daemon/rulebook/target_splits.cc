#include "daemon/rulebook/target_splits.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "daemon/model/apportion.h"
#include "daemon/model/currency.h"
#include "daemon/rulebook/target_fields.h"
#include "daemon/rulebook/target_weeks.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Part = TargetSplit::Part;
// The values of the targets there are, by whose and when.
using Wholes = std::map<std::tuple<KpiIndex, std::string, Period>, Decimal>;

const BusinessCalendar& CalendarOf(const TargetSplit& split, const Rulebook& book) {
  return CalendarOfTarget(book, split.kpi, split.subject, split.period);
}

// The periods of `split.over` in the whole. A day that does not work has no part.
std::vector<Part> PartsOfCalendar(const TargetSplit& split, const BusinessCalendar& calendar) {
  std::vector<Part> parts;
  for (Day day = split.period.begin; day < split.period.end;) {
    const Period period = calendar.PeriodOf(*split.over, day);
    if (period.kind != PeriodKind::kDay || calendar.IsWorkingDay(day)) {
      parts.push_back({.subject = split.subject,
                       .period = period,
                       .share = Decimal(),
                       .locked = false,
                       .place = split.place});
    }
    day = period.end;
  }
  return parts;
}

// What the parts have to make up, and of what unit.
struct Whole {
  Decimal value;
  __int128 unit = 1;  // of millionths
};

std::string Shown(Decimal value, const Kpi& kpi) {
  return kpi.currency.empty() ? value.ToString()
                              : fmt::format("{} {}", value.ToString(), kpi.currency);
}

// The parts' targets, in their order; empty: reported.
std::vector<Decimal> ValuesOf(const TargetSplit& split, const std::vector<Part>& parts,
                              const Whole& whole, LoadState* state) {
  const Rulebook& book = state->book;
  const Kpi& kpi = book.kpis[split.kpi];
  const BusinessCalendar& calendar = CalendarOf(split, book);
  std::vector<Decimal> values;
  std::vector<__int128> weights;
  Decimal given;        // to parts that say how much
  __int128 shared = 0;  // the weights together
  for (const Part& part : parts) {
    const bool says = part.locked || split.by == SplitBy::kExplicit;
    values.push_back(says ? part.share : Decimal());
    given += values.back();
    weights.push_back(says ? 0
                      : split.by == SplitBy::kRatio
                          ? part.share.units()
                          : calendar.WorkingDays(part.period.begin, part.period.end));
    shared += weights.back();
  }
  const std::string name = calendar.NameOf(split.period);
  if (given > whole.value) {
    state->out.Error(split.place, fmt::format("the parts are given {}, more than the {} of {}",
                                              Shown(given, kpi), Shown(whole.value, kpi), name));
    return {};
  }
  const Decimal rest = whole.value - given;
  if (shared == 0) {
    if (!rest.is_zero() && split.unallocated.empty()) {
      state->out.Error(
          split.place,
          split.by == SplitBy::kWorkingDays
              ? fmt::format("{} has no working day that could have a part", name)
              : fmt::format("the parts leave {} of {}; name who holds it by 'unallocated'",
                            Shown(rest, kpi), name));
      return {};
    }
    return values;
  }
  if (rest.units() % whole.unit != 0) {
    state->out.Error(split.place,
                     fmt::format("the locked parts leave {}, which is no multiple of {}",
                                 Shown(rest, kpi), Decimal::FromUnits(whole.unit).ToString()));
    return {};
  }
  // What nobody is given of a ratio is a share, too.
  if (!split.unallocated.empty()) {
    weights.push_back(split.unallocated_share.units());
  }
  const std::vector<__int128> shares = Apportion(rest.units() / whole.unit, weights);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (weights[i] != 0) {
      values[i] = Decimal::FromUnits(shares[i] * whole.unit);
    }
  }
  return values;
}

void AddTarget(const TargetSplit& split, const std::string& subject, const Period& period,
               Decimal value, const Place& place, LoadState* state, Wholes* wholes) {
  Target target;
  target.kpi = split.kpi;
  target.subject = subject;
  target.period = period;
  target.value = value;
  wholes->try_emplace({split.kpi, subject, period}, value);
  state->book.targets.push_back(std::move(target));
  state->target_places.push_back(place);
}

void Apply(const TargetSplit& split, Decimal value, LoadState* state, Wholes* wholes) {
  const Rulebook& book = state->book;
  const std::vector<Part> parts =
      split.parts.empty() ? PartsOfCalendar(split, CalendarOf(split, book)) : split.parts;
  const Whole whole{value, LastDigitOf(book.kpis[split.kpi], value)};
  const std::vector<Decimal> values = ValuesOf(split, parts, whole, state);
  Decimal left = value;
  for (size_t i = 0; i < values.size(); ++i) {
    left -= values[i];
    AddTarget(split, parts[i].subject, parts[i].period, values[i], parts[i].place, state, wholes);
  }
  if (!values.empty() && !split.unallocated.empty()) {
    AddTarget(split, "unit:" + split.unallocated, split.period, left, split.place, state, wholes);
  }
}

// Applies those of *pending whose whole is there, and takes them out.
void ApplyThere(std::vector<const TargetSplit*>* pending, LoadState* state, Wholes* wholes) {
  for (bool more = true; more;) {
    more = std::erase_if(*pending, [&](const TargetSplit* split) {
             const auto whole = wholes->find({split->kpi, split->subject, split->period});
             if (whole == wholes->end()) {
               return false;
             }
             Apply(*split, whole->second, state, wholes);
             return true;
           }) > 0;
  }
}

Wholes WholesOf(const std::vector<Target>& targets) {
  Wholes wholes;
  for (const Target& target : targets) {
    wholes.try_emplace({target.kpi, target.subject, target.period}, target.value);
  }
  return wholes;
}

}  // namespace

__int128 LastDigitOf(const Kpi& kpi, Decimal value) {
  const int digits = kpi.currency.empty() ? 0 : CurrencyDigits(kpi.currency).value_or(0);
  __int128 unit = Decimal::FromMinor(1, digits).units();
  while (value.units() % unit != 0) {
    unit /= 10;
  }
  return unit;
}

void ApplySplits(const std::vector<TargetSplit>& splits, LoadState* state) {
  if (splits.empty()) {
    return;
  }
  std::vector<const TargetSplit*> pending;
  std::vector<WeekSplit> weeks;  // which may take from two months: when all of those are there
  for (const TargetSplit& split : splits) {
    if (split.over == PeriodKind::kWeek && split.by == SplitBy::kWorkingDays) {
      weeks.push_back({split.kpi, split.subject, split.period, split.place});
    } else {
      pending.push_back(&split);
    }
  }
  Wholes wholes = WholesOf(state->book.targets);
  ApplyThere(&pending, state, &wholes);
  SplitOverWeeks(weeks, state);
  if (pending.empty()) {
    return;
  }
  wholes = WholesOf(state->book.targets);
  ApplyThere(&pending, state, &wholes);
  for (const TargetSplit* split : pending) {
    state->out.Error(split->place,
                     fmt::format("KPI '{}' has no target for {} in {} that could be split",
                                 state->book.kpis[split->kpi].name, split->subject,
                                 CalendarOf(*split, state->book).NameOf(split->period)));
  }
}

}  // namespace kpiwatch
