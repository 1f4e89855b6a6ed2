#include "daemon/notify/webhook/alert_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "daemon/notify/facts.h"
#include "daemon/notify/text.h"
#include "daemon/rulebook/annotation_template.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace kpiwatch {
namespace {

using Json = nlohmann::ordered_json;

// What Go writes for a time that is not set.
constexpr std::string_view kNoEnd = "0001-01-01T00:00:00Z";

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

absl::Time StartOf(const v1::Transition& transition) {
  const int64_t since = transition.active_since_unix_ms();
  return absl::FromUnixMillis(since == 0 ? transition.at_unix_ms() : since);
}

// Not before the start: an open period's alert may be cleared by an event with an earlier time than
// the one that fired it.
absl::Time EndOf(const v1::Transition& transition) {
  return std::max(StartOf(transition), absl::FromUnixMillis(transition.at_unix_ms()));
}

LabelMap AnnotationsOf(const v1::Transition& transition, const Message& message) {
  LabelMap annotations;
  if (const Rule* rule = FindRule(*message.rulebook, transition.rule()); rule != nullptr) {
    const TemplateValues values = TemplateValuesOf(transition, *message.rulebook, message.language);
    for (const auto& [name, text] : rule->annotations) {
      annotations[name] = RenderTemplate(text.For(message.language), values);
    }
  }
  if (IsResolved(transition)) {  // the rule's texts speak of the condition that fired
    annotations.erase("summary");
    annotations.erase("description");
  }
  const TransitionText text = Describe(transition, *message.rulebook, message.language);
  annotations.try_emplace("level", LevelName(ShownLevel(transition)));
  annotations.try_emplace("reason", ReasonName(transition.reason()));
  annotations.try_emplace("summary", text.headline);
  annotations.try_emplace("description", PlainText(text, message.language));
  return annotations;
}

Json TasksOf(const v1::Transition& transition, std::string_view language) {
  Json tasks = Json::array();
  for (const v1::Task& task : transition.tasks()) {
    tasks.push_back(
        {{"id", task.id()},
         {"playbook", task.playbook()},
         {"title", TaskTitle(task, language)},
         {"assignee", task.assignee()},
         {"due", task.due_unix_ms() == 0 ? "" : TimeText(absl::FromUnixMillis(task.due_unix_ms()))},
         {"checklist", TaskChecklist(task, language)}});
  }
  return tasks;
}

Json CountedOf(const v1::Transition& transition) {
  Json counted = Json::array();
  for (const v1::CountedPeriod& period : transition.counted()) {
    Json entry = {
        {"period", period.period()}, {"value", period.value()}, {"target", period.target()}};
    if (period.has_met()) {
      entry["met"] = period.met();
    }
    counted.push_back(std::move(entry));
  }
  return counted;
}

Json ShortfallsOf(const v1::Transition& transition) {
  Json shortfalls = Json::array();
  for (const v1::Shortfall& shortfall : transition.shortfalls()) {
    shortfalls.push_back({{"kpi", shortfall.kpi()},
                          {"value", shortfall.value()},
                          {"floor", shortfall.floor()},
                          {"short", ShortOf(shortfall)}});
  }
  return shortfalls;
}

Json SkippedOf(const v1::Transition& transition) {
  Json skipped = Json::array();
  for (const v1::SkippedPeriod& period : transition.skipped()) {
    skipped.push_back({{"period", period.period()}, {"reason", period.reason()}});
  }
  return skipped;
}

// Whom `notified` means; who is not in the org any more has his id for a name.
Json NotifiedNamesOf(const v1::Transition& transition, const Message& message) {
  Json names = Json::array();
  for (const std::string& id : transition.notified()) {
    const Person* const person = message.rulebook->org.FindPersonAny(id);
    names.push_back(person == nullptr ? id : person->name.For(message.language));
  }
  return names;
}

// Our own fields of an alert. Numbers are text, so that no reader rounds them.
void AddOwnFields(const v1::Transition& transition, const Message& message, Json* alert) {
  const SubjectFacts subject = DescribeSubject(transition, *message.rulebook);
  const auto level = [](v1::Level value) {
    return LevelName(static_cast<Level>(std::clamp<int>(value, 0, kLevelCount - 1)));
  };
  alert->update({{"id", transition.id()},
                 {"rule", transition.rule()},
                 {"kpi", transition.kpi()},
                 {"subject", transition.subject()},
                 {"subject_name", subject.name.For(message.language)},
                 {"unit", subject.unit},
                 {"level", level(transition.to_level())},
                 {"from_level", level(transition.from_level())},
                 {"at", TimeText(absl::FromUnixMillis(transition.at_unix_ms()))},
                 {"period", transition.period()},
                 {"since", transition.since()},
                 {"reason", ReasonName(transition.reason())},
                 {"never_true", transition.never_true()},
                 {"value", transition.value()},
                 {"target", transition.target()},
                 {"completion", transition.completion()},
                 {"expected", transition.expected()},
                 {"pace_index", transition.pace_index()},
                 {"gap", transition.gap()},
                 {"projection", transition.projection()},
                 {"projected_completion", transition.projected_completion()},
                 {"required_rate", transition.required_rate()},
                 {"max_attainable", transition.max_attainable()},
                 {"back_loading", transition.back_loading()},
                 {"old_value", transition.old_value()},
                 {"old_completion", transition.old_completion()},
                 {"currency", transition.currency()},
                 {"miss_streak", transition.miss_streak()},
                 {"detail", transition.detail()},
                 {"counted", CountedOf(transition)},
                 {"skipped", SkippedOf(transition)},
                 {"notified", std::vector<std::string>(transition.notified().begin(),
                                                       transition.notified().end())},
                 {"notified_names", NotifiedNamesOf(transition, message)},
                 {"shortfalls", ShortfallsOf(transition)},
                 {"tasks", TasksOf(transition, message.language)},
                 {"grant", transition.grant()},
                 {"grant_title", GrantTitle(transition, message.language)},
                 {"cause_event_id", transition.cause_event_id()}});
}

// What all of them have with the same value.
LabelMap CommonOf(const std::vector<LabelMap>& all) {
  LabelMap common = all.empty() ? LabelMap() : all.front();
  for (const LabelMap& one : all) {
    std::erase_if(common, [&](const auto& entry) {
      const auto it = one.find(entry.first);
      return it == one.end() || it->second != entry.second;
    });
  }
  return common;
}

}  // namespace

std::string AlertmanagerJson(const Message& message, std::string_view external_url) {
  std::vector<LabelMap> labels;
  std::vector<LabelMap> annotations;
  Json alerts = Json::array();
  bool firing = false;
  for (const v1::Transition* transition : message.transitions) {
    const bool resolved = IsResolved(*transition);
    firing = firing || !resolved;
    annotations.push_back(AnnotationsOf(*transition, message));
    for (AlertName& name : NamesOf(*transition, *message.rulebook)) {
      Json alert = {{"status", resolved ? "resolved" : "firing"},
                    {"labels", name.labels},
                    {"annotations", annotations.back()},
                    {"startsAt", TimeText(StartOf(*transition))},
                    {"endsAt", resolved ? TimeText(EndOf(*transition)) : std::string(kNoEnd)},
                    {"generatorURL",
                     external_url.empty() ? "" : fmt::format("{}/api/v1/alerts", external_url)},
                    {"fingerprint", name.fingerprint}};
      AddOwnFields(*transition, message, &alert);
      alerts.push_back(std::move(alert));
      labels.push_back(std::move(name.labels));
    }
  }
  const Json body = {{"version", "4"},
                     {"groupKey", fmt::format("{{}}/{{receiver=\"{}\"}}:{{}}", message.receiver)},
                     {"truncatedAlerts", 0},
                     {"status", firing ? "firing" : "resolved"},
                     {"receiver", message.receiver},
                     {"groupLabels", Json::object()},
                     {"commonLabels", CommonOf(labels)},
                     {"commonAnnotations", CommonOf(annotations)},
                     {"externalURL", external_url},
                     {"alerts", std::move(alerts)},
                     {"idempotency_key", message.idempotency_key}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kpiwatch
