// Section `kpis`.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/kpi_sections.h"
#include "daemon/rulebook/limits.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, 8> kTypes = {
    "simple", "verdict", "ratio", "derived", "cumulative", "conversion", "duration", "stock"};

constexpr std::array<std::pair<std::string_view, KpiType>, 4> kHave = {
    {{"simple", KpiType::kSimple},
     {"verdict", KpiType::kVerdict},
     {"ratio", KpiType::kRatio},
     {"derived", KpiType::kDerived}}};

std::optional<KpiType> FindType(std::string_view name) {
  const auto it = std::find_if(kHave.begin(), kHave.end(),
                               [&](const auto& entry) { return entry.first == name; });
  return it == kHave.end() ? std::nullopt : std::optional(it->second);
}

// The name of the type that the KPI has, or was meant to have: the nearest of a misspelt one, else
// what its keys say.
std::string_view MeantType(const YamlNode& node) {
  const YamlNode* type = node.Get("type");
  if (type != nullptr && type->is_scalar()) {
    if (const auto near = NearestName(type->text, kTypes)) {
      return *near;
    }
  }
  return node.Get("all_of") != nullptr ? "verdict" : "simple";
}

// One that this version does not have, which is reported elsewhere, counts as simple.
KpiType TypeOf(const YamlNode& node) {
  return FindType(MeantType(node)).value_or(KpiType::kSimple);
}

// Those that others are made of come first.
int RankOf(KpiType type) {
  return type == KpiType::kSimple ? 0 : type == KpiType::kVerdict ? 2 : 1;
}

// Reports a type that this version does not have. Whether the KPI's keys are those of one that it
// has.
bool CheckType(MapReader* map) {
  const std::string_view meant = MeantType(map->node());
  const YamlNode* type = map->Find("type");
  if (type != nullptr && (!type->is_scalar() || type->text != meant)) {
    map->out()->Error(
        *type, fmt::format("expected a KPI type such as simple, found {}{}", type->Describe(),
                           DidYouMean(NearestName(type->text, kTypes))));
  } else if (type != nullptr && !FindType(meant)) {
    map->out()->Error(*type,
                      fmt::format("KPI type '{}' is not supported by this version", type->text));
  }
  return FindType(meant).has_value();
}

Direction ReadDirection(MapReader* map) {
  const YamlNode* node = map->Find("direction");
  if (node == nullptr || node->text == "up") {
    return Direction::kUp;
  }
  if (node->text == "range") {
    map->out()->Error(*node, "direction 'range' is not supported by this version");
  } else if (node->text != "down") {
    map->out()->Error(*node,
                      fmt::format("expected the direction up or down, found {}", node->Describe()));
  }
  return Direction::kDown;
}

void ReadExpose(MapReader* map, Kpi* kpi) {
  const YamlNode* node = map->Find("expose");
  if (node == nullptr) {
    return;
  }
  MapReader expose(*node, "'expose'", map->out());
  const bool metrics = expose.Bool("metrics").value_or(true);
  if (expose.Find("levels") != nullptr) {
    kpi->expose_units = kpi->expose_people = false;
    for (const YamlNode* level : expose.List("levels")) {
      if (level->text == "unit") {
        kpi->expose_units = true;
      } else if (level->text == "person") {
        kpi->expose_people = true;
      } else {
        map->out()->Error(*level,
                          fmt::format("expected unit or person, found {}", level->Describe()));
      }
    }
  }
  kpi->expose_units &= metrics;
  kpi->expose_people &= metrics;
  expose.Finish();
}

// `sources`: whose data a day needs. A name that no source has could never be complete.
void ReadSources(MapReader* map, const std::vector<KnownSource>* known, Kpi* kpi) {
  kpi->sources = map->Texts("sources");
  const YamlNode* node = map->Find("sources");
  if (node == nullptr || known == nullptr) {
    return;
  }
  std::vector<std::string_view> names;
  for (const KnownSource& source : *known) {
    names.push_back(source.name);
  }
  const auto check = [&](const YamlNode& name) {
    if (!name.is_scalar()) {
      return;  // reported
    }
    const auto found = std::find(names.begin(), names.end(), name.text);
    if (found == names.end()) {
      map->out()->Error(name, fmt::format("unknown source '{}'{}", name.text,
                                          DidYouMean(NearestName(name.text, names))));
    } else if (!(*known)[static_cast<size_t>(found - names.begin())].is_read) {
      map->out()->Warning(name.place,
                          fmt::format("source '{}' has neither 'kafka' nor 'log': in the daemon no "
                                      "day of this KPI can be proven complete, and none will seal",
                                      name.text));
    }
  };
  if (node->is_list()) {
    for (const YamlNode* name : node->children) {
      check(*name);
    }
  } else {
    check(*node);
  }
}

// What every KPI has.
void ReadKpi(const YamlNode& node, LoadState* state, Kpi* kpi) {
  MapReader map(node, kpi->name.empty() ? "a KPI" : fmt::format("KPI '{}'", kpi->name),
                &state->out);
  map.RequireName("name");
  const bool type_is_known = CheckType(&map);
  kpi->title = map.Local("title").value_or(LocalText{});
  kpi->help = map.Text("help").value_or("");
  kpi->owner = map.Text("owner").value_or("");
  kpi->unit = map.Text("unit").value_or("");
  kpi->direction = ReadDirection(&map);
  kpi->calendar = state->book.unit_calendars.value_or(0);
  if (const YamlNode* calendar = map.Find("calendar")) {
    kpi->calendar =
        static_cast<CalendarIndex>(state->calendars.Resolve(*calendar, &state->out).value_or(0));
  }
  ReadSources(&map, state->sources, kpi);
  ReadExpose(&map, kpi);
  if (!type_is_known) {
    return;  // the other keys are those of another type
  }
  switch (kpi->type) {
    case KpiType::kSimple:
      ReadSimpleKpi(&map, state, kpi);
      break;
    case KpiType::kVerdict:
      ReadVerdictKpi(&map, state, kpi);
      break;
    case KpiType::kRatio:
      ReadRatioKpi(&map, state, kpi);
      break;
    case KpiType::kDerived:
      ReadDerivedKpi(&map, state, kpi);
      break;
  }
  map.Finish();
}

}  // namespace

void LoadKpis(LoadState* state) {
  std::vector<const YamlNode*> nodes = state->sections.kpis;
  if (nodes.size() > kMaxKpis) {
    state->out.Error(*nodes[kMaxKpis],
                     fmt::format("the rule files have more than {} KPIs", kMaxKpis));
  }
  std::stable_sort(nodes.begin(), nodes.end(), [](const YamlNode* a, const YamlNode* b) {
    return RankOf(TypeOf(*a)) < RankOf(TypeOf(*b));
  });
  std::map<const YamlNode*, size_t> places;
  for (const YamlNode* node : nodes) {
    places[node] = state->book.kpis.size();
    Kpi& kpi = state->book.kpis.emplace_back();
    kpi.type = TypeOf(*node);
    if (const YamlNode* name = node->Get("name"); name != nullptr && name->is_scalar()) {
      kpi.name = std::string(name->text);
    }
    state->kpi_nodes.push_back(node);
  }
  // Every name is known before the first is used; of two equal ones the first in the files is kept.
  for (const YamlNode* node : state->sections.kpis) {
    const size_t index = places[node];
    if (const std::string& name = state->book.kpis[index].name; !name.empty()) {
      state->kpis.Declare(name, index, node->Get("name")->place, &state->out);
    }
  }
  const auto read = [&](bool verdicts) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      if ((state->book.kpis[i].type == KpiType::kVerdict) == verdicts) {
        ReadKpi(*nodes[i], state, &state->book.kpis[i]);
      }
    }
  };
  read(false);
  SettleCompoundKpis(state);
  read(true);
}

}  // namespace kpiwatch
