#include "daemon/rulebook/target_changes.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/lang/exact.h"
#include "daemon/rulebook/target_fields.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// The only reason for which a target is lowered; what it was may stand behind it.
constexpr std::string_view kForceMajeure = "force-majeure";

// From a day of the period on, so much for the whole of it.
struct Stretch {
  Day from;
  Decimal value;
};

std::string NameOf(const Target& target, const Rulebook& book) {
  return fmt::format("KPI '{}' for {} in {}", book.kpis[target.kpi].name, target.subject,
                     book.calendars[book.kpis[target.kpi].calendar].NameOf(target.period));
}

// ΣTᵥ·wdᵥ/N, to six digits; without working days the last one's.
Decimal Prorated(const std::vector<Stretch>& stretches, const Period& period,
                 const BusinessCalendar& calendar) {
  const int all = calendar.WorkingDays(period.begin, period.end);
  Decimal sum;
  for (size_t i = 0; i < stretches.size(); ++i) {
    const Day end = i + 1 < stretches.size() ? stretches[i + 1].from : period.end;
    const int days = calendar.WorkingDays(stretches[i].from, end);
    sum += Decimal::FromUnits(stretches[i].value.units() * days);
  }
  if (all == 0 || stretches.size() == 1) {
    return stretches.back().value;
  }
  return Rational{sum, Decimal::FromInt(all)}
      .Rounded(Decimal::kScaleDigits)
      .value_or(stretches.back().value);
}

bool IsLowered(const Kpi& kpi, Decimal from, Decimal to) {
  return kpi.direction == Direction::kUp ? to < from : from < to;
}

// What the changes of one target make of it.
void Apply(const std::vector<const TargetChange*>& changes, Target* target, LoadState* state) {
  const Rulebook& book = state->book;
  const Kpi& kpi = book.kpis[target->kpi];
  std::vector<Stretch> stretches = {{target->period.begin, target->value}};
  for (const TargetChange* change : changes) {
    if (!change->approved) {
      state->out.Warning(change->place, fmt::format("the change of {} does not count: nobody has "
                                                    "approved it ('approved_by')",
                                                    NameOf(*target, book)));
      continue;
    }
    const Decimal value = change->target.value;
    if (IsLowered(kpi, stretches.back().value, value) &&
        !change->reason.starts_with(kForceMajeure)) {
      state->out.Error(change->place,
                       fmt::format("the target of {} is lowered from {} to {}; that takes a "
                                   "'reason' that begins with {}",
                                   NameOf(*target, book), stretches.back().value.ToString(),
                                   value.ToString(), kForceMajeure));
      return;
    }
    const Day from =
        change->prorate ? std::max(change->from, target->period.begin) : target->period.begin;
    std::erase_if(stretches, [&](const Stretch& stretch) { return stretch.from >= from; });
    stretches.push_back({from, value});
    target->floor = change->target.floor ? change->target.floor : target->floor;
    target->stretch = change->target.stretch ? change->target.stretch : target->stretch;
  }
  target->value = Prorated(stretches, target->period,
                           CalendarOfTarget(book, target->kpi, target->subject, target->period));
}

}  // namespace

bool ReadChange(MapReader* map, const Target* target, std::optional<Day> from, TargetChange* change,
                LoadState* state) {
  const YamlNode* day = map->Require("valid_from");
  const YamlNode* mode = map->Require("mode");
  const YamlNode* reason = map->Require("reason");
  change->approved = map->Text("approved_by").has_value();
  change->reason = map->Text("reason").value_or("");
  change->place = map->node().place;
  if (target == nullptr || !from || mode == nullptr || reason == nullptr) {
    return false;
  }
  change->target = *target;
  change->from = *from;
  change->prorate = mode->text == "prorate";
  const Kpi& kpi = state->book.kpis[target->kpi];
  if (!mode->is_scalar() || (mode->text != "prorate" && mode->text != "restate")) {
    state->out.Error(
        *mode, fmt::format("'mode': expected restate or prorate, found {}", mode->Describe()));
  } else if (change->prorate && !kpi.AddsUp()) {
    state->out.Error(*mode, fmt::format("the days of KPI '{}' do not add up to its periods, so "
                                        "that its target is not prorated; 'restate' it",
                                        kpi.name));
  } else if (*from >= target->period.end) {
    state->out.Error(*day, fmt::format("the period is over before {}", from->ToString()));
  } else {
    return true;
  }
  return false;
}

void ApplyChanges(std::vector<TargetChange> changes, LoadState* state) {
  if (changes.empty()) {
    return;
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const TargetChange& a, const TargetChange& b) { return a.from < b.from; });
  std::map<std::tuple<KpiIndex, std::string_view, Period>, std::vector<const TargetChange*>> of;
  for (const TargetChange& change : changes) {
    of[{change.target.kpi, change.target.subject, change.target.period}].push_back(&change);
  }
  for (Target& target : state->book.targets) {
    const auto found = of.find({target.kpi, target.subject, target.period});
    if (found != of.end()) {
      Apply(found->second, &target, state);
      of.erase(found);
    }
  }
  for (const auto& [key, left] : of) {
    state->out.Error(left.front()->place,
                     fmt::format("{} has no target of its own that could be changed",
                                 NameOf(left.front()->target, state->book)));
  }
}

}  // namespace kpiwatch
