// The rule file and the readers of transitions that the tests of what is told share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_replace.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {

inline constexpr char kToldRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: 全国, manager: boss}
    - {id: east, name: 华东, parent: company, manager: u100}
  people:
    - {id: boss, name: 老板, unit: company, level: chief}
    - {id: u100, name: 主管, unit: east, level: chief}
    - {id: u102, name: 王一, unit: east, level: junior}
    - {id: u103, name: 李二, unit: east, level: mid}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u102, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, person: u102, period: 2026-W47, target: 100 CNY}
  - {kpi: revenue, person: u102, period: 2026-W48, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W47, target: 100 CNY}
rules:
  - name: week
    kpi: revenue
    for_each: person
    where: person.level == "junior"
    period: week
    evaluate: on_close
    levels:
      yellow: {when: completion < 70%, clear: completion >= 70%, notify: [owner], via: [email]}
      red: {when: completion < 40%, clear: completion >= 45%, notify: [manager], via: [webhook],
            open: talk}
    labels: {team: x}
playbooks:
  - {name: talk, title: 主管一对一沟通, assignee: manager, due: 1wd}
receivers:
  - {name: root, webhook: [{url: "http://127.0.0.1:1/root"}]}
  - {name: teamx, webhook: [{url: "http://127.0.0.1:1/x"}]}
  - {name: teamy, webhook: [{url: "http://127.0.0.1:1/y"}]}
route:
  receiver: root
  routes:
    - {matchers: ['team="x"'], receiver: teamx}
    - {matchers: ['team="y"'], receiver: teamy}
)";

inline std::string Edited(std::string_view from, std::string_view to,
                          std::string_view rules = kToldRules) {
  std::string edited(rules);
  EXPECT_EQ(absl::StrReplaceAll({{std::string(from), std::string(to)}}, &edited), 1) << from;
  return edited;
}

// As log() of the driver, with the reason for not sending it, and without rule and subject.
inline std::vector<std::string> Log(const CoreDriver& driver) {
  std::vector<std::string> lines;
  for (const v1::Transition& t : driver.transitions()) {
    lines.push_back(t.period() + " " + std::string(LevelName(static_cast<Level>(t.from_level()))) +
                    ">" + std::string(LevelName(static_cast<Level>(t.to_level()))) + " " +
                    v1::Reason_Name(t.reason()).substr(7) +
                    (t.not_sent_reason().empty() ? "" : " " + t.not_sent_reason()));
  }
  return lines;
}

inline std::vector<std::string> Notified(const v1::Transition& t) {
  return {t.notified().begin(), t.notified().end()};
}
inline std::vector<std::string> Via(const v1::Transition& t) {
  return {t.via().begin(), t.via().end()};
}
inline std::vector<std::string> Receivers(const v1::Transition& t) {
  return {t.receivers().begin(), t.receivers().end()};
}

}  // namespace kpiwatch
