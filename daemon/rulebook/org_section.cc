// Section `org`: units, people, their leave. Several files may each bring a part.
#include <algorithm>
#include <array>
#include <tuple>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/calendar_sections.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kRootUnit = "company";

// A unit or person with the nodes that name others, which are looked up when all are known.
struct UnitDraft {
  Unit unit;
  const YamlNode* node = nullptr;
  const YamlNode* parent = nullptr;
  const YamlNode* manager = nullptr;
  std::optional<CalendarIndex> calendar = {};
};
struct PersonDraft {
  Person person;
  const YamlNode* node = nullptr;
  const YamlNode* unit = nullptr;
  const YamlNode* manager = nullptr;
};

// What events call a person or a unit: whatever the CRM does, an e-mail address too. Without blanks
// and control characters, which nobody would see.
std::string ReadId(MapReader* map, std::string_view what) {
  const YamlNode* const node = map->Require("id");
  if (node == nullptr) {
    return "";
  }
  const bool good = node->is_scalar() && !node->text.empty() &&
                    std::all_of(node->text.begin(), node->text.end(), [](char c) {
                      return static_cast<unsigned char>(c) > ' ' && c != '\x7F';
                    });
  if (!good) {
    map->out()->Error(*node, fmt::format("{}: 'id': expected an id as events have it, without "
                                         "blanks, found {}",
                                         what, node->Describe()));
    return "";
  }
  return std::string(node->text);
}

UnitDraft ReadUnit(const YamlNode& node, LoadState* state) {
  MapReader map(node, "a unit", &state->out);
  UnitDraft draft{.unit = {}, .node = &node};
  draft.unit.id = ReadId(&map, "a unit");
  draft.unit.name = map.Local("name").value_or(LocalText{});
  draft.parent = map.Find("parent");
  draft.manager = map.Find("manager");
  if (const YamlNode* calendar = map.Find("calendar")) {
    draft.calendar = ReadUnitCalendar(*calendar, state);
  }
  map.NotSupported({"time_zone", "delegate"});
  map.Finish();
  return draft;
}

// "50%" or "0.5", from nothing to a full day, in hundredths of a percent.
std::optional<int> ReadShare(const YamlNode& node, Diagnostics* out) {
  std::string_view text = node.text;
  const bool percent = text.ends_with('%');
  text.remove_suffix(percent ? 1 : 0);
  const std::optional<Decimal> number = node.is_scalar() ? Decimal::Parse(text) : std::nullopt;
  const __int128 unit = Decimal::kOne * (percent ? 100 : 1) / kFullCapacity;
  if (!number || number->is_negative() || number->units() > unit * kFullCapacity ||
      number->units() % unit != 0) {
    out->Error(node, fmt::format("expected a share of a full day such as 50% or 0.5, found {}",
                                 node.Describe()));
    return std::nullopt;
  }
  return static_cast<int>(number->units() / unit);
}

// A share of every working day, or of some weekdays.
std::array<int, 7> ReadCapacity(MapReader* map) {
  std::array<int, 7> capacity;
  capacity.fill(kFullCapacity);
  const YamlNode* node = map->Find("capacity");
  if (node == nullptr) {
    return capacity;
  }
  if (!node->is_map()) {
    capacity.fill(ReadShare(*node, map->out()).value_or(kFullCapacity));
  } else {
    MapReader weekdays(*node, "'capacity'", map->out());
    for (size_t weekday = 0; weekday < capacity.size(); ++weekday) {
      if (const YamlNode* share = weekdays.Find(kWeekdays[weekday])) {
        capacity[weekday] = ReadShare(*share, map->out()).value_or(kFullCapacity);
      }
    }
    weekdays.Finish();
  }
  if (std::all_of(capacity.begin(), capacity.end(), [](int share) { return share == 0; })) {
    map->out()->Error(*node,
                      "a person without any capacity; say by 'to' that he has left, by "
                      "'leave' that he is away");
  }
  return capacity;
}

// nullopt: a date is missing or they do not follow each other.
std::optional<Leave> ReadLeave(const YamlNode& node, LoadState* state) {
  MapReader map(node, "a leave", &state->out);
  map.Require("from");
  map.Require("to");
  const std::optional<Day> from = map.Date("from");
  const std::optional<Day> to = map.Date("to");
  int capacity = 0;
  if (const YamlNode* share = map.Find("capacity")) {
    capacity = ReadShare(*share, &state->out).value_or(0);
  }
  map.Finish();
  if (!from || !to) {
    return std::nullopt;
  }
  if (*to <= *from) {
    state->out.Error(node, "a leave: 'to' (the first day back) must come after 'from'");
    return std::nullopt;
  }
  return Leave{.from = *from, .to = *to, .capacity = capacity};
}

std::string ReadEmail(MapReader* map) {
  const YamlNode* node = map->Find("email");
  if (node == nullptr) {
    return "";
  }
  const size_t at = node->text.find('@');
  const bool good = node->is_scalar() && at != std::string_view::npos && at > 0 &&
                    at + 1 < node->text.size() &&
                    node->text.find_first_of(" \t\r\n<>,;\"@", at + 1) == std::string_view::npos &&
                    node->text.find_first_of(" \t\r\n<>,;\"") == std::string_view::npos;
  if (!good) {
    map->out()->Error(*node, fmt::format("expected an e-mail address, found {}", node->Describe()));
  }
  return std::string(node->text);
}

std::string ReadLanguage(MapReader* map) {
  const YamlNode* node = map->Find("language");
  if (node == nullptr) {
    return "zh";
  }
  if (node->text != "zh" && node->text != "en") {
    map->out()->Error(*node,
                      fmt::format("expected the language zh or en, found {}", node->Describe()));
  }
  return std::string(node->text);
}

PersonDraft ReadPerson(const YamlNode& node, LoadState* state) {
  MapReader map(node, "a person", &state->out);
  PersonDraft draft{.person = {}, .node = &node};
  Person& person = draft.person;
  person.id = ReadId(&map, "a person");
  person.name = map.Local("name").value_or(LocalText{});
  draft.unit = map.Find("unit");
  person.level = map.Text("level").value_or("");
  draft.manager = map.Find("manager");
  person.email = ReadEmail(&map);
  person.language = ReadLanguage(&map);
  person.from = map.Date("from");
  person.to = map.Date("to");
  if (person.from && person.to && *person.to <= *person.from) {
    state->out.Error(node, "a person: 'to' (the first day after) must come after 'from'");
  }
  for (const YamlNode* leave : map.List("leave")) {
    if (const auto days = ReadLeave(*leave, state)) {
      person.leave.push_back(*days);
    }
  }
  std::sort(person.leave.begin(), person.leave.end(), [](const Leave& a, const Leave& b) {
    return std::tie(a.from, a.to) < std::tie(b.from, b.to);
  });
  person.capacity = ReadCapacity(&map);
  map.NotSupported({"wecom", "dingtalk", "feishu", "phone", "fte", "delegate"});
  map.Finish();
  return draft;
}

// The drafts' parents by index. Several units without parent hang below the unit `company`; where
// it is missing, and where there is no unit at all, it is added to the drafts.
std::vector<std::optional<size_t>> ParentsOf(std::vector<UnitDraft>* drafts, LoadState* state) {
  const auto tops = std::count_if(drafts->begin(), drafts->end(),
                                  [](const UnitDraft& d) { return d.parent == nullptr; });
  std::optional<size_t> company;
  if (drafts->empty() || tops > 1) {
    company = state->units.Find(kRootUnit);
    if (!company) {
      company = drafts->size();
      UnitDraft& draft = drafts->emplace_back();
      draft.unit.id = std::string(kRootUnit);
      draft.unit.name = {.zh = "全公司", .en = "Company"};
    }
  }
  std::vector<std::optional<size_t>> parents;
  for (size_t i = 0; i < drafts->size(); ++i) {
    const YamlNode* parent = (*drafts)[i].parent;
    parents.push_back(parent != nullptr ? state->units.Find(parent->text)
                      : i != company    ? company
                                        : std::nullopt);
  }
  return parents;
}

// Puts parents before children; a unit below itself is reported.
void OrderUnits(std::vector<UnitDraft> drafts, LoadState* state) {
  const std::vector<std::optional<size_t>> parents = ParentsOf(&drafts, state);
  Org& org = state->book.org;
  std::vector<std::optional<UnitIndex>> placed(drafts.size());
  // Each round places the units whose parents stand; a chain of n units written from the leaf up
  // takes n rounds, which a company does not notice.
  bool progress = true;
  while (progress) {
    progress = false;
    for (size_t i = 0; i < drafts.size(); ++i) {
      if (placed[i] || (parents[i] && !placed[*parents[i]])) {
        continue;
      }
      Unit& unit = drafts[i].unit;
      unit.parent = parents[i] ? placed[*parents[i]] : std::nullopt;
      unit.calendar =
          drafts[i].calendar.value_or(unit.parent ? org.units[*unit.parent].calendar : 0);
      placed[i] = static_cast<UnitIndex>(org.units.size());
      org.units.push_back(drafts[i].unit);
      progress = true;
    }
  }
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (!placed[i]) {
      state->out.Error(*drafts[i].node,
                       fmt::format("unit '{}' lies below itself", drafts[i].unit.id));
    }
  }
  for (size_t i = 0; i < org.units.size(); ++i) {
    org.units_by_id[org.units[i].id] = static_cast<UnitIndex>(i);
  }
}

// A person's entries follow each other without overlap.
void CheckHistory(const std::vector<PersonDraft>& drafts, LoadState* state) {
  for (size_t i = 1; i < drafts.size(); ++i) {
    const Person& before = drafts[i - 1].person;
    const Person& after = drafts[i].person;
    if (before.id.empty() || before.id != after.id) {
      continue;
    }
    if (!before.to || !after.from || *after.from < *before.to) {
      const Place& first = drafts[i - 1].node->place;
      const Place& second = drafts[i].node->place;
      const bool swap = first.file == second.file && first.line > second.line;
      state->out.Error(swap ? first : second,
                       fmt::format("duplicate person '{}': these days overlap those at {}",
                                   after.id, state->out.Describe(swap ? second : first)));
    }
  }
}

std::string ManagerId(const YamlNode* node, LoadState* state) {
  if (node == nullptr || !state->people.Resolve(*node, &state->out)) {
    return "";
  }
  return std::string(node->text);
}

}  // namespace

void LoadOrg(LoadState* state) {
  std::vector<UnitDraft> units;
  std::vector<PersonDraft> people;
  for (const YamlNode* node : state->sections.org) {
    MapReader map(*node, "section 'org'", &state->out);
    for (const YamlNode* unit : map.List("units")) {
      units.push_back(ReadUnit(*unit, state));
    }
    for (const YamlNode* person : map.List("people")) {
      people.push_back(ReadPerson(*person, state));
    }
    map.NotSupported({"raci", "topic", "delegates"});
    map.Finish();
  }
  Org& org = state->book.org;
  org.given = !state->sections.org.empty();
  std::stable_sort(people.begin(), people.end(), [](const PersonDraft& a, const PersonDraft& b) {
    return std::tie(a.person.id, a.person.from) < std::tie(b.person.id, b.person.from);
  });
  CheckHistory(people, state);
  for (size_t i = 0; i < people.size(); ++i) {
    const std::string& id = people[i].person.id;
    if (!id.empty() && (i == 0 || people[i - 1].person.id != id)) {
      state->people.Declare(id, i, people[i].node->place, &state->out);
    }
    org.people_by_id[id].push_back(static_cast<PersonIndex>(i));
  }
  for (size_t i = 0; i < units.size(); ++i) {
    if (!units[i].unit.id.empty()) {
      state->units.Declare(units[i].unit.id, i, units[i].node->place, &state->out);
    }
  }
  for (UnitDraft& draft : units) {
    if (draft.parent != nullptr && !state->units.Resolve(*draft.parent, &state->out)) {
      draft.parent = nullptr;
    }
    draft.unit.manager = ManagerId(draft.manager, state);
  }
  OrderUnits(std::move(units), state);
  AddUnitCalendars(&state->book);
  for (PersonDraft& draft : people) {
    // Resolve answers with the order of the files; the unit's place in the tree is another.
    if (draft.unit != nullptr && state->units.Resolve(*draft.unit, &state->out)) {
      draft.person.unit = org.FindUnit(draft.unit->text).value_or(0);
    }
    draft.person.manager = ManagerId(draft.manager, state);
    org.people.push_back(std::move(draft.person));
  }
}

}  // namespace kpiwatch
