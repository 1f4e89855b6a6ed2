#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "daemon/kpictl/scenario_file.h"
#include "daemon/kpictl/scenario_run.h"
#include "daemon/kpictl/scenario_time.h"
#include "daemon/kpictl/test_command.h"
#include "tests/kpictl/command_fixture.h"
#include "tests/testing/cn_calendar.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;

// As if it lay beside the project's own scenarios.
ScenarioFileResult Load(const std::string& tests) {
  const SourceFile source{"tests/scenarios/made_up.yaml",
                          "rule_files: [rules/sales.yaml, rules/org.yaml]\n"
                          "calendar_start: 2026-09-07T00:00\n" +
                              tests};
  return LoadScenarioFile(source);
}

std::string Messages(const ScenarioFileResult& result) {
  std::string all;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    all += diagnostic.warning ? "" : diagnostic.ToString() + "\n";
  }
  return all;
}

TEST(ScenarioTimeTest, ReadsTimesWithAndWithoutZone) {
  const absl::TimeZone shanghai = ZoneOf("Asia/Shanghai");
  const auto at = [&](std::string_view text) {
    const auto time = ParseMoment(text, shanghai);
    return time ? absl::FormatTime("%Y-%m-%dT%H:%M:%E*S", *time, absl::UTCTimeZone()) : "none";
  };
  EXPECT_EQ(at("2026-09-28T09:00"), "2026-09-28T01:00:00");
  EXPECT_EQ(at("2026-09-28"), "2026-09-27T16:00:00");
  EXPECT_EQ(at("2026-09-28T09:00:01.5+02:00"), "2026-09-28T07:00:01.5");
  EXPECT_EQ(at("2026-09-28T09:00Z"), "2026-09-28T09:00:00");
  for (const char* wrong : {"", " 2026-09-28", "2026-09-28 ", "2026-02-30", "2026-09-28T25:00",
                            "infinite-future", "09:00", "2026-09-28T09:00 o'clock"}) {
    EXPECT_EQ(at(wrong), "none") << wrong;
  }
}

TEST(ScenarioFileTest, ReportsEveryMistakeWithItsPlace) {
  const std::string found = Messages(Load(R"(
tests:
  - name: one
    events:
      - {at: "tomorrow", type: a.b}
      - {typ: a.b, at: "2026-09-07"}
    expect:
      - {at: "2026-09-08", alert: sliping, subject: u102, level: yelow}
      - {at: "2026-09-08", between: ["2026-09-08", "2026-09-09"], no_alerts: true}
      - {between: ["2026-09-09", "2026-09-08"], no_alerts: true}
      - {at: "2026-09-08", alert: slipping, level: red, no_alerts: true}
      - {at: "2026-09-08", alert: slipping, reason: restatd}
      - {at: "2026-09-08"}
)"));
  EXPECT_THAT(found, HasSubstr("tests/scenarios/made_up.yaml:7:14: key 'at' is 'tomorrow'"));
  EXPECT_THAT(found, HasSubstr("made_up.yaml:8:10: an event: unknown key 'typ'"));
  EXPECT_THAT(found, HasSubstr("unknown rule 'sliping'; did you mean 'slipping'?"));
  EXPECT_THAT(found, HasSubstr("expected green, yellow, orange or red"));
  EXPECT_THAT(found, HasSubstr("needs either 'at' or 'between'"));
  EXPECT_THAT(found, HasSubstr("[from, to): to is not included"));
  EXPECT_THAT(found, HasSubstr("'no_alerts' does not go with level"));
  EXPECT_THAT(found, HasSubstr("unknown reason 'restatd'; did you mean 'restated'?"));
  EXPECT_THAT(found, HasSubstr("needs 'level', 'notified', 'reason', 'due' or"));
}

// What would hold whatever the rules do.
TEST(ScenarioFileTest, NamesThatNothingAnswersToAreMistakes) {
  const std::string found = Messages(Load(R"(
tests:
  - name: one
    events:
      - {at: "2026-09-07T10:00", type: crm.activity.complted, data: {owner_id: u102}}
      - {at: "2026-09-07T10:00", type: crm.activity.completed, data: {ownr_id: u102}}
      - {at: "2026-09-07T10:00", type: crm.activity.completed}
      - {at: "2026-09-07T10:00", type: com.acme.crm.activity.completed.v1, data: {owner_id: ""}}
      - {at: "2026-09-07T10:00", type: sys.source.heartbeat, data: {}}
    expect:
      - {at: "2026-09-08", alert: slipping, subject: u1O2, level: green}
      - {at: "2026-09-08", subject: "unit:est", no_alerts: true}
      - {at: "2026-09-08", subject: "person:unassigned", no_alerts: true}
      - {at: "2026-09-08", alert: data-late, subject: "source:test", level: green}
      - {at: "2026-09-08", alert: data-late, subject: "source:tst", level: green}
)"));
  EXPECT_EQ(found,
            "tests/scenarios/made_up.yaml:7:40: no KPI takes events of type "
            "'crm.activity.complted'; did you mean 'crm.activity.completed'?\n"
            "tests/scenarios/made_up.yaml:8:71: no KPI reads its subject from 'data.ownr_id'; did "
            "you mean 'data.owner_id'?\n"
            "tests/scenarios/made_up.yaml:9:9: an event of type 'crm.activity.completed' needs "
            "'data.owner_id', from which the KPIs that take it read their subject (empty: "
            "nobody's)\n"
            "tests/scenarios/made_up.yaml:13:54: unknown subject 'u1O2'; did you mean 'u102'?\n"
            "tests/scenarios/made_up.yaml:14:37: unknown subject 'unit:est'; did you mean "
            "'unit:east'?\n"
            "tests/scenarios/made_up.yaml:17:55: unknown subject 'source:tst'; did you mean "
            "'source:test'?\n");
}

TEST(ScenarioFileTest, AMomentBehindWhatIsCompleteIsAMistake) {
  const auto messages = [](std::string_view expectations) {
    return Messages(Load(R"(
tests:
  - name: one
    complete_until: "2026-09-09T00:00"
    expect:
)" + std::string(expectations)));
  };
  const std::string green = R"(alert: slipping, subject: u102, level: green})";
  EXPECT_EQ(messages(R"(      - {at: "2026-09-09T21:59", )" + green), "");
  EXPECT_THAT(
      messages(R"(      - {at: "2026-09-09T22:00", )" + green),
      HasSubstr("made_up.yaml:8:14: 'complete_until' ends before 2026-09-09 closes, so that "
                "'slipping' cannot judge that day by then"));
  EXPECT_THAT(messages(R"(      - {between: ["2026-09-07", "2026-09-10"], no_alerts: true})"),
              HasSubstr("made_up.yaml:8:19: 'complete_until' ends before 2026-09-09 closes"));
  EXPECT_EQ(messages(R"(      - {between: ["2026-09-07", "2026-09-09T22:00"], no_alerts: true})"),
            "");
  EXPECT_EQ(messages(R"(      - {at: "2026-09-09T22:00", )" + green + R"(
      - {at: "2026-09-09T22:00", alert: data-late, level: orange})"),
            "");
}

TEST(ScenarioFileTest, MistakesOfTheRuleFilesAreItsOwn) {
  const SourceFile source{"tests/scenarios/made_up.yaml",
                          "rule_files: [rules/nothing-*.yaml]\ncalendar_start: 2026-09-07\n"
                          "tests: []\n"};
  EXPECT_THAT(Messages(LoadScenarioFile(source)), HasSubstr("made_up.yaml:1:"));
}

TEST(ScenarioFileTest, NoYamlIsADiagnostic) {
  const SourceFile source{"x.yaml", "tests: [\n"};
  const ScenarioFileResult result = LoadScenarioFile(source);
  EXPECT_FALSE(result.file.has_value());
  EXPECT_FALSE(result.diagnostics.empty());
}

// A scenario that holds, and variants of its expectations that must not.
constexpr std::string_view kMissedTwice = R"(
tests:
  - name: missed twice
    events: []
    complete_until: "2026-09-09T00:00"
    expect:
      - )";

testing::AssertionResult Passes(const std::string& expectation,
                                const std::string& complete_until = "2026-09-09") {
  std::string tests(kMissedTwice);
  tests.replace(tests.find("2026-09-09"), 10, complete_until);
  const ScenarioFileResult loaded = Load(tests + expectation + "\n");
  if (!loaded.file) {
    return testing::AssertionFailure() << Messages(loaded);
  }
  const auto outcome = RunScenario(*loaded.file, loaded.file->tests[0]);
  if (!outcome.ok()) {
    return testing::AssertionFailure() << outcome.status().ToString();
  }
  if (outcome->failures.empty()) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << outcome->failures[0].expected << "; " << outcome->failures[0].found;
}

TEST(ScenarioRunTest, AMomentFindsTheLevelThatStandsThen) {
  EXPECT_TRUE(Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, level: yellow})"));
  EXPECT_TRUE(Passes(
      R"({at: "2026-09-09T10:00", alert: slipping, subject: "person:u102", level: yellow})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T21:59", alert: slipping, subject: u102, level: yellow})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, level: orange})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u100, level: yellow})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: "unit:u102", level: yellow})"));
}

TEST(ScenarioRunTest, TheToldPeopleAreExactlyThoseExpected) {
  EXPECT_TRUE(Passes(
      R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, notified: [u102, u100]})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, notified: [u102]})"));
  EXPECT_FALSE(Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, notified: []})"));
  EXPECT_FALSE(
      Passes(R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, reason: restated})"));
}

TEST(ScenarioRunTest, ATaskIsDueWhenExpected) {
  const auto orange = [](const std::string& due) {
    return R"({at: "2026-09-09T22:00", alert: slipping, subject: u102, level: orange, due: ")" +
           due + R"("})";
  };
  EXPECT_TRUE(Passes(orange("2026-09-10T18:00"), "2026-09-10"));
  EXPECT_FALSE(Passes(orange("2026-09-10T18:01"), "2026-09-10"));
  EXPECT_FALSE(Passes(
      R"({at: "2026-09-08T22:00", alert: slipping, subject: u102, due: "2026-09-09T18:00"})"))
      << "nothing was opened";
}

TEST(ScenarioRunTest, ARangeFindsExactlyOneTransitionAndItsEndIsNotIncluded) {
  EXPECT_TRUE(Passes(
      R"({between: ["2026-09-08T22:00", "2026-09-08T22:01"], alert: slipping, subject: u102, level: yellow})"));
  EXPECT_FALSE(Passes(
      R"({between: ["2026-09-08T21:00", "2026-09-08T22:00"], alert: slipping, subject: u102, level: yellow})"));
  EXPECT_FALSE(Passes(
      R"({between: ["2026-09-07", "2026-09-10"], alert: slipping, subject: u102, level: orange})"));
}

TEST(ScenarioRunTest, NoAlertsIsAboutEverythingThatIsNotNarrowedDown) {
  EXPECT_TRUE(Passes(R"({between: ["2026-09-07", "2026-09-08T22:00"], no_alerts: true})"));
  EXPECT_TRUE(Passes(R"({at: "2026-09-08T22:00", alert: week-behind, no_alerts: true})"));
  EXPECT_FALSE(Passes(R"({between: ["2026-09-07", "2026-09-08T22:01"], no_alerts: true})"));
  EXPECT_FALSE(Passes(R"({at: "2026-09-08T22:00", no_alerts: true})"));
}

TEST(ScenarioRunTest, AnEventThatIsNoneNamesItsLine) {
  const ScenarioFileResult loaded = Load(R"(
tests:
  - name: one
    events:
      - {at: "2026-09-07", type: "", data: {owner_id: u102}}
    expect:
      - {at: "2026-09-08", no_alerts: true}
)");
  ASSERT_TRUE(loaded.file) << Messages(loaded);
  const auto outcome = RunScenario(*loaded.file, loaded.file->tests[0]);
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(std::string(outcome.status().message()), HasSubstr("made_up.yaml:7: "));
}

class TestCommandTest : public CommandTest {
 protected:
  int Run(const std::string& path) {
    return RunCommand([&](const Console& console) { return TestCommand({path}, console); });
  }
};

TEST_F(TestCommandTest, AFailedTestShowsWhatWasExpectedAndWhatHappened) {
  std::string text = ReadWholeFile("tests/scenarios/streaks.yaml");
  const std::string folder = std::filesystem::absolute("tests/scenarios/rules").string();
  text.replace(text.find("[rules/sales.yaml, rules/org.yaml]"), 34,
               "[" + folder + "/sales.yaml, " + folder + "/org.yaml]");
  text.replace(text.find("level: yellow, notified: [u102, u100]"), 13, "level: orange");
  EXPECT_EQ(Run(Write("bad.yaml", text)), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("FAIL  misses Tue and Wed"));
  EXPECT_THAT(out_, HasSubstr("PASS  one floor of two"));
  EXPECT_THAT(out_,
              HasSubstr("expected: at 2026-09-09T22:00:00+08:00, slipping, u102: level orange"));
  EXPECT_THAT(out_, HasSubstr("found:    level yellow"));
  EXPECT_THAT(out_, HasSubstr("person:u102  2026-09-09  green → yellow  threshold"));
}

TEST_F(TestCommandTest, AFileThatIsNotThereFails) {
  EXPECT_EQ(Run("tests/scenarios/none.yaml"), kExitWrong);
  EXPECT_FALSE(err_.empty());
}

}  // namespace
}  // namespace kpiwatch
