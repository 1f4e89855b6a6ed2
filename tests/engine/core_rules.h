// The rule file that the tests of the core share.
#pragma once

namespace kpiwatch {

inline constexpr char kRules[] = R"(
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
    - id: u102
      name: 王一
      unit: east
      level: junior
      to: 2026-11-10
      leave: [{from: 2026-11-05, to: 2026-11-06}]
    - {id: u103, name: 李二, unit: east, level: junior}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
  - {name: actions, owner: ops, type: verdict, all_of: [touches], calendar: cn,
     floors: {junior: [2]}}
targets:
  - {kpi: revenue, person: u103, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W47, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W48, target: 100 CNY}
rules:
  - name: slipping
    kpi: actions
    for_each: person
    where: person.id == "u102"
    period: day
    evaluate: on_close
    levels:
      yellow: {when: miss_streak >= 2, notify: [owner, manager]}
      orange: {when: miss_streak >= 3, notify: [owner, manager], open: talk, grant: senior_assist}
  - name: week
    kpi: revenue
    for_each: person
    period: week
    evaluate: on_close
    levels:
      red: {when: completion < 40%, clear: completion >= 45%, notify: [manager, manager+1]}
playbooks:
  - {name: talk, title: 主管一对一沟通, assignee: manager, due: 1wd}
)";

}  // namespace kpiwatch
