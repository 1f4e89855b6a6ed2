// A small rulebook with people, and transitions on it, for tests of what leaves the daemon.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

inline void AddPerson(Person person, Rulebook* rulebook) {
  Org& org = rulebook->org;
  org.people_by_id[person.id].push_back(static_cast<PersonIndex>(org.people.size()));
  org.people.push_back(std::move(person));
}

inline void AddUnit(Unit unit, Rulebook* rulebook) {
  Org& org = rulebook->org;
  org.units_by_id[unit.id] = static_cast<UnitIndex>(org.units.size());
  org.units.push_back(std::move(unit));
}

// Units company and east; people u100 (manager, English), u102 and u103 (Chinese), u104 without an
// address; the KPI key_actions by day with the rule actions-slipping, the money KPI revenue with
// week-far-behind; no receivers. The calendar is Asia/Shanghai with plain weekends.
inline Rulebook SampleRulebook() {
  Rulebook rulebook;
  CalendarOptions calendar;
  calendar.name = "cn";
  calendar.zone = absl::FixedTimeZone(8 * 60 * 60);
  calendar.day_close = absl::Hours(20);
  rulebook.calendars.emplace_back(calendar);

  rulebook.org.given = true;
  AddUnit({.id = "company", .name = {.zh = "全国", .en = ""}, .parent = {}, .manager = ""},
          &rulebook);
  AddUnit({.id = "east", .name = {.zh = "华东", .en = "East"}, .parent = 0, .manager = "u100"},
          &rulebook);
  const auto person = [&](std::string id, LocalText name, std::string email, std::string language) {
    Person entry;
    entry.id = std::move(id);
    entry.name = std::move(name);
    entry.unit = 1;
    entry.level = "junior";
    entry.email = std::move(email);
    entry.language = std::move(language);
    AddPerson(std::move(entry), &rulebook);
  };
  person("u100", {.zh = "陈敏", .en = "Chen Min"}, "chenmin@example.com", "en");
  person("u102", {.zh = "王一", .en = "Wang Yi"}, "wangyi@example.com", "zh");
  person("u103", {.zh = "李二", .en = "Li Er"}, "lier@example.com", "zh");
  person("u104", {.zh = "赵四", .en = "Zhao Si"}, "", "zh");

  Kpi actions;
  actions.name = "key_actions";
  actions.title = {.zh = "关键动作", .en = "Key actions"};
  actions.type = KpiType::kVerdict;
  rulebook.kpis.push_back(std::move(actions));
  Kpi revenue;
  revenue.name = "revenue";
  revenue.title = {.zh = "销售额", .en = "Revenue"};
  revenue.currency = "CNY";
  rulebook.kpis.push_back(std::move(revenue));

  Rule slipping;
  slipping.name = "actions-slipping";
  slipping.kpi = 0;
  slipping.labels["team"] = "sales";
  slipping.annotations["summary"] = {
      .zh = "{{ .Subject.Name }} 连续 {{ .MissStreak }} 个工作日关键动作未达标",
      .en = "{{ .Subject.Name }} missed key actions {{ .MissStreak }} working days in a row"};
  slipping.annotations["description"] = {.zh = "请主管与 {{ .Subject.Name }} 当面沟通。\n",
                                         .en = "Sit down with {{ .Subject.Name }}.\n"};
  rulebook.rules.push_back(std::move(slipping));
  Rule behind;
  behind.name = "week-far-behind";
  behind.kpi = 1;
  behind.period = PeriodKind::kWeek;
  rulebook.rules.push_back(std::move(behind));
  return rulebook;
}

// Adds a receiver, returns its index.
inline size_t AddReceiver(std::string name, size_t webhooks, size_t emails, Rulebook* rulebook) {
  Receiver receiver;
  receiver.name = std::move(name);
  for (size_t i = 0; i < webhooks; ++i) {
    WebhookConfig webhook;
    webhook.url = "http://127.0.0.1:1/" + receiver.name;
    receiver.webhook.push_back(std::move(webhook));
  }
  receiver.email.resize(emails);
  rulebook->receivers.push_back(std::move(receiver));
  return rulebook->receivers.size() - 1;
}

// A route to `receiver` for alerts whose label `label` has the value `value`.
inline Route RouteTo(size_t receiver, std::string label, std::string value) {
  Route route;
  route.matchers.push_back({.label = std::move(label), .op = "=", .value = std::move(value)});
  route.receiver = receiver;
  return route;
}

// actions-slipping of u102 on 2026-09-29, sealed at 22:00 in Shanghai; tells u100 and u102. What
// does not begin there began the day before.
inline v1::Transition SampleTransition(v1::Level from, v1::Level to) {
  v1::Transition transition;
  transition.set_id("t-1");
  transition.set_rule("actions-slipping");
  transition.set_subject("person:u102");
  transition.set_kpi("key_actions");
  transition.set_period("2026-09-29");
  transition.set_from_level(from);
  transition.set_to_level(to);
  transition.set_at_unix_ms(
      absl::ToUnixMillis(absl::FromUnixSeconds(1790690400)));  // 2026-09-29T14:00:00Z
  transition.set_reason(v1::REASON_THRESHOLD);
  const bool begins = from == v1::LEVEL_GREEN;
  constexpr int64_t kDayMs = 86'400'000;
  transition.set_active_since_unix_ms(transition.at_unix_ms() - (begins ? 0 : kDayMs));
  if (to != v1::LEVEL_GREEN) {
    transition.set_since(begins ? "2026-09-29" : "2026-09-28");
  }
  transition.add_notified("u100");
  transition.add_notified("u102");
  transition.set_step(1);
  return transition;
}

// Numbers them from `first_seq` on.
inline std::vector<SharedEntry> EntriesOf(const std::vector<v1::Transition>& transitions,
                                          uint64_t first_seq = 1) {
  std::vector<SharedEntry> entries;
  for (const v1::Transition& transition : transitions) {
    v1::OutboxEntry entry;
    entry.set_seq(first_seq++);
    *entry.mutable_transition() = transition;
    entries.emplace_back(std::move(entry));
  }
  return entries;
}

}  // namespace kpiwatch
