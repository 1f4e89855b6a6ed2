#include "daemon/api/prometheus_json.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kpiwatch {
namespace {

std::string_view StateName(AlertState state) {
  switch (state) {
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
  }
  return "inactive";
}

std::string_view HealthName(RuleHealth health) {
  switch (health) {
    case RuleHealth::kUnknown:
      return "unknown";
    case RuleHealth::kOk:
      return "ok";
    case RuleHealth::kError:
      return "err";
  }
  return "unknown";
}

Json Labels(const LabelMap& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) {
    json[name] = value;
  }
  return json;
}

// Our names win over the rule's own labels.
Json TierLabels(const LabelMap& labels, const std::string& kpi, Level level) {
  Json json = Labels(labels);
  if (!kpi.empty()) {
    json["kpi"] = kpi;
  }
  json["level"] = LevelName(level);
  return json;
}

// Printable bytes as they are; the rest as \xNN.
std::string Preview(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t') {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      text += c;
    }
  }
  return text;
}

Json TimeOrNull(absl::Time time) {
  return time == absl::InfinitePast() ? Json(nullptr) : Json(JsonTime(time));
}

}  // namespace

Json AlertJson(const AlertView& alert) {
  Json labels = TierLabels(alert.labels, alert.kpi, alert.level);
  labels["alertname"] = alert.rule;
  labels["subject"] = alert.subject;
  return {
      {"labels", std::move(labels)},
      {"annotations", Labels(alert.annotations)},
      {"state", StateName(alert.state)},
      {"activeAt", JsonTime(alert.active_at)},
      {"value", alert.value},
      {"level", LevelName(alert.level)},
      {"target", alert.target},
      {"completion", alert.completion},
      {"period", alert.period},
      {"subjectName", {{"zh", alert.subject_name.For("zh")}, {"en", alert.subject_name.For("en")}}},
  };
}

Json TierJson(const RuleView& rule, const TierView& tier, const AlertPage& alerts) {
  Json standing = Json::array();
  for (const AlertView& alert : alerts.alerts) {
    if (alert.rule == rule.name && alert.level == tier.level) {
      standing.push_back(AlertJson(alert));
    }
  }
  const auto found = alerts.states.find({rule.name, tier.level});
  const AlertState state = found == alerts.states.end() ? AlertState::kInactive : found->second;
  return {
      {"state", StateName(state)},
      {"name", rule.name},
      {"query", tier.query},
      {"duration", 0},
      {"keepFiringFor", 0},
      {"labels", TierLabels(rule.labels, rule.kpi, tier.level)},
      {"annotations", Labels(rule.annotations)},
      {"alerts", std::move(standing)},
      {"health", HealthName(rule.health)},
      {"lastError", rule.last_error},
      {"evaluationTime", absl::ToDoubleSeconds(rule.evaluation_time)},
      {"lastEvaluation", JsonTime(rule.last_evaluation)},
      {"type", "alerting"},
      {"level", LevelName(tier.level)},
      {"kpi", rule.kpi},
      {"evaluate", EvaluateModeName(rule.evaluate)},
      {"period", PeriodKindName(rule.period)},
  };
}

Json SourceJson(const SourceView& source) {
  Json partitions = Json::array();
  for (const PartitionView& partition : source.partitions) {
    const bool known = partition.end >= 0;
    partitions.push_back({
        {"topic", partition.topic},
        {"partition", partition.partition},
        {"position", partition.position},
        {"end", known ? Json(partition.end) : Json(nullptr)},
        {"lag",
         known ? Json(std::max<int64_t>(0, partition.end - partition.position)) : Json(nullptr)},
        {"failed", partition.failed},
        {"error", partition.error},
    });
  }
  const bool stopped = std::any_of(source.partitions.begin(), source.partitions.end(),
                                   [](const PartitionView& p) { return p.failed; });
  return {
      {"name", source.name},
      {"kind", source.kind},
      {"health", source.error.empty() && !stopped ? "ok" : "err"},
      {"lastError", source.error},
      {"completeUntil", TimeOrNull(source.complete_until)},
      {"lateSince",
       source.late_since.has_value() ? Json(JsonTime(*source.late_since)) : Json(nullptr)},
      {"lateDay", source.late_day.empty() ? Json(nullptr) : Json(source.late_day)},
      {"partitions", std::move(partitions)},
  };
}

Json DeadLetterJson(const DeadLetterView& letter) {
  return {
      {"number", letter.number},    {"source", letter.source},
      {"topic", letter.topic},      {"partition", letter.partition},
      {"offset", letter.offset},    {"reason", letter.reason},
      {"message", letter.message},  {"time", TimeOrNull(letter.time)},
      {"key", Preview(letter.key)}, {"value", Preview(letter.value)},
  };
}

}  // namespace kpiwatch
