// Findings that are no mistakes.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Base(std::string_view rest) {
  return "kpis: [{name: k, owner: o, event: x, measure: count()}]\n" + std::string(rest);
}

TEST(Lint, WarningsDoNotRefuse) {
  const LoadResult result = LoadText("kpis: [{name: k, event: x, measure: count()}]");
  EXPECT_THAT(Warnings(result), ElementsAre("1:8: KPI 'k' has no owner"));
  EXPECT_NE(result.rulebook, nullptr);
  EXPECT_EQ(result.diagnostics[0].ToString(), "r.yaml:1:8: warning: KPI 'k' has no owner");
}

TEST(Lint, SaysWhenTwoKpisAreOne) {
  EXPECT_THAT(Warnings(LoadText("kpis:\n  - {name: a, owner: o, event: x, measure: count()}\n"
                                "  - {name: b, owner: o, event: x, measure: count()}\n")),
              ElementsAre("3:5: KPI 'b' is defined like KPI 'a'"));
}

TEST(Lint, SaysWhenLevelsAreOutOfOrder) {
  EXPECT_THAT(Warnings(LoadText(Base("rules:\n  - name: r\n    kpi: k\n    levels:\n"
                                     "      yellow: {when: value < 4}\n"
                                     "      red: {when: value < 8}\n"))),
              ElementsAre("7:19: levels are out of order: yellow is 'value < 4', but red is "
                          "'value < 8'"));
  EXPECT_THAT(
      Warnings(LoadText(Base("rules: [{name: r, kpi: k, levels: {yellow: {when: value > 4}, "
                             "orange: {when: value > 6}, red: {when: 8 < value}}}]"))),
      IsEmpty());
}

TEST(Lint, SaysWhenAClearLiesInsideItsTrigger) {
  const auto warnings = [](std::string_view when, std::string_view clear) {
    return Warnings(LoadText(Base("rules: [{name: r, kpi: k, levels: {red: {when: " +
                                  std::string(when) + ", clear: " + std::string(clear) + "}}}]")));
  };
  EXPECT_THAT(warnings("value < 40", "value >= 35"),
              ElementsAre("2:67: 'clear: value >= 35' can hold together with 'when: value < 40'"));
  EXPECT_THAT(warnings("value < 40", "value < 45"), testing::SizeIs(1));
  EXPECT_THAT(warnings("value <= 40", "value >= 40"), testing::SizeIs(1));
  EXPECT_THAT(warnings("value < 40", "value >= 40"), IsEmpty());
  EXPECT_THAT(warnings("value > 40", "value < 30"), IsEmpty());
  EXPECT_THAT(warnings("value > 40", "value < 50"), testing::SizeIs(1));
}

TEST(Lint, SaysWhenARuleAsksForTargetsThatAreNotThere) {
  constexpr std::string_view kRule =
      "rules: [{name: r, kpi: k, period: week, levels: {red: {when: miss_streak >= 2}}}]\n";
  EXPECT_THAT(Warnings(LoadText(Base(kRule))),
              ElementsAre("2:9: rule 'r' asks for targets, but KPI 'k' has none of a person with a "
                          "week"));
  EXPECT_THAT(Warnings(LoadText(Base(std::string(kRule) + "targets: [{kpi: k, person: u, "
                                                          "period: 2026-W40, target: 1}]"))),
              IsEmpty());
  EXPECT_THAT(Warnings(LoadText(Base(std::string(kRule) + "targets: [{kpi: k, person: u, "
                                                          "period: 2026-09, target: 1}]"))),
              testing::SizeIs(1));
}

TEST(Lint, SaysWhenARuleMatchesNobody) {
  constexpr std::string_view kRule =
      "org: {people: [{id: u1, level: mid}]}\n"
      "rules: [{name: r, kpi: k, where: person.level == 'junior', levels: {red: {when: value < "
      "2}}}]";
  EXPECT_THAT(Warnings(LoadText(Base(kRule))), ElementsAre("3:34: rule 'r' matches nobody"));
}

TEST(Lint, SaysWhenACalendarEndsBeforeATarget) {
  const std::string calendar = "calendars: [{name: cn, holidays: rules/calendars/cn-2026.yaml}]\n";
  const LoadResult result =
      LoadText(calendar +
               "kpis: [{name: k, owner: o, event: x, measure: count()}]\ntargets:\n"
               "  - {kpi: k, person: u, period: 2026, target: 1}\n"
               "  - {kpi: k, person: u, period: 2027, target: 1}\n"
               "  - {kpi: k, person: u, period: 2028, target: 1}\n");
  EXPECT_THAT(
      Warnings(result),
      ElementsAre("5:5: calendar 'cn' is known through 2026-12-31, before the end of 2027"));
}

TEST(Lint, SaysWhatNothingLeadsTo) {
  EXPECT_THAT(
      Warnings(LoadText("playbooks: [{name: p}]\nreceivers: [{name: a}, {name: b}]\n")),
      ElementsAre("1:13: no rule opens playbook 'p'", "2:24: no route leads to receiver 'b'"));
  EXPECT_THAT(Warnings(LoadText(Base("rules: [{name: r, kpi: k, levels: "
                                     "{red: {when: value < 2, notify: [owner]}}}]"))),
              ElementsAre("2:9: rules notify people, but there are no 'receivers'"));
}

TEST(Lint, TasksOfManagersWhereNobodyHasOne) {
  const std::string org = "org: {units: [{id: company}], people: [{id: u1, unit: company}]}\n";
  const std::string playbook = "playbooks: [{name: p, assignee: manager}]\n";
  EXPECT_THAT(Warnings(LoadText(org + playbook)),
              Contains(HasSubstr("2:33: the tasks of playbook 'p' are a manager's")));
  EXPECT_THAT(Warnings(LoadText("org: {units: [{id: company, manager: u1}], people: [{id: u1, "
                                "unit: company}]}\n" +
                                playbook)),
              Not(Contains(HasSubstr("are a manager's"))));
}

TEST(Lint, SaysWhenLateDataIsToldToNobody) {
  const auto warnings = [](std::string_view to) {
    return Warnings(LoadText("receivers:\n  - name: all\n    email: {smarthost: 'm:25', from: a@b" +
                             std::string(to) + "}\nroute: {receiver: all}\n"));
  };
  EXPECT_THAT(warnings(""), ElementsAre("2:5: alerts about late data go to receiver 'all', whose "
                                        "e-mail says no 'to'"));
  EXPECT_THAT(warnings(", to: data@b"), ElementsAre());
}

TEST(Lint, SaysWhenACompletionIsWrittenWithoutItsPercentSign) {
  const auto warnings = [](const std::string& when) {
    return Warnings(
        LoadText(Base("targets: [{kpi: k, person: u, period: 2026-W36, target: 5}]\n"
                      "rules:\n  - name: r\n    kpi: k\n    period: week\n"
                      "    levels:\n      red: {when: " +
                      when + "}\n")));
  };
  EXPECT_THAT(warnings("completion < 40"),
              ElementsAre("8:19: 'completion < 40' is always true: completion is a ratio, and 40 "
                          "is 4000 %; did you mean 40%?"));
  EXPECT_THAT(warnings("120 <= completion"),
              ElementsAre("8:19: '120 <= completion' is hardly ever true: completion is a ratio, "
                          "and 120 is 12000 %; did you mean 120%?"));
  EXPECT_THAT(warnings("completion < 40%"), IsEmpty());
  EXPECT_THAT(warnings("completion < 4000%"), IsEmpty());
  EXPECT_THAT(warnings("completion > 1.5"), IsEmpty());
  EXPECT_THAT(warnings("value < 40"), IsEmpty());
}

// Who is above 90 % of the target without reaching it ends no alert that stands for being above
// 90 %: only met periods clear by clear_after, and those are above it as well.
TEST(Lint, SaysWhenAnAlertCouldNeverClear) {
  const auto warnings = [](const std::string& tier, const std::string& more = "period: week") {
    return Warnings(
        LoadText(Base("targets: [{kpi: k, person: u, period: 2026-W36, target: 5},"
                      " {kpi: k, person: u, from: 2026-08-01, to: 2026-09-01, target: 5}]\n"
                      "rules:\n  - name: r\n    kpi: k\n    " +
                      more + "\n    levels:\n      red: {" + tier + "}\n")));
  };
  EXPECT_THAT(
      warnings("when: completion > 90%"),
      ElementsAre(
          "8:19: 'completion > 90%' never clears: without 'clear' a level ends after periods "
          "that met their target ('clear_after: 2'), and of those it holds true; "
          "write a line such as 'clear: completion <= 90%'"));
  EXPECT_THAT(warnings("when: 100% <= completion"),
              ElementsAre(HasSubstr("'clear: completion < 100%'")));
  EXPECT_THAT(warnings("when: completion > 100%"), IsEmpty()) << "at 100 % it is met and false";
  EXPECT_THAT(warnings("when: completion >= 120%"), IsEmpty());
  EXPECT_THAT(warnings("when: completion > 90%, clear: completion <= 90%"), IsEmpty());
  EXPECT_THAT(warnings("when: completion < 90%"), IsEmpty());
  EXPECT_THAT(warnings("when: value > 3"), IsEmpty());
  EXPECT_THAT(warnings("when: completion > 90%", "period: week\n    evaluate: intraday"),
              IsEmpty());
  EXPECT_THAT(warnings("when: completion > 90%", "period: target"), IsEmpty())
      << "it ends with the next target";
}

TEST(Lint, SaysWhenBoundsAreOutOfOrder) {
  EXPECT_THAT(Warnings(LoadText(Base("targets: [{kpi: k, person: u, period: 2026, target: 5, "
                                     "floor: 6}]"))),
              ElementsAre("2:11: 'floor', 'target' and 'stretch' should rise for a KPI whose "
                          "direction is up"));
}

}  // namespace
}  // namespace kpiwatch
