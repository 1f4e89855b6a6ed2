// The alerts that stand, as /api/v1/alerts and the page at / list them.
#include <algorithm>
#include <map>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/notify/text.h"
#include "daemon/rulebook/annotation_template.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

LabelMap ToLabels(const StringMap<std::string>& map) { return {map.begin(), map.end()}; }

constexpr std::string_view kDataLate = "data-late";

std::vector<std::pair<std::string, SourceCompleteness::Late>> LateSources(
    const Core& core, const CoreOptions& options) {
  std::vector<std::pair<std::string, SourceCompleteness::Late>> found;
  for (uint32_t s = 0; s < options.sources->size(); ++s) {
    if (const auto& late = core.completeness(s).late) {
      found.emplace_back((*options.sources)[s].name, *late);
    }
  }
  for (const UnreadSource& unread : core.UnreadSources()) {
    if (unread.late) {
      found.emplace_back(unread.name, *unread.late);
    }
  }
  return found;
}

// A source that is late, as /api/v1/alerts tells it: with the words of its message
// (data_alerts.cc).
AlertView LateView(const Rulebook& book, const std::string& source,
                   const SourceCompleteness::Late& late) {
  v1::Transition told;
  told.set_rule(std::string(kDataLate));
  told.set_subject("source:" + source);
  told.set_period(Day{late.day}.ToString());
  told.set_to_level(v1::LEVEL_ORANGE);
  told.set_at_unix_ms(absl::ToUnixMillis(late.since));
  told.set_active_since_unix_ms(told.at_unix_ms());
  told.set_reason(v1::REASON_DATA_LATE);
  AlertView view;
  view.rule = told.rule();
  view.subject = told.subject();
  view.subject_name = {source, source};
  view.period = told.period();
  view.level = Level::kOrange;
  view.active_at = late.since;
  view.annotations["summary"] = Describe(told, book, "zh").headline;
  return view;
}

// A firing ladder as the store has it.
struct FiringLadder {
  SubjectId subject;
  uint32_t rule = 0;
  Period period;
  Level level = Level::kGreen;
  int64_t since_ms = 0;
  int32_t miss_streak = 0;
  bool is_open = false;  // its period is: the value is that of its last change of level
  std::optional<Decimal> value, target;
};

std::vector<FiringLadder> ReadFiring(const StateStore& store) {
  std::vector<FiringLadder> firing;
  store
      .Scan(Family::kLadder, "", "",
            [&](std::string_view key, std::string_view value) {
              const auto parts = ParseLadderKey(key);
              if (!parts) {
                return true;
              }
              FiringLadder found;
              found.subject = SubjectId(parts->subject);
              if (const auto rule = ParseLadderKeyRest(parts->rest)) {
                const auto ladder = DecodeLadder(value);
                for (size_t i = ladder ? FirstStanding(*ladder) : 0;
                     ladder && i < ladder->records.size(); ++i) {
                  const SealedRecord& record = ladder->records[i];
                  found.rule = *rule;
                  found.period = record.period;
                  found.level = record.after.level();
                  found.since_ms = ladder->since_ms;
                  found.value = record.known ? std::optional(record.value) : std::nullopt;
                  found.miss_streak = record.after.miss_streak;
                  found.target = record.target;
                  if (found.level != Level::kGreen) {
                    firing.push_back(found);
                  }
                }
              } else if (const auto period = ParseOpenLadderKeyRest(parts->rest)) {
                const auto ladders = DecodeOpenLadders(value);
                for (size_t i = 0; ladders && i < ladders->size(); ++i) {
                  const OpenLadder& open = ladders->At(i);
                  found.rule = open.rule;
                  found.period = *period;
                  found.level = open.level();
                  found.since_ms = open.since_ms;
                  found.is_open = true;
                  found.value = open.value;
                  if (found.level != Level::kGreen) {
                    firing.push_back(found);
                  }
                }
              }
              return true;
            })
      .IgnoreError();  // a list for people; the engine itself stops at what the store cannot read
  return firing;
}

std::string PeriodName(const Rulebook& book, const Rule& rule, const Period& period) {
  return book.calendars[book.kpis[rule.kpi].calendar].NameOf(period);
}

LocalText NameOf(const Rulebook& book, const SubjectInfo& info) {
  if (info.kind == SubjectKind::kPerson) {
    const Person* const person = book.org.FindPersonAny(info.id);
    return person != nullptr ? person->name : LocalText{info.id, info.id};
  }
  const auto unit = book.org.FindUnit(info.id);
  return unit ? book.org.units[*unit].name : LocalText{info.id, info.id};
}

// The rule's texts with the alert's values in them, as its message had them.
LabelMap RenderedAnnotations(const Rulebook& book, const Rule& rule, const AlertView& view,
                             int32_t miss_streak, const std::optional<Pace>& pace) {
  v1::Transition transition;
  transition.set_rule(view.rule);
  transition.set_subject(view.subject);
  transition.set_kpi(view.kpi);
  transition.set_period(view.period);
  transition.set_to_level(static_cast<v1::Level>(view.level));
  transition.set_value(view.value);
  transition.set_target(view.target);
  transition.set_completion(view.completion);
  transition.set_miss_streak(miss_streak);
  if (pace) {
    FillPace(*pace, &transition);
  }
  const TemplateValues values = TemplateValuesOf(transition, book, "zh");
  LabelMap rendered;
  for (const auto& [name, text] : rule.annotations) {
    rendered[name] = RenderTemplate(text.For("zh"), values);
  }
  return rendered;
}

AlertView ViewOf(const Rulebook& book, const Rule& rule, const AlertKey& key,
                 const SubjectInfo& info, const FiringLadder& found,
                 const std::optional<Pace>& pace) {
  const Kpi& kpi = book.kpis[rule.kpi];
  AlertView view;
  view.rule = key.rule;
  view.subject = key.subject;
  view.subject_name = NameOf(book, info);
  view.kpi = kpi.name;
  view.period = key.period;
  view.level = found.level;
  view.active_at = absl::FromUnixMillis(found.since_ms);
  view.value = found.value ? found.value->ToString() : "";
  std::optional<Decimal> target = found.target;
  if (!target) {
    // A period that is still open has the target that is in force.
    const Target* const in_force = book.FindTarget(rule.kpi, key.subject, found.period);
    target = in_force == nullptr ? std::nullopt : std::optional(in_force->value);
  }
  if (target) {
    view.target = target->ToString();
    const auto completion =
        found.value ? Completion(kpi.direction, *found.value, *target) : std::nullopt;
    view.completion = completion ? completion->ToFixed(6) : "";
  }
  view.labels = ToLabels(rule.labels);
  view.annotations = RenderedAnnotations(book, rule, view, found.miss_streak, pace);
  return view;
}

AlertPage BriefPage(const AlertQuery& query, const Rulebook& book,
                    const StringMap<const Rule*>& rules, const std::vector<std::string>& rule_names,
                    const std::vector<FiringLadder>& firing,
                    const std::map<uint32_t, SubjectInfo>& subjects, std::vector<AlertView> late) {
  std::vector<const Rule*> rule_of;  // by stored number; null: not asked for
  for (const std::string& name : rule_names) {
    const auto found = rules.find(name);
    rule_of.push_back(found == rules.end() ? nullptr : found->second);
  }
  AlertPage page;
  page.total = late.size();
  late.resize(std::min(late.size(), query.limit));
  page.alerts = std::move(late);
  for (const FiringLadder& found : firing) {
    const Rule* const rule = found.rule < rule_of.size() ? rule_of[found.rule] : nullptr;
    if (rule == nullptr) {
      continue;
    }
    if (++page.total <= query.limit) {
      AlertView& view = page.alerts.emplace_back();
      view.rule = rule->name;
      view.subject = subjects.at(found.subject.value()).Name();
      view.kpi = book.kpis[rule->kpi].name;
      view.level = found.level;
      view.labels = ToLabels(rule->labels);
    }
  }
  page.more = page.total > page.alerts.size();
  return page;
}

}  // namespace

AlertPage Engine::Alerts(const AlertQuery& query) const {
  // However many alerts there are, the engine is asked for the names of their subjects and for the
  // values of one page's open periods only: the rest is committed state and the immutable rulebook,
  // read on the caller's thread.
  const std::vector<FiringLadder> firing = ReadFiring(*store_);
  std::map<uint32_t, SubjectInfo> subjects;
  for (const FiringLadder& found : firing) {
    subjects.try_emplace(found.subject.value());
  }
  std::shared_ptr<const Rulebook> book;
  std::vector<std::string> rule_names;
  std::vector<std::pair<std::string, SourceCompleteness::Late>> late_sources;
  Ask(&requests_, [&] {
    book = core_.shared_rulebook();
    late_sources = LateSources(core_, options_.core);
    for (uint32_t id = 0; id < core_.rule_ids().size(); ++id) {
      rule_names.push_back(core_.rule_ids().Get(id).name);
    }
    for (auto& [id, info] : subjects) {
      if (id < core_.subjects().size()) {
        info = core_.subjects().Get(SubjectId(id));
      }
    }
  });
  if (book == nullptr) {
    return {};
  }
  const auto wanted = [&](std::string_view rule) {
    return query.rules.empty() ||
           std::find(query.rules.begin(), query.rules.end(), rule) != query.rules.end();
  };
  StringMap<const Rule*> rules;
  for (const Rule& rule : book->rules) {
    if (wanted(rule.name)) {
      rules[rule.name] = &rule;
    }
  }
  std::vector<AlertView> late;
  for (const auto& [source, since] : late_sources) {
    if (wanted(kDataLate)) {
      late.push_back(LateView(*book, source, since));
    }
  }
  if (query.brief) {
    return BriefPage(query, *book, rules, rule_names, firing, subjects, std::move(late));
  }
  struct Standing {
    AlertKey key;
    const FiringLadder* ladder;  // null: a source that is late
    const AlertView* late;
  };
  std::vector<Standing> alerts;
  for (const AlertView& view : late) {
    alerts.push_back({{view.rule, view.subject, view.period}, nullptr, &view});
  }
  for (const FiringLadder& found : firing) {
    if (found.rule < rule_names.size() && rules.contains(rule_names[found.rule])) {
      alerts.push_back({{rule_names[found.rule], subjects[found.subject.value()].Name(),
                         PeriodName(*book, *rules.at(rule_names[found.rule]), found.period)},
                        &found,
                        nullptr});
    }
  }
  AlertPage page;
  for (const Standing& alert : alerts) {
    const Level level = alert.ladder != nullptr ? alert.ladder->level : alert.late->level;
    page.states[{alert.key.rule, level}] = AlertState::kFiring;
  }
  std::sort(alerts.begin(), alerts.end(),
            [](const Standing& a, const Standing& b) { return a.key < b.key; });
  page.total = alerts.size();
  auto next = query.after ? std::partition_point(
                                alerts.begin(), alerts.end(),
                                [&](const Standing& alert) { return alert.key <= *query.after; })
                          : alerts.begin();
  const auto end =
      next + std::min<ptrdiff_t>(alerts.end() - next, static_cast<ptrdiff_t>(query.limit));
  std::vector<FiringLadder> shown;
  for (auto alert = next; alert != end; ++alert) {
    shown.push_back(alert->ladder == nullptr ? FiringLadder() : *alert->ladder);
  }
  std::vector<std::optional<Pace>> paces(shown.size());  // of rules on pace
  const auto rule_of = [&](const Standing& alert) -> const Rule& {
    return *rules.find(alert.key.rule)->second;
  };
  if (std::any_of(shown.begin(), shown.end(), [](const auto& found) { return found.is_open; })) {
    Ask(&step_requests_, [&] {
      if (core_.shared_rulebook() != book) {
        return;  // another one meanwhile
      }
      for (size_t i = 0; i < shown.size(); ++i) {
        FiringLadder& found = shown[i];
        if (!found.is_open) {
          continue;
        }
        const Rule& rule = rule_of(next[static_cast<ptrdiff_t>(i)]);
        const auto now = core_.ReadValue(rule.kpi, found.subject, found.period);
        if (now.ok()) {
          found.value = now->reading.state == ValueState::kKnown ? std::optional(now->reading.value)
                                                                 : std::nullopt;
          paces[i] = rule.evaluate == EvaluateMode::kOnPace ? now->pace : std::nullopt;
        }
      }
    });
  }
  for (auto alert = next; alert != end; ++alert) {
    const auto i = static_cast<size_t>(alert - next);
    page.alerts.push_back(alert->ladder == nullptr
                              ? *alert->late
                              : ViewOf(*book, rule_of(*alert), alert->key,
                                       subjects[shown[i].subject.value()], shown[i], paces[i]));
  }
  page.more = end != alerts.end();
  return page;
}

}  // namespace kpiwatch
