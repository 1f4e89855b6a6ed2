// Section `targets`. Written for lists of a hundred thousand entries.
#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/amount.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/target_weeks.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

std::string ReadSubject(MapReader* map, const Kpi& kpi, LoadState* state) {
  const YamlNode* person = map->Find("person");
  const YamlNode* unit = map->Find("unit");
  if (map->is_map() && (person == nullptr) == (unit == nullptr)) {
    state->out.Error(map->node(), "a target: give one of 'person' and 'unit'");
    return "";
  }
  const YamlNode* node = person != nullptr ? person : unit;
  if (node == nullptr || !node->is_scalar()) {
    if (node != nullptr) {
      state->out.Error(*node, fmt::format("expected an id, found {}", node->Describe()));
    }
    return "";
  }
  if (person != nullptr && kpi.by_unit) {
    state->out.Error(
        *node, fmt::format("KPI '{}' is a KPI of units; it has no targets of persons", kpi.name));
  }
  if (state->book.org.given) {
    (person != nullptr ? state->people : state->units).Resolve(*node, &state->out);
  }
  return fmt::format("{}:{}", person != nullptr ? "person" : "unit", node->text);
}

std::optional<Period> ReadPeriod(MapReader* map, const BusinessCalendar& calendar) {
  Diagnostics* out = map->out();
  const YamlNode* period = map->Find("period");
  const std::optional<Day> from = map->Date("from");
  const std::optional<Day> to = map->Date("to");
  const bool days = map->Find("from") != nullptr || map->Find("to") != nullptr;
  if (!map->is_map()) {
    return std::nullopt;
  }
  if (days == (period != nullptr)) {
    out->Error(map->node(), "a target: give either 'period' or 'from' and 'to'");
    return std::nullopt;
  }
  if (days) {
    if (from && to && *to > *from) {
      return Period{.kind = PeriodKind::kTarget, .begin = *from, .end = *to};
    }
    map->Require("from");
    map->Require("to");
    if (from && to) {
      out->Error(map->node(), "a target: 'to' (the first day after) must come after 'from'");
    }
    return std::nullopt;
  }
  const absl::StatusOr<Period> parsed =
      period->is_scalar() ? calendar.ParsePeriod(period->text)
                          : absl::StatusOr<Period>(absl::InvalidArgumentError("not a text"));
  const bool fiscal = calendar.options().year_start != 1 || period->text.starts_with("FY");
  if (!parsed.ok() && period->is_scalar() && fiscal) {
    out->Error(*period, std::string(parsed.status().message()));
    return std::nullopt;
  }
  if (!parsed.ok()) {
    out->Error(*period, fmt::format("expected a period such as 2026, 2026-Q3, 2026-06, 2026-W40 or "
                                    "2026-06-15, found {}",
                                    period->Describe()));
    return std::nullopt;
  }
  return *parsed;
}

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

// The word that stands at `key`; `later` are reported as not supported yet.
bool ReadWord(MapReader* map, std::string_view key, std::string_view word,
              std::initializer_list<std::string_view> later) {
  const YamlNode* node = map->Require(key);
  if (node == nullptr || (node->is_scalar() && node->text == word)) {
    return node != nullptr;
  }
  const bool known = std::find(later.begin(), later.end(), node->text) != later.end();
  map->out()->Error(
      *node, known ? fmt::format("'{}': '{}' is not supported by this version", key, node->text)
                   : fmt::format("'{}': expected {}, found {}{}", key, word, node->Describe(),
                                 DidYouMean(NearestName(node->text, {word}))));
  return false;
}

// Another target, split over weeks.
void ReadSplit(const YamlNode& node, const YamlNode& split_of, LoadState* state,
               std::vector<WeekSplit>* splits) {
  MapReader map(node, "a target", &state->out);
  map.Find("split_of");
  const YamlNode* name = map.Require("kpi");
  const std::optional<size_t> index =
      name != nullptr ? state->kpis.Resolve(*name, &state->out) : std::nullopt;
  bool good = ReadWord(&map, "over", "week", {"day", "month", "quarter"});
  good = ReadWord(&map, "by", "working_days", {"ratio", "curve", "explicit"}) && good;
  map.NotSupported({"into", "of", "locked"});
  map.Finish();
  MapReader whole(split_of, "'split_of'", &state->out);
  if (!index || !whole.is_map()) {
    return;
  }
  const Kpi& kpi = state->book.kpis[*index];
  if (kpi.type != KpiType::kVerdict && (kpi.type != KpiType::kSimple || !kpi.measure.IsSum())) {
    state->out.Error(split_of, fmt::format("weeks of KPI '{}' do not add up to what is split; give "
                                           "them targets of their own",
                                           kpi.name));
    return;
  }
  WeekSplit split;
  split.kpi = static_cast<KpiIndex>(*index);
  split.subject = ReadSubject(&whole, kpi, state);
  const std::optional<Period> period = ReadPeriod(&whole, state->book.calendars[kpi.calendar]);
  whole.Finish();
  if (!period || split.subject.empty() || !good) {
    return;
  }
  if (period->kind != PeriodKind::kMonth && period->kind != PeriodKind::kQuarter &&
      period->kind != PeriodKind::kYear) {
    state->out.Error(split_of, fmt::format("a month, quarter or year can be split over weeks, {} "
                                           "cannot",
                                           period->ToString()));
    return;
  }
  split.period = *period;
  split.place = node.place;
  splits->push_back(std::move(split));
}

void ReadTarget(const YamlNode& node, LoadState* state, std::vector<WeekSplit>* splits) {
  static const Kpi unknown;
  if (const YamlNode* split_of = node.Get("split_of")) {
    ReadSplit(node, *split_of, state, splits);
    return;
  }
  MapReader map(node, "a target", &state->out);
  map.NotSupported({"growth", "into", "over", "by", "of", "locked", "valid_from", "valid_to",
                    "approved_by", "reason", "weight", "mode"});
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
  target.subject = ReadSubject(&map, kpi, state);
  const std::optional<Period> period = ReadPeriod(&map, state->book.calendars[kpi.calendar]);
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
  map.Finish();
  if (index && period && !target.subject.empty()) {
    target.period = *period;
    state->book.targets.push_back(std::move(target));
    state->target_places.push_back(node.place);
  }
}

}  // namespace

void LoadTargets(LoadState* state) {
  std::vector<WeekSplit> splits;
  for (const YamlNode* node : state->sections.targets) {
    ReadTarget(*node, state, &splits);
  }
  SplitOverWeeks(splits, state);
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
