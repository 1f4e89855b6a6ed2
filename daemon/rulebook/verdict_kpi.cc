// KPIs of type verdict: met when every KPI they name reaches its floor.
#include <algorithm>

#include "daemon/rulebook/kpi_sections.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// A verdict is about one kind of subject on one calendar, so its parts must agree in both.
void CheckParts(MapReader* map, LoadState* state, Kpi* kpi) {
  const bool calendar_given = map->Find("calendar") != nullptr;
  for (size_t i = 0; i < kpi->all_of.size(); ++i) {
    const Kpi& part = state->book.kpis[kpi->all_of[i]];
    if (i == 0) {
      kpi->by_unit = part.by_unit;
      kpi->calendar = calendar_given ? kpi->calendar : part.calendar;
    }
    if (part.calendar != kpi->calendar) {
      state->out.Error(map->node(),
                       fmt::format("KPI '{}' is on calendar '{}', its part '{}' on '{}'", kpi->name,
                                   state->book.calendars[kpi->calendar].name(), part.name,
                                   state->book.calendars[part.calendar].name()));
    }
    if (part.by_unit != kpi->by_unit) {
      state->out.Error(map->node(),
                       fmt::format("KPI '{}' mixes KPIs of persons with KPIs of units ('{}')",
                                   kpi->name, part.name));
    }
  }
}

void ReadAllOf(MapReader* map, LoadState* state, Kpi* kpi) {
  map->Require("all_of");
  for (const YamlNode* node : map->List("all_of")) {
    const std::optional<size_t> index = state->kpis.Resolve(*node, &state->out);
    if (!index) {
      continue;
    }
    if (state->book.kpis[*index].type == KpiType::kVerdict) {
      state->out.Error(
          *node, fmt::format("'{}' is a verdict itself; 'all_of' takes simple KPIs", node->text));
      continue;
    }
    if (state->book.kpis[*index].type != KpiType::kSimple ||
        !state->book.kpis[*index].measure.IsSum()) {
      state->out.Error(*node,
                       fmt::format("'{}' has no value where nothing happened; 'all_of' takes "
                                   "simple KPIs with count() or sum(field)",
                                   node->text));
      continue;
    }
    kpi->all_of.push_back(static_cast<KpiIndex>(*index));
  }
  if (const YamlNode* node = map->Find("all_of");
      node != nullptr && node->is_list() && node->children.empty()) {
    state->out.Error(*node, "'all_of' needs at least one KPI");
  }
}

void ReadFloors(const YamlNode& node, std::string_view level, size_t parts, LoadState* state,
                Kpi* kpi) {
  if (!node.is_list()) {
    state->out.Error(node, fmt::format("expected a list of floors, one per KPI of 'all_of', "
                                       "found {}",
                                       node.Describe()));
    return;
  }
  if (node.children.size() != parts) {
    state->out.Error(node, fmt::format("expected {} floors, one per KPI of 'all_of', found {}",
                                       parts, node.children.size()));
  }
  Floors floors{.level = std::string(level), .values = {}};
  for (const YamlNode* item : node.children) {
    const std::optional<Decimal> value =
        item->is_scalar() ? Decimal::Parse(item->text) : std::nullopt;
    if (!value) {
      state->out.Error(*item, fmt::format("expected a number, found {}", item->Describe()));
    }
    floors.values.push_back(value.value_or(Decimal()));
  }
  kpi->floors.push_back(std::move(floors));
}

}  // namespace

void ReadVerdictKpi(MapReader* map, LoadState* state, Kpi* kpi) {
  ReadAllOf(map, state, kpi);
  CheckParts(map, state, kpi);
  kpi->parts = kpi->all_of;
  std::sort(kpi->parts.begin(), kpi->parts.end());
  kpi->parts.erase(std::unique(kpi->parts.begin(), kpi->parts.end()), kpi->parts.end());
  const YamlNode* floors = map->Require("floors");
  const YamlNode* all_of = map->Find("all_of");
  const size_t parts = all_of != nullptr ? all_of->children.size() : 0;
  if (floors != nullptr && floors->is_map()) {
    MapReader levels(*floors, "'floors'", &state->out);  // reports levels that stand twice
    for (size_t i = 0; i + 1 < floors->children.size(); i += 2) {
      const std::string_view level = floors->children[i]->text;
      ReadFloors(*floors->children[i + 1], level == "any" ? "" : level, parts, state, kpi);
    }
  } else if (floors != nullptr) {
    ReadFloors(*floors, "", parts, state, kpi);
  }
  map->NotSupported({"any_of", "k_of_n", "weighted", "basis"});
}

}  // namespace kpiwatch
