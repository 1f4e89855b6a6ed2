#include "daemon/notify/facts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "daemon/base/hash.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// The person's entry as it was when the period ended, else the latest one.
const Person* PersonOf(std::string_view id, const v1::Transition& transition,
                       const Rulebook& rulebook) {
  const std::optional<KpiIndex> kpi = rulebook.FindKpi(transition.kpi());
  if (kpi.has_value() && transition.period_end_unix_ms() != 0) {
    const BusinessCalendar& calendar = rulebook.calendars[rulebook.kpis[*kpi].calendar];
    const Day day = calendar.DayOf(absl::FromUnixMillis(transition.period_end_unix_ms() - 1));
    if (const Person* person = rulebook.org.FindPerson(id, day); person != nullptr) {
      return person;
    }
  }
  return rulebook.org.FindPersonAny(id);
}

std::string FingerprintOf(const v1::Transition& transition, bool by_period) {
  const Hash128 hash = HashOf({transition.rule(), transition.subject(),
                               by_period ? std::string_view(transition.period()) : ""});
  return fmt::format("{:016x}", hash.high);
}

void SetUnit(const Unit& unit, SubjectFacts* facts) {
  facts->unit = unit.id;
  facts->unit_name = unit.name;
}

}  // namespace

std::string_view ReasonName(v1::Reason reason) {
  switch (reason) {
    case v1::REASON_THRESHOLD:
      return "threshold";
    case v1::REASON_RESTATED:
      return "restated";
    case v1::REASON_PERIOD_CLOSED:
      return "period_closed";
    case v1::REASON_RULE_REMOVED:
      return "rule_removed";
    case v1::REASON_RULE_CHANGED:
      return "rule_changed";
    case v1::REASON_DATA_LATE:
      return "data_late";
    case v1::REASON_DATA_COMPLETE:
      return "data_complete";
    case v1::REASON_UNKNOWN_OWNER:
      return "unknown_owner";
    case v1::REASON_NO_LONGER_COVERED:
      return "no_longer_covered";
    default:
      return "unspecified";
  }
}

bool IsDataAlert(const v1::Transition& transition) {
  return transition.reason() == v1::REASON_DATA_LATE ||
         transition.reason() == v1::REASON_DATA_COMPLETE ||
         transition.reason() == v1::REASON_UNKNOWN_OWNER;
}

bool IsResolved(const v1::Transition& transition) {
  return transition.to_level() == v1::LEVEL_GREEN;
}

Level ShownLevel(const v1::Transition& transition) {
  const int level = IsResolved(transition) ? transition.from_level() : transition.to_level();
  return static_cast<Level>(std::clamp(level, 0, kLevelCount - 1));
}

SubjectFacts DescribeSubject(const v1::Transition& transition, const Rulebook& rulebook) {
  SubjectFacts facts;
  const std::string_view subject = transition.subject();
  const size_t colon = subject.find(':');
  facts.kind = colon == std::string_view::npos ? "" : subject.substr(0, colon);
  facts.id = colon == std::string_view::npos ? subject : subject.substr(colon + 1);
  if (facts.kind == "person") {
    if (const Person* person = PersonOf(facts.id, transition, rulebook); person != nullptr) {
      facts.name = person->name;
      if (person->unit < rulebook.org.units.size()) {
        SetUnit(rulebook.org.units[person->unit], &facts);
      }
    }
  } else if (facts.kind == "unit") {
    facts.unit = facts.id;
    if (const auto unit = rulebook.org.FindUnit(facts.id); unit.has_value()) {
      SetUnit(rulebook.org.units[*unit], &facts);
      facts.name = facts.unit_name;
    }
  }
  if (facts.name.zh.empty() && facts.name.en.empty()) {
    facts.name = {.zh = facts.id, .en = facts.id};
  }
  return facts;
}

const Rule* FindRule(const Rulebook& rulebook, std::string_view name) {
  const auto it = std::find_if(rulebook.rules.begin(), rulebook.rules.end(),
                               [name](const Rule& rule) { return rule.name == name; });
  return it == rulebook.rules.end() ? nullptr : &*it;
}

std::string FingerprintOf(const v1::Transition& transition, const Rulebook& rulebook) {
  if (transition.told_as_size() > 0) {
    return FingerprintOf(transition, transition.told_as().rbegin()->by_period());
  }
  const Rule* const rule = FindRule(rulebook, transition.rule());
  return FingerprintOf(transition, rule != nullptr && (rule->evaluate != EvaluateMode::kOnClose ||
                                                       rule->period == PeriodKind::kTarget));
}

LabelMap LabelsOf(const v1::Transition& transition, const Rulebook& rulebook) {
  return std::move(LabelsAtLevel(transition, rulebook, ShownLevel(transition)).back());
}

std::vector<LabelMap> LabelsAtLevel(const v1::Transition& transition, const Rulebook& rulebook,
                                    Level level) {
  std::vector<LabelMap> all;
  for (const v1::ToldAs& as : transition.told_as()) {
    LabelMap& labels = all.emplace_back(as.labels().begin(), as.labels().end());
    labels["kpi"] = as.kpi();
  }
  if (all.empty()) {
    LabelMap& labels = all.emplace_back();
    if (const Rule* rule = FindRule(rulebook, transition.rule()); rule != nullptr) {
      labels.insert(rule->labels.begin(), rule->labels.end());
    }
    labels["kpi"] = transition.kpi();
  }
  const std::string unit = DescribeSubject(transition, rulebook).unit;
  for (LabelMap& labels : all) {
    labels["alertname"] = transition.rule();
    labels["level"] = LevelName(level);
    labels["subject"] = transition.subject();
    labels["unit"] = unit;
    labels["reason"] = ReasonName(transition.reason());
    std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  }
  return all;
}

std::vector<AlertName> NamesOf(const v1::Transition& transition, const Rulebook& rulebook) {
  std::vector<AlertName> names;
  for (LabelMap& labels : LabelsAtLevel(transition, rulebook, ShownLevel(transition))) {
    labels.erase("level");
    labels.erase("reason");
    const auto way = static_cast<int>(names.size());
    names.push_back(
        {std::move(labels), transition.told_as_size() > 0
                                ? FingerprintOf(transition, transition.told_as(way).by_period())
                                : FingerprintOf(transition, rulebook)});
    const bool period_named = transition.told_as_size() > 0 ? transition.told_as(way).period_named()
                                                            : transition.period_named();
    if (period_named) {
      names.back().labels["period"] = transition.period();
    }
  }
  return names;
}

}  // namespace kpiwatch
