// Section `rules`.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/expressions.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/rule_texts.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, 2> kChannels = {"email", "webhook"};
constexpr std::array<std::string_view, 9> kLaterChannels = {
    "wecom",        "wecom_robot", "dingtalk", "dingtalk_robot", "feishu",
    "feishu_robot", "sms",         "kafka",    "alertmanager"};

// One of the words of `choices`, or the first where the key is absent; `later` are reported as not
// supported yet.
template <typename T, size_t N>
T ReadChoice(MapReader* map, std::string_view key,
             const std::array<std::pair<std::string_view, T>, N>& choices,
             std::initializer_list<std::string_view> later) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return choices[0].second;
  }
  std::vector<std::string_view> words;
  for (const auto& [word, value] : choices) {
    if (node->is_scalar() && node->text == word) {
      return value;
    }
    words.push_back(word);
  }
  if (node->is_scalar() && std::find(later.begin(), later.end(), node->text) != later.end()) {
    map->out()->Error(*node,
                      fmt::format("'{}': '{}' is not supported by this version", key, node->text));
  } else {
    map->out()->Error(
        *node, fmt::format("'{}': expected one of {}, found {}{}", key, fmt::join(words, ", "),
                           node->Describe(), DidYouMean(NearestName(node->text, words))));
  }
  return choices[0].second;
}

constexpr std::array<std::pair<std::string_view, ForEach>, 2> kForEach = {
    {{"person", ForEach::kPerson}, {"unit", ForEach::kUnit}}};
constexpr std::array<std::pair<std::string_view, EvaluateMode>, 3> kEvaluate = {
    {{"on_close", EvaluateMode::kOnClose},
     {"intraday", EvaluateMode::kIntraday},
     {"on_pace", EvaluateMode::kOnPace}}};
constexpr std::array<std::pair<std::string_view, PeriodKind>, 6> kPeriods = {
    {{"day", PeriodKind::kDay},
     {"week", PeriodKind::kWeek},
     {"month", PeriodKind::kMonth},
     {"quarter", PeriodKind::kQuarter},
     {"year", PeriodKind::kYear},
     {"target", PeriodKind::kTarget}}};

std::vector<std::string> ReadVia(MapReader* map) {
  std::vector<std::string> channels;
  const YamlNode* node = map->Find("via");
  if (node == nullptr) {
    return channels;
  }
  for (std::string& channel : ReadTexts(*node, "'via'", map->out())) {
    if (std::find(kChannels.begin(), kChannels.end(), channel) != kChannels.end()) {
      channels.push_back(std::move(channel));
    } else if (std::find(kLaterChannels.begin(), kLaterChannels.end(), channel) !=
               kLaterChannels.end()) {
      map->out()->Error(*node,
                        fmt::format("channel '{}' is not supported by this version", channel));
    } else {
      map->out()->Error(*node, fmt::format("unknown channel '{}'{}; this version has {}", channel,
                                           DidYouMean(NearestName(channel, kChannels)),
                                           fmt::join(kChannels, ", ")));
    }
  }
  return channels;
}

std::vector<Notify> ReadNotifyList(MapReader* map, LoadState* state) {
  std::vector<Notify> people;
  const YamlNode* node = map->Find("notify");
  if (node == nullptr) {
    return people;
  }
  if (node->is_list() && node->children.empty()) {
    map->out()->Error(*node, "'notify' names nobody; a level without it tells nobody");
  }
  const std::vector<const YamlNode*> one = {node};
  for (const YamlNode* item : node->is_list() ? node->children : one) {
    if (const std::optional<Notify> person = ReadNotify(*item, state)) {
      people.push_back(*person);
    }
  }
  return people;
}

// Streaks change when a period is sealed, which rules on open periods do not wait for; pace when a
// day is, which an intraday rule does not wait for.
void CheckMode(const YamlNode& node, const lang::Program& program, const Rule& rule,
               LoadState* state) {
  const std::vector<uint16_t>& slots = program.slots();
  const auto reads = [&](uint16_t slot) {
    return std::find(slots.begin(), slots.end(), slot) != slots.end();
  };
  if (rule.evaluate != EvaluateMode::kOnClose &&
      (reads(kSlotMissStreak) || reads(kSlotHitStreak))) {
    state->out.Error(node, fmt::format("streaks change only when a period closes; this rule is "
                                       "'evaluate: {}'",
                                       EvaluateModeName(rule.evaluate)));
  }
  if (rule.evaluate != EvaluateMode::kOnClose && reads(kSlotBackLoading)) {
    state->out.Error(node, fmt::format("how much came at the end is known when a period closes; "
                                       "this rule is 'evaluate: {}'",
                                       EvaluateModeName(rule.evaluate)));
  }
  if (rule.evaluate == EvaluateMode::kIntraday &&
      std::any_of(slots.begin(), slots.end(), IsOfPace)) {
    state->out.Error(node,
                     "pace counts days that are closed; this rule is 'evaluate: intraday', and "
                     "'evaluate: on_pace' looks whenever a day closes");
  }
}

// What is due in working hours needs a calendar that has some, at every site.
void CheckDue(const YamlNode& node, const Playbook& playbook, const Kpi& kpi, LoadState* state) {
  if (playbook.due_working_time == absl::ZeroDuration()) {
    return;
  }
  const Rulebook& book = state->book;
  std::set<CalendarIndex> calendars = {kpi.calendar};
  if (kpi.calendar == book.unit_calendars) {
    calendars = {0};
    for (const Unit& unit : book.org.units) {
      calendars.insert(unit.calendar);
    }
  }
  for (const CalendarIndex c : calendars) {
    if (book.calendars[c].options().working_hours.empty()) {
      state->out.Error(node, fmt::format("playbook '{}' is due in working hours, but calendar '{}' "
                                         "of KPI '{}' has no 'working_hours'",
                                         playbook.name, book.calendars[c].name(), kpi.name));
    }
  }
}

// `grant: senior_assist`, or with words for people `grant: {name: senior_assist, title: …}`.
std::string ReadGrant(MapReader* level, LoadState* state, LocalText* title) {
  const YamlNode* const node = level->Find("grant");
  if (node == nullptr || !node->is_map()) {
    return level->Text("grant").value_or("");
  }
  MapReader map(*node, "'grant'", &state->out);
  std::string name = map.RequireName("name").value_or("");
  *title = map.Local("title").value_or(LocalText());
  map.Finish();
  return name;
}

void ReadTier(const YamlNode& node, Level level, const Kpi* kpi, LoadState* state, Rule* rule) {
  MapReader map(node, fmt::format("level '{}'", LevelName(level)), &state->out);
  std::optional<lang::Program> when;
  std::optional<lang::Program> clear;
  if (const YamlNode* condition = map.Require("when")) {
    when = CompileCondition(*condition, kpi, &state->out);
    if (when) {
      CheckMode(*condition, *when, *rule, state);
    }
  }
  if (const YamlNode* condition = map.Find("clear")) {
    clear = CompileCondition(*condition, kpi, &state->out);
    if (clear) {
      CheckMode(*condition, *clear, *rule, state);
    }
  }
  std::vector<Notify> notify = ReadNotifyList(&map, state);
  std::vector<std::string> via = ReadVia(&map);
  std::optional<size_t> open;
  if (const YamlNode* playbook = map.Find("open")) {
    open = state->playbooks.Resolve(*playbook, &state->out);
    if (open && kpi != nullptr) {
      CheckDue(*playbook, state->book.playbooks[*open], *kpi, state);
    }
  }
  LocalText grant_title;
  std::string grant = ReadGrant(&map, state, &grant_title);
  map.NotSupported({"for", "keep_firing_for", "clear_after", "labels", "annotations"});
  map.Finish();
  if (when) {
    rule->tiers.push_back({.level = level,
                           .when = *std::move(when),
                           .clear = std::move(clear),
                           .notify = std::move(notify),
                           .via = std::move(via),
                           .open = open,
                           .grant = std::move(grant),
                           .grant_title = std::move(grant_title)});
  }
}

// `kpi`: the rule's; null where the rule names none that is known.
void ReadLevels(MapReader* map, const Kpi* kpi, LoadState* state, Rule* rule) {
  const YamlNode* node = map->Require("levels");
  if (node == nullptr) {
    return;
  }
  MapReader levels(*node, "'levels'", &state->out);
  for (const Level level : {Level::kYellow, Level::kOrange, Level::kRed}) {
    if (const YamlNode* tier = levels.Find(LevelName(level))) {
      ReadTier(*tier, level, kpi, state, rule);
    }
  }
  levels.Finish();
  if (node->is_map() && node->children.empty()) {
    state->out.Error(*node, "'levels' needs at least one of yellow, orange, red");
  }
}

void CheckKpi(const YamlNode& name, const Kpi& kpi, const Rule& rule, LoadState* state) {
  if (kpi.by_unit && rule.for_each == ForEach::kPerson) {
    state->out.Error(
        name, fmt::format("KPI '{}' is a KPI of units; its rules are 'for_each: unit'", kpi.name));
  }
  if (rule.evaluate == EvaluateMode::kOnPace && !kpi.AddsUp()) {
    state->out.Error(name, fmt::format("the days of KPI '{}' do not add up to its periods, so that "
                                       "nothing says what is due by a day: 'evaluate: on_pace' is "
                                       "for KPIs of count() or sum(…)",
                                       kpi.name));
  } else if (rule.evaluate == EvaluateMode::kOnPace && rule.period == PeriodKind::kDay) {
    state->out.Error(name,
                     "'evaluate: on_pace' looks at longer periods whenever a day closes; "
                     "this rule has 'period: day'");
  }
  const bool compound = kpi.type == KpiType::kRatio || kpi.type == KpiType::kDerived;
  if (compound && rule.evaluate == EvaluateMode::kIntraday) {
    state->out.Error(name,
                     fmt::format("KPI '{}' is made of other KPIs; 'evaluate: intraday' is not "
                                 "supported for it",
                                 kpi.name));
  }
  if (kpi.measure.SamplesUse() && rule.evaluate == EvaluateMode::kIntraday) {
    state->out.Error(name, fmt::format("KPI '{}' is measured when a period is over; 'evaluate: "
                                       "intraday' is not supported for it",
                                       kpi.name));
  }
  if (kpi.type != KpiType::kVerdict) {
    return;
  }
  if (rule.period != PeriodKind::kDay) {
    state->out.Error(name, fmt::format("KPI '{}' is a verdict of days; its rules have "
                                       "'period: day'",
                                       kpi.name));
  }
  if (rule.evaluate == EvaluateMode::kIntraday) {
    state->out.Error(name, fmt::format("KPI '{}' is a verdict of whole days; 'evaluate: intraday' "
                                       "is not supported for it",
                                       kpi.name));
  }
  if (rule.for_each == ForEach::kUnit && !kpi.by_unit) {
    state->out.Error(name, fmt::format("KPI '{}' is a verdict on persons; 'for_each: unit' is not "
                                       "supported for it",
                                       kpi.name));
  }
}

void LoadRule(const YamlNode& node, LoadState* state) {
  Rule rule;
  if (const YamlNode* name = node.Get("name"); name != nullptr && name->is_scalar()) {
    rule.name = std::string(name->text);
  }
  MapReader map(node, rule.name.empty() ? "a rule" : fmt::format("rule '{}'", rule.name),
                &state->out);
  map.RequireName("name");
  if (!rule.name.empty()) {
    state->rules.Declare(rule.name, state->book.rules.size(), node.Get("name")->place, &state->out);
  }
  if (const YamlNode* kind = map.Find("kind")) {
    const bool known = kind->text == "inactivity" || kind->text == "action";
    state->out.Error(*kind, known ? fmt::format("rules of kind '{}' are not supported by this "
                                                "version",
                                                kind->text)
                                  : fmt::format("unknown kind {}; a rule over a KPI has no 'kind'",
                                                kind->Describe()));
    if (known) {
      return;  // the keys are those of another kind
    }
  }
  const YamlNode* kpi = map.Require("kpi");
  const std::optional<size_t> index =
      kpi != nullptr ? state->kpis.Resolve(*kpi, &state->out) : std::nullopt;
  rule.kpi = static_cast<KpiIndex>(index.value_or(0));
  rule.for_each = ReadChoice(&map, "for_each", kForEach, {"team", "entity"});
  rule.period = ReadChoice(&map, "period", kPeriods, {"half_year"});
  rule.evaluate = ReadChoice(&map, "evaluate", kEvaluate, {});
  if (index) {
    CheckKpi(*kpi, state->book.kpis[*index], rule, state);
  }
  if (const YamlNode* where = map.Find("where")) {
    rule.where = CompileSubjectFilter(*where, rule.for_each, &state->out);
  }
  ReadLevels(&map, index ? &state->book.kpis[*index] : nullptr, state, &rule);
  rule.clear_after = map.Int("clear_after", 1, 366).value_or(rule.clear_after);
  rule.max_gap_days = map.Int("max_gap_days", 1, 366).value_or(rule.max_gap_days);
  ReadLabels(&map, &rule);
  ReadAnnotations(&map, &rule);
  map.NotSupported({"for", "keep_firing_for", "mute_time_intervals", "active_time_intervals",
                    "effective_from", "effective_to", "after_yellow", "improved_resets", "event",
                    "entity", "since", "expr", "alert"});
  map.Finish();
  rule.file = state->out.file(node.place.file).path;
  rule.line = node.place.line;
  state->rule_nodes.push_back(&node);
  state->book.rules.push_back(std::move(rule));
}

}  // namespace

void LoadRules(LoadState* state) {
  for (const YamlNode* node : state->sections.rules) {
    LoadRule(*node, state);
  }
}

}  // namespace kpiwatch
