#include "daemon/kpictl/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/kpictl/input_files.h"
#include "tests/kpictl/command_fixture.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;

class CheckTest : public CommandTest {
 protected:
  int Run(const std::vector<std::string>& paths, bool lint_fatal = false) {
    const int code =
        RunCommand([&](const Console& console) { return Check(paths, lint_fatal, console); });
    EXPECT_EQ(err_, "");
    return code;
  }
};

constexpr const char* kSoundRules = R"(
kpis:
  - {name: calls, owner: ops, type: simple, event: crm.activity.completed, measure: count(), subject: data.owner_id}
receivers:
  - {name: managers, webhook: {url: "http://127.0.0.1:9/"}}
route: {receiver: managers}
)";

TEST_F(CheckTest, TheShippedPackIsGood) {
  EXPECT_EQ(Run({"rules/behaviour", "rules/behaviour/sample"}), kExitGood) << out_;
}

TEST_F(CheckTest, EveryMistakeOfEveryFileIsOneLine) {
  Write("a.yaml", "kpis:\n  - {nam: x}\n");
  Write("b.yaml", "kpiss: []\n");
  EXPECT_EQ(Run({temp_.path()}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("a.yaml:2:6: "));
  EXPECT_THAT(out_, HasSubstr("b.yaml:1:1: "));
  EXPECT_THAT(out_, HasSubstr("did you mean 'kpis'?"));
}

TEST_F(CheckTest, AWarningIsFatalOnlyWhenAsked) {
  const std::string path = Write(
      "rules.yaml",
      std::string(kSoundRules).replace(std::string(kSoundRules).find("owner: ops, "), 12, ""));
  EXPECT_EQ(Run({path}), kExitGood);
  EXPECT_THAT(out_, HasSubstr("warning: "));
  EXPECT_EQ(Run({path}, /*lint_fatal=*/true), kExitLint);
}

TEST_F(CheckTest, TheDaemonsFileBringsItsRulesAlong) {
  Write("rules.yaml", kSoundRules);
  const std::string good =
      Write("kpiwatch.yaml",
            "rule_files: [rules.yaml]\nsources:\n  - {name: crm, format: cloudevents}\n");
  EXPECT_EQ(Run({good}), kExitGood) << out_;
  EXPECT_THAT(out_, HasSubstr("1 sources"));
  const std::string bad = Write(
      "bad.yaml",
      "rule_files: [rule.yaml]\nsorces: []\nsources:\n  - {name: crm, format: cloudevents}\n");
  EXPECT_EQ(Run({bad}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("bad.yaml:2:1: "));
}

TEST_F(CheckTest, NothingIsNotTheConfigurationOfADaemon) {
  for (const char* nothing : {"", "# to be written\n", "---\n"}) {
    EXPECT_EQ(Run({Write("kpiwatch.yaml", nothing)}), kExitWrong) << nothing;
    EXPECT_THAT(out_, HasSubstr("/kpiwatch.yaml:"));
    EXPECT_EQ(Run({Write("only.yaml", nothing)}), kExitWrong) << nothing;
    std::filesystem::remove(temp_.path() + "/only.yaml");
    Write("rules.yaml", kSoundRules);
    EXPECT_EQ(Run({temp_.path()}), kExitWrong) << "what is beside it does not hide it";
    std::filesystem::remove(temp_.path() + "/kpiwatch.yaml");
    Write("more-rules.yaml", nothing);
    EXPECT_EQ(Run({temp_.path()}), kExitGood) << out_;
    std::filesystem::remove(temp_.path() + "/more-rules.yaml");
    std::filesystem::remove(temp_.path() + "/rules.yaml");
  }
}

// A name that no source has can never be complete: what it was meant for would be judged without
// proof, or never.
TEST_F(CheckTest, AKpiNamesSourcesOfTheConfiguration) {
  std::string rules = kSoundRules;
  rules.replace(rules.find("owner: ops, "), 12, "owner: ops, sources: [crn, orders], ");
  const std::string path = Write("rules.yaml", rules);
  const std::string config =
      Write("kpiwatch.yaml",
            "rule_files: [rules.yaml]\nsources:\n  - {name: crm, log: {path: log}}\n"
            "  - {name: orders}\n");
  EXPECT_EQ(Run({config}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("rules.yaml:3:41: unknown source 'crn'; did you mean 'crm'?"));
  EXPECT_THAT(out_, HasSubstr("rules.yaml:3:46: warning: source 'orders' has neither 'kafka' nor "
                              "'log'"));
  EXPECT_EQ(Run({path}), kExitGood) << "rule files alone do not know the sources: " << out_;
}

size_t CountOf(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST_F(CheckTest, WhatTheDaemonsFileBringsAlongIsToldOnce) {
  std::string rules = kSoundRules;
  rules.replace(rules.find("owner: ops, "), 12, "");
  std::filesystem::create_directory(temp_.path() + "/conf");
  Write("rules.yaml", rules);
  Write("conf/kpiwatch.yaml",
        "rule_files: [../rules.yaml]\nsources: [{name: crm, log: {path: l}}]\n");
  EXPECT_EQ(Run({temp_.path()}), kExitGood);
  EXPECT_EQ(CountOf(out_, "KPI 'calls' has no owner"), 1u) << out_;
  EXPECT_EQ(CountOf(out_, "1 rule files: "), 1u) << out_;
  Write("conf/other.yaml", "rule_files: [../rules.yaml]\nsources: [{name: crm, log: {path: m}}]\n");
  EXPECT_EQ(Run({temp_.path()}), kExitGood);
  EXPECT_EQ(CountOf(out_, "KPI 'calls' has no owner"), 1u) << out_;
}

TEST_F(CheckTest, RuleFilesThatNoDaemonsFileNamesAreCheckedWithTheOthers) {
  std::string rules = kSoundRules;
  rules.replace(rules.find("owner: ops, "), 12, "");
  Write("rules.yaml", rules);
  Write("kpiwatch.yaml", "rule_files: [rules.yaml]\nsources: [{name: crm, log: {path: l}}]\n");
  Write("more.yaml", "targets: [{kpi: calls, person: u1, period: 2026, target: x}]\n");
  EXPECT_EQ(Run({temp_.path()}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("more.yaml:1:58: "));
  EXPECT_EQ(CountOf(out_, "more.yaml:"), 1u) << "the KPI is known: " << out_;
  EXPECT_EQ(CountOf(out_, "KPI 'calls' has no owner"), 1u) << out_;
}

TEST_F(CheckTest, MistakesOfTheRuleFilesStandBesideThoseOfTheDaemonsFile) {
  Write("rules.yaml", "kpiss: []\n");
  const std::string bad = Write("kpiwatch.yaml", "rule_files: [rules.yaml]\nclock: sun\n");
  EXPECT_EQ(Run({bad}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:2:8: "));
  EXPECT_THAT(out_, HasSubstr("rules.yaml:1:1: "));
}

TEST_F(CheckTest, APatternThatMatchesNothingHidesNoOtherMistake) {
  const std::string rules = Write("rules.yaml", "kpiss: []\n");
  const std::string bad =
      Write("kpiwatch.yaml", "rule_files: [none/*.yaml, rules.yaml, nor.yaml]\nclock: sun\n");
  EXPECT_EQ(Run({bad}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:2:8: "));
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:1:1: rule_files: no file matches '"));
  EXPECT_THAT(out_, HasSubstr("/none/*.yaml'"));
  EXPECT_THAT(out_, HasSubstr("/nor.yaml'"));
  EXPECT_THAT(out_, HasSubstr("rules.yaml:1:1: "));
  EXPECT_EQ(Run({temp_.path() + "/none.yaml", rules}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("none.yaml'"));
  EXPECT_THAT(out_, HasSubstr("rules.yaml:1:1: "));
}

TEST_F(CheckTest, AMistakeInTheDaemonsFileHidesNoUnknownSource) {
  std::string rules = kSoundRules;
  rules.replace(rules.find("owner: ops, "), 12, "owner: ops, sources: [crn], ");
  Write("rules.yaml", rules);
  const std::string config = "rule_files: rules.yaml\nclock: sun\nsources:\n";
  EXPECT_EQ(Run({Write("kpiwatch.yaml", config + "  - {name: crm, log: {path: 7x, nix: 1}}\n")}),
            kExitWrong);
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:2:8: "));
  EXPECT_THAT(out_, HasSubstr("rules.yaml:3:41: unknown source 'crn'; did you mean 'crm'?"));
  EXPECT_EQ(Run({Write("kpiwatch.yaml", config + "  - {nam: crn, log: {}}\n")}), kExitWrong);
  EXPECT_THAT(out_, testing::Not(HasSubstr("unknown source")))
      << "it may be the one whose name cannot be read";
}

TEST_F(CheckTest, WhatTheDaemonCouldNotStartWithIsToldByPlace) {
  Write("rules.yaml", kSoundRules);
  const std::string bad =
      Write("kpiwatch.yaml",
            "rule_files: [rules.yaml]\nsources:\n  - name: crm\n    kafka:\n"
            "      brokers: b:1\n      topics: t\n"
            "      properties:\n        nosuch.prop: 1\n        enable.auto.commit: true\n"
            "      secrets: {sasl.password: {file: /nonexistent}}\n"
            "publish: {kafka: {brokers: b:1, topic: p, properties: {acks: 1}}}\n");
  EXPECT_EQ(Run({bad}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:8:9: unknown Kafka property 'nosuch.prop'"));
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:9:9: Kafka property 'enable.auto.commit' cannot"));
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:10:39: secret 'sasl.password': cannot read"));
  EXPECT_THAT(out_, HasSubstr("kpiwatch.yaml:11:56: Kafka property 'acks' cannot be set"));
}

TEST_F(CheckTest, ScenarioTestsAreCheckedToo) {
  EXPECT_EQ(Run({"tests/scenarios/streaks.yaml"}), kExitGood) << out_;
  EXPECT_THAT(out_, HasSubstr("5 tests"));
}

TEST_F(CheckTest, AFileThatIsNotThereIsAMistake) {
  EXPECT_EQ(Run({temp_.path() + "/none.yaml"}), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("none.yaml"));
}

std::vector<SourceOptions> Sources(std::initializer_list<const char*> names) {
  std::vector<SourceOptions> sources;
  for (const char* name : names) {
    sources.emplace_back().name = name;
  }
  return sources;
}

TEST(BindFilesTest, NamesBindFilesToSources) {
  const auto files = BindFiles({"erp=a=b.csv", "crm=-"}, Sources({"crm", "erp"}));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ((*files)[0].source, 1u);
  EXPECT_EQ((*files)[0].path, "a=b.csv");
  EXPECT_EQ((*files)[1].source, 0u);
  EXPECT_EQ((*files)[1].path, "-");
}

TEST(BindFilesTest, OneSourceNeedsNoName) {
  const auto files = BindFiles({"a.csv", "./x=y.csv"}, Sources({"crm"}));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ((*files)[1].path, "./x=y.csv");
}

TEST(BindFilesTest, MistakesNameTheNearestSource) {
  const auto said = [](const auto& files) { return std::string(files.status().message()); };
  EXPECT_THAT(said(BindFiles({"ordrs=a.csv"}, Sources({"orders"}))),
              HasSubstr("did you mean 'orders'?"));
  EXPECT_THAT(said(BindFiles({"a.csv"}, Sources({"crm", "erp"}))), HasSubstr("NAME=a.csv"));
  EXPECT_THAT(said(BindFiles({"-", "-"}, Sources({"crm"}))), HasSubstr("once only"));
}

}  // namespace
}  // namespace kpiwatch
