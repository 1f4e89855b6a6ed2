// Rule files of the tests that need a calendar, a KPI and a rule, and little beside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kpiwatch {

// KPIs: activities completed; orders confirmed, in CNY; both of their owner.
inline constexpr char kTouches[] =
    "{name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(), "
    "subject: data.owner_id, calendar: cn}";
inline constexpr char kRevenue[] =
    "{name: revenue, owner: ops, type: simple, event: erp.order.confirmed, "
    "measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}";

// The verdict "actions": juniors need `floor` touches a day.
inline std::string Actions(int floor) {
  return "{name: actions, owner: ops, type: verdict, all_of: [touches], calendar: cn, "
         "floors: {junior: [" +
         std::to_string(floor) + "]}}";
}

// `entry` with further keys, such as "sources: [crm]".
inline std::string With(std::string_view entry, std::string_view keys) {
  return "{" + std::string(keys) + ", " + std::string(entry.substr(1));
}

// A rule on the closed days of persons; `levels` is what stands in its braces.
inline std::string DayRule(std::string_view name, std::string_view kpi, std::string_view levels) {
  return "{name: " + std::string(name) + ", kpi: " + std::string(kpi) +
         ", for_each: person, period: day, evaluate: on_close, levels: {" + std::string(levels) +
         "}}";
}

// Entries of the sections, each a YAML mapping in braces.
struct RuleEntries {
  std::vector<std::string> units = {"{id: company, name: 全国}"};
  std::vector<std::string> people = {};  // nobody: there is no org
  std::vector<std::string> kpis = {kTouches};
  std::vector<std::string> targets = {};
  std::vector<std::string> rules = {};
};

// The file: these entries, and the calendar "cn" of Asia/Shanghai, whose days close at 20:00 and
// are judged from 22:00 on.
inline std::string RuleText(const RuleEntries& entries) {
  std::string text =
      "calendars:\n"
      "  - {name: cn, time_zone: Asia/Shanghai, day_close: \"20:00\", grace: 2h}\n";
  const auto section = [&text](std::string_view name, const std::vector<std::string>& list) {
    if (!list.empty()) {
      text += std::string(name) + ":\n";
      for (const std::string& entry : list) {
        text += "    - " + entry + "\n";
      }
    }
  };
  if (!entries.people.empty()) {
    text += "org:\n";
    section("  units", entries.units);
    section("  people", entries.people);
  }
  section("kpis", entries.kpis);
  section("targets", entries.targets);
  section("rules", entries.rules);
  return text;
}

}  // namespace kpiwatch
