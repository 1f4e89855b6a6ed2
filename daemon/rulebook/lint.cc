// Findings that are no mistakes, but hardly what was meant.
#include "daemon/rulebook/lint.h"

#include <algorithm>
#include <map>

#include "daemon/rulebook/calendar_reach.h"
#include "daemon/rulebook/fingerprint.h"
#include "daemon/rulebook/load_state.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using lang::Comparator;
using lang::SimpleComparison;

bool IsBelow(Comparator c) { return c == Comparator::kLess || c == Comparator::kLessEqual; }
bool IsAbove(Comparator c) { return c == Comparator::kGreater || c == Comparator::kGreaterEqual; }

// Whether some number satisfies both comparisons.
bool Overlap(const SimpleComparison& a, const SimpleComparison& b) {
  if (IsBelow(a.comparator) == IsBelow(b.comparator)) {
    return true;
  }
  const SimpleComparison& below = IsBelow(a.comparator) ? a : b;
  const SimpleComparison& above = IsBelow(a.comparator) ? b : a;
  const bool both_closed =
      below.comparator == Comparator::kLessEqual && above.comparator == Comparator::kGreaterEqual;
  return above.threshold < below.threshold || (both_closed && above.threshold == below.threshold);
}

bool IsRange(const std::optional<SimpleComparison>& c) {
  return c && (IsBelow(c->comparator) || IsAbove(c->comparator));
}

// A clear line that lies inside the trigger would clear what it has just set.
void LintClear(const Tier& tier, const YamlNode& rule, Diagnostics* out) {
  if (!tier.clear) {
    return;
  }
  const auto when = tier.when.simple_comparison();
  const auto clear = tier.clear->simple_comparison();
  if (IsRange(when) && IsRange(clear) && when->slot == clear->slot && Overlap(*when, *clear)) {
    out->Warning(TierNode(rule, tier, "clear").place,
                 fmt::format("'clear: {}' can hold together with 'when: {}'", tier.clear->source(),
                             tier.when.source()));
  }
}

// A higher level asks for more of the same.
void LintOrder(const Tier& lower, const Tier& higher, const YamlNode& rule, Diagnostics* out) {
  const auto a = lower.when.simple_comparison();
  const auto b = higher.when.simple_comparison();
  if (!IsRange(a) || !IsRange(b) || a->slot != b->slot) {
    return;
  }
  const bool same_side = IsBelow(a->comparator) == IsBelow(b->comparator);
  const bool stricter =
      IsBelow(a->comparator) ? b->threshold < a->threshold : b->threshold > a->threshold;
  if (!same_side || !stricter) {
    out->Warning(
        TierNode(rule, higher, "when").place,
        fmt::format("levels are out of order: {} is '{}', but {} is '{}'", LevelName(lower.level),
                    lower.when.source(), LevelName(higher.level), higher.when.source()));
  }
}

// 40 is 4000 %: who writes it means 40 %. Ten times the target may be meant.
void LintCompletion(const lang::Program& program, const YamlNode& node, Diagnostics* out) {
  const auto c = program.simple_comparison();
  const bool ratio = c && (c->slot == kSlotCompletion || c->slot == kSlotPaceIndex ||
                           c->slot == kSlotProjectedCompletion || c->slot == kSlotBackLoading);
  if (!ratio || program.source().find('%') != std::string::npos ||
      !(c->threshold > Rational::Of(Decimal::FromInt(10)))) {
    return;
  }
  const bool holds = IsBelow(c->comparator) || c->comparator == Comparator::kNotEqual;
  const std::string number = c->threshold.ToFixed(0);
  out->Warning(node.place, fmt::format("'{}' is {} true: {} is a ratio, and {} is {}00 %; "
                                       "did you mean {}%?",
                                       program.source(), holds ? "always" : "hardly ever",
                                       c->slot == kSlotCompletion    ? "completion"
                                       : c->slot == kSlotPaceIndex   ? "pace_index"
                                       : c->slot == kSlotBackLoading ? "back_loading"
                                                                     : "projected_completion",
                                       number, number, number));
}

// 0.9 → "90%".
std::string AsPercent(const Rational& ratio) {
  const Rational hundredfold{Decimal::FromUnits(ratio.num.units() * 100), ratio.den};
  const auto number = Decimal::Parse(hundredfold.ToFixed(Decimal::kScaleDigits));
  return number ? number->ToString() + "%" : hundredfold.ToFixed(2) + "%";
}

// A level without `clear` ends after so many met periods in a row (D-10). A period is met at 100 %;
// where that makes `when` true as well, no period can be the first of them. What each period or
// target begins anew ends all the same.
void LintNeverClears(const Rule& rule, const Tier& tier, const YamlNode& node, Diagnostics* out) {
  const auto when = tier.when.simple_comparison();
  if (tier.clear || !when || when->slot != kSlotCompletion || !IsAbove(when->comparator) ||
      rule.evaluate != EvaluateMode::kOnClose || rule.period == PeriodKind::kTarget) {
    return;
  }
  const Rational met = Rational::Of(Decimal::FromInt(1));
  const bool strict = when->comparator == Comparator::kGreater;
  if (strict ? when->threshold < met : !(met < when->threshold)) {
    out->Warning(TierNode(node, tier, "when").place,
                 fmt::format("'{}' never clears: without 'clear' a level ends after periods "
                             "that met their target ('clear_after: {}'), and of those it holds "
                             "true; write a line such as 'clear: completion {} {}'",
                             tier.when.source(), rule.clear_after, strict ? "<=" : "<",
                             AsPercent(when->threshold)));
  }
}

bool Reads(const Rule& rule, std::initializer_list<uint16_t> wanted) {
  const auto reads = [&](const lang::Program& program) {
    return std::any_of(program.slots().begin(), program.slots().end(), [&](uint16_t slot) {
      return std::find(wanted.begin(), wanted.end(), slot) != wanted.end();
    });
  };
  return std::any_of(rule.tiers.begin(), rule.tiers.end(), [&](const Tier& tier) {
    return reads(tier.when) || (tier.clear && reads(*tier.clear));
  });
}

// A KPI's targets of one kind of period; whether some are those of persons.
using TargetKinds = std::map<std::pair<KpiIndex, PeriodKind>, bool>;

TargetKinds KindsOf(const std::vector<Target>& targets) {
  TargetKinds kinds;
  for (const Target& target : targets) {
    kinds[{target.kpi, target.period.kind}] |= target.subject.starts_with("person:");
  }
  return kinds;
}

// What asks for a target never comes true without one.
void LintTargets(const Rule& rule, const YamlNode& node, const Kpi& kpi, const TargetKinds& kinds,
                 Diagnostics* out) {
  if (!AsksForTargets(rule, kpi)) {
    return;
  }
  const auto it = kinds.find({rule.kpi, rule.period});
  if (it == kinds.end() || (rule.for_each == ForEach::kPerson && !it->second)) {
    const std::string period = rule.period == PeriodKind::kTarget
                                   ? "'from' and 'to'"
                                   : fmt::format("a {}", PeriodKindName(rule.period));
    out->Warning(node.place,
                 fmt::format("rule '{}' asks for targets, but KPI '{}' has none of a "
                             "{} with {}",
                             rule.name, kpi.name,
                             rule.for_each == ForEach::kUnit ? "unit" : "person", period));
  }
}

bool MatchesSomebody(const Rule& rule, const Org& org) {
  if (rule.for_each == ForEach::kUnit) {
    return std::any_of(org.units.begin(), org.units.end(),
                       [&](const Unit& unit) { return WhereTakes(rule, unit); });
  }
  return std::any_of(org.people.begin(), org.people.end(),
                     [&](const Person& person) { return WhereTakes(rule, org, person); });
}

void LintRules(LoadState* state) {
  const Rulebook& book = state->book;
  Diagnostics* out = &state->out;
  const TargetKinds kinds = KindsOf(book.targets);
  bool notifies = false;
  for (size_t i = 0; i < book.rules.size(); ++i) {
    const Rule& rule = book.rules[i];
    const YamlNode& node = *state->rule_nodes[i];
    for (size_t t = 0; t < rule.tiers.size(); ++t) {
      notifies |= !rule.tiers[t].notify.empty();
      LintClear(rule.tiers[t], node, out);
      LintNeverClears(rule, rule.tiers[t], node, out);
      LintCompletion(rule.tiers[t].when, TierNode(node, rule.tiers[t], "when"), out);
      if (rule.tiers[t].clear) {
        LintCompletion(*rule.tiers[t].clear, TierNode(node, rule.tiers[t], "clear"), out);
      }
      if (t > 0) {
        LintOrder(rule.tiers[t - 1], rule.tiers[t], node, out);
      }
    }
    LintTargets(rule, node, book.kpis[rule.kpi], kinds, out);
    if (rule.where && book.org.given && !MatchesSomebody(rule, book.org)) {
      out->Warning(node.Get("where")->place, fmt::format("rule '{}' matches nobody", rule.name));
    }
  }
  if (notifies && book.receivers.empty()) {
    out->Warning(state->rule_nodes[0]->place, "rules notify people, but there are no 'receivers'");
  }
}

void LintKpis(LoadState* state) {
  const Rulebook& book = state->book;
  std::map<std::string, KpiIndex> by_meaning;
  for (size_t i = 0; i < book.kpis.size(); ++i) {
    const Kpi& kpi = book.kpis[i];
    const Place& place = state->kpi_nodes[i]->place;
    if (kpi.owner.empty()) {
      state->out.Warning(place, fmt::format("KPI '{}' has no owner", kpi.name));
    }
    const auto [it, inserted] =
        by_meaning.try_emplace(KpiMeaning(kpi, book), static_cast<KpiIndex>(i));
    if (!inserted) {
      state->out.Warning(place, fmt::format("KPI '{}' is defined like KPI '{}'", kpi.name,
                                            book.kpis[it->second].name));
    }
  }
}

// One finding per KPI, at its first target beyond the notices.
void LintCalendars(LoadState* state) {
  const Rulebook& book = state->book;
  std::optional<KpiIndex> told;
  for (size_t i = 0; i < book.targets.size(); ++i) {
    const Target& target = book.targets[i];
    const BusinessCalendar& calendar = book.calendars[book.kpis[target.kpi].calendar];
    if (told != target.kpi && OutlastsCalendar(book, target)) {
      told = target.kpi;
      state->out.Warning(
          state->target_places[i],
          fmt::format("calendar '{}' is known through {}, before the end of {}", calendar.name(),
                      calendar.KnownThrough()->ToString(), calendar.NameOf(target.period)));
    }
  }
}

void MarkReceivers(const Route& route, std::vector<bool>* used) {
  (*used)[route.receiver] = true;
  for (const Route& child : route.routes) {
    MarkReceivers(child, used);
  }
}

// Data alerts tell no person by name.
void LintDataSteward(LoadState* state) {
  const Rulebook& book = state->book;
  if (!book.data_steward) {
    return;
  }
  const Receiver& steward = book.receivers[*book.data_steward];
  const bool to_somebody = std::any_of(steward.email.begin(), steward.email.end(),
                                       [](const EmailConfig& email) { return !email.to.empty(); });
  if (!steward.email.empty() && steward.webhook.empty() && !to_somebody) {
    state->out.Warning(state->receiver_nodes[*book.data_steward]->place,
                       fmt::format("alerts about late data go to receiver '{}', whose e-mail says "
                                   "no 'to'",
                                   steward.name));
  }
}

// A task for a manager where the organisation has none falls back on the owner, or on nobody.
void LintAssignees(LoadState* state) {
  const Org& org = state->book.org;
  const auto has_manager = [](const auto& entry) { return !entry.manager.empty(); };
  if (!org.given || std::any_of(org.units.begin(), org.units.end(), has_manager) ||
      std::any_of(org.people.begin(), org.people.end(), has_manager)) {
    return;
  }
  for (size_t i = 0; i < state->book.playbooks.size(); ++i) {
    const Playbook& playbook = state->book.playbooks[i];
    if (playbook.assignee.steps > 0) {
      const YamlNode* node = state->playbook_nodes[i]->Get("assignee");
      state->out.Warning(
          (node != nullptr ? node : state->playbook_nodes[i])->place,
          fmt::format("the tasks of playbook '{}' are a manager's, and nobody in "
                      "'org' has one: they go to the owner, those of units to nobody",
                      playbook.name));
    }
  }
}

void LintUnused(LoadState* state) {
  const Rulebook& book = state->book;
  if (!book.receivers.empty()) {
    std::vector<bool> used(book.receivers.size());
    MarkReceivers(book.route, &used);
    used[*book.data_steward] = true;
    for (size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) {
        state->out.Warning(state->receiver_nodes[i]->place,
                           fmt::format("no route leads to receiver '{}'", book.receivers[i].name));
      }
    }
  }
  std::vector<bool> opened(book.playbooks.size());
  for (const Rule& rule : book.rules) {
    for (const Tier& tier : rule.tiers) {
      if (tier.open) {
        opened[*tier.open] = true;
      }
    }
  }
  for (size_t i = 0; i < opened.size(); ++i) {
    if (!opened[i]) {
      state->out.Warning(state->playbook_nodes[i]->place,
                         fmt::format("no rule opens playbook '{}'", book.playbooks[i].name));
    }
  }
}

}  // namespace

const YamlNode& TierNode(const YamlNode& rule, const Tier& tier, std::string_view key) {
  const YamlNode* levels = rule.Get("levels");
  const YamlNode* node = levels != nullptr ? levels->Get(LevelName(tier.level)) : nullptr;
  const YamlNode* value = node != nullptr ? node->Get(key) : nullptr;
  return value != nullptr ? *value : rule;
}

bool WhereTakes(const Rule& rule, const Org& org, const Person& person) {
  return !rule.where || rule.where->EvaluateBool([&](uint16_t slot) {
    return lang::Value::Of(slot == kSlotPersonLevel ? std::string_view(person.level)
                           : slot == kSlotPersonId  ? std::string_view(person.id)
                                                    : org.units[person.unit].id);
  });
}

bool WhereTakes(const Rule& rule, const Unit& unit) {
  return !rule.where || rule.where->EvaluateBool(
                            [&](uint16_t) { return lang::Value::Of(std::string_view(unit.id)); });
}

bool AsksForTargets(const Rule& rule, const Kpi& kpi) {
  return kpi.type != KpiType::kVerdict &&
         (rule.period == PeriodKind::kTarget ||
          Reads(rule, {kSlotTarget, kSlotCompletion, kSlotMissStreak, kSlotHitStreak, kSlotExpected,
                       kSlotPaceIndex, kSlotGap, kSlotProjectedCompletion, kSlotRequiredRate}));
}

void Lint(LoadState* state) {
  LintKpis(state);
  LintRules(state);
  LintCalendars(state);
  LintDataSteward(state);
  LintAssignees(state);
  LintReach(state);
  LintUnused(state);
}

}  // namespace kpiwatch
