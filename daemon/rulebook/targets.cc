// Section `targets`. Written for lists of a hundred thousand entries.
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/amount.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/target_changes.h"
#include "daemon/rulebook/target_fields.h"
#include "daemon/rulebook/target_splits.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

void CheckBounds(const Target& target, const Kpi& kpi, const Place& place, LoadState* state) {
  const bool up = kpi.direction == Direction::kUp;
  const auto beyond = [&](const std::optional<Decimal>& low, const std::optional<Decimal>& high) {
    return low && high && (up ? *low > *high : *low < *high);
  };
  if (beyond(target.floor, target.value) || beyond(target.value, target.stretch)) {
    state->out.Warning(place, fmt::format("'floor', 'target' and 'stretch' should {} for a KPI "
                                          "whose direction is {}",
                                          up ? "rise" : "fall", up ? "up" : "down"));
  }
}

std::string NameOf(const Target& target, const Rulebook& book) {
  return book.calendars[book.kpis[target.kpi].calendar].NameOf(target.period);
}

// What is made of other entries, or of targets that are there.
struct Later {
  std::vector<TargetSplit> splits;
  std::vector<TargetChange> changes;
};

void ReadTarget(const YamlNode& node, LoadState* state, Later* later) {
  static const Kpi unknown;
  if (const YamlNode* split_of = node.Get("split_of")) {
    if (std::optional<TargetSplit> split = ReadSplit(node, *split_of, state)) {
      later->splits.push_back(*std::move(split));
    }
    return;
  }
  MapReader map(node, "a target", &state->out);
  map.NotSupported({"growth", "into", "over", "by", "of", "locked", "valid_to", "weight"});
  const YamlNode* name = map.Require("kpi");
  const std::optional<size_t> index =
      name != nullptr ? state->kpis.Resolve(*name, &state->out) : std::nullopt;
  const Kpi& kpi = index ? state->book.kpis[*index] : unknown;
  if (kpi.type == KpiType::kVerdict) {
    state->out.Error(*name,
                     fmt::format("KPI '{}' is a verdict; it has floors, not targets", kpi.name));
  }
  Target target;
  target.kpi = static_cast<KpiIndex>(index.value_or(0));
  target.subject = ReadTargetSubject(&map, kpi, state);
  const std::optional<Period> period = ReadTargetPeriod(&map, state->book.calendars[kpi.calendar]);
  if (index) {
    map.Require("target");
    target.value = ReadAmount(&map, "target", kpi).value_or(Decimal());
    target.floor = ReadAmount(&map, "floor", kpi);
    target.stretch = ReadAmount(&map, "stretch", kpi);
    CheckBounds(target, kpi, node.place, state);
  } else {
    for (const std::string_view key : {"target", "floor", "stretch"}) {
      map.Find(key);
    }
  }
  const bool whole = index && period && !target.subject.empty();
  target.period = period.value_or(Period{});
  const std::optional<Day> from = map.Date("valid_from");
  const bool changes =
      map.Find("mode") != nullptr || (whole && from && *from > target.period.begin);
  if (!changes) {
    map.Text("approved_by");  // for who reads the file
    map.Text("reason");
    if (whole) {
      state->book.targets.push_back(std::move(target));
      state->target_places.push_back(node.place);
    }
  } else if (TargetChange change;
             ReadChange(&map, whole ? &target : nullptr, from, &change, state)) {
    later->changes.push_back(std::move(change));
  }
  map.Finish();
}

}  // namespace

void LoadTargets(LoadState* state) {
  Later later;
  for (const YamlNode* node : state->sections.targets) {
    ReadTarget(*node, state, &later);
  }
  ApplyChanges(std::move(later.changes), state);
  ApplySplits(later.splits, state);
  std::vector<Target>& targets = state->book.targets;
  const auto key = [](const Target& t) { return std::tie(t.kpi, t.subject, t.period); };
  std::vector<size_t> order(targets.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return key(targets[a]) < key(targets[b]); });
  std::vector<Target> sorted;
  std::vector<Place> places;
  sorted.reserve(order.size());
  for (const size_t i : order) {
    const Place& place = state->target_places[i];
    if (!sorted.empty() && key(sorted.back()) == key(targets[i])) {
      state->out.Error(
          place, fmt::format("duplicate target of KPI '{}' for {} in {}; first at {}",
                             state->book.kpis[targets[i].kpi].name, targets[i].subject,
                             NameOf(targets[i], state->book), state->out.Describe(places.back())));
      continue;
    }
    sorted.push_back(std::move(targets[i]));
    places.push_back(place);
  }
  // A month and the same days written with from and to are one period, too.
  std::map<std::tuple<KpiIndex, std::string_view, Day, Day>, size_t> by_days;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const Target& target = sorted[i];
    const auto [first, is_new] = by_days.try_emplace(
        {target.kpi, target.subject, target.period.begin, target.period.end}, i);
    if (!is_new) {
      state->out.Error(
          places[i],
          fmt::format("the target of KPI '{}' for {} in {} is for the days of that in "
                      "{}; at {}",
                      state->book.kpis[target.kpi].name, target.subject,
                      NameOf(target, state->book), NameOf(sorted[first->second], state->book),
                      state->out.Describe(places[first->second])));
    }
  }
  targets = std::move(sorted);
  state->target_places = std::move(places);
}

}  // namespace kpiwatch
