// What lies beyond kpiwatch.yaml's form: properties, secrets, and what is hardly meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "daemon/config/daemon_config.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Said(const SourceFile& file, const ConfigChecks* checks = nullptr) {
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : ParseDaemonConfig(file, checks).diagnostics) {
    found.push_back(diagnostic.ToString());
  }
  return found;
}

// Stands for Kafka's library, which knows two properties here.
absl::Status TwoProperties(const std::string& name, const std::string* value) {
  return name == (value == nullptr ? "sasl.password" : "linger.ms")
             ? absl::OkStatus()
             : absl::InvalidArgumentError("no property " + name);
}

TEST(ConfigChecksTest, LooksForPropertiesAndSecretsWhereItIsToldTo) {
  const TempDirectory directory;
  std::ofstream(directory.path() + "/good") << "secret\n";
  std::ofstream(directory.path() + "/blank") << " \n";
  const SourceFile file = {directory.path() + "/k.yaml",
                           "rule_files: [r.yaml]\n"
                           "sources:\n"
                           "  - name: a\n"
                           "    kafka:\n"
                           "      brokers: b\n"
                           "      topics: t\n"
                           "      properties: {linger.ms: 1, nosuch.prop: 1}\n"
                           "      secrets: {sasl.password: {file: none}, sasl.pass: {file: good}}\n"
                           "  - {name: c, log: {token_file: blank}}\n"
                           "publish:\n"
                           "  kafka:\n"
                           "    brokers: b\n"
                           "    topic: p\n"
                           "    properties: {acks: 1}\n"
                           "    secrets: {sasl.password: {env: KPIWATCH_TEST_UNSET}}\n"};
  EXPECT_TRUE(ParseDaemonConfig(file).config.has_value());
  const ConfigChecks checks = {.reading = TwoProperties, .writing = TwoProperties};
  EXPECT_FALSE(ParseDaemonConfig(file, &checks).config.has_value());
  EXPECT_THAT(Said(file, &checks),
              ElementsAre(HasSubstr("k.yaml:7:34: no property nosuch.prop"),
                          HasSubstr("k.yaml:8:39: secret 'sasl.password': cannot read "),
                          HasSubstr("k.yaml:8:46: no property sasl.pass"),
                          HasSubstr("k.yaml:9:33: 'token_file': the file "),
                          HasSubstr("k.yaml:14:18: no property acks"),
                          HasSubstr("k.yaml:15:36: warning: secret 'sasl.password': the "
                                    "environment variable 'KPIWATCH_TEST_UNSET'")));
}

TEST(ConfigChecksTest, RecommendsHeartbeatsAndSaysWhatForByTheClock) {
  const auto said = [](std::string_view clock, std::string_view complete) {
    return Said({"k.yaml", "rule_files: r\n" + std::string(clock) +
                               "sources: [{name: a, kafka: {brokers: b, topics: t}" +
                               std::string(complete) + "}]\n"});
  };
  const auto wall = HasSubstr(
      "warning: heartbeats are recommended for source 'a' ('complete: {by: heartbeat}'): read to "
      "its end is no proof that everything has come, and what comes after a day has sealed has "
      "made "
      "misses meanwhile");
  const auto events = HasSubstr(
      "warning: heartbeats are recommended for source 'a' ('complete: {by: heartbeat}'): with "
      "'clock: events' time goes on by what sources prove, and read to its end proves only what "
      "was read");
  EXPECT_THAT(said("", ""), ElementsAre(AllOf(HasSubstr("k.yaml:2:11: "), wall)));
  EXPECT_THAT(said("clock: wall\n", ""), ElementsAre(AllOf(HasSubstr("k.yaml:3:11: "), wall)));
  EXPECT_THAT(said("", ", complete: {by: caught_up}"),
              ElementsAre(AllOf(HasSubstr("k.yaml:2:63: "), wall)));
  EXPECT_THAT(said("clock: events\n", ""), ElementsAre(AllOf(HasSubstr("k.yaml:3:11: "), events)));
  EXPECT_THAT(said("clock: events\n", ", complete: {by: heartbeat}"), ElementsAre());
  EXPECT_THAT(said("", ", complete: {by: heartbeat}"), ElementsAre());
}

TEST(ConfigChecksTest, RecommendsHeartbeatsForTheLogThatStandsInNoFile) {
  EXPECT_THAT(Said({"k.yaml", "rule_files: r\n"}),
              ElementsAre(HasSubstr("k.yaml:1:1: warning: heartbeats are recommended for source "
                                    "'local'")));
  EXPECT_THAT(Said({"k.yaml", "rule_files: r\nsources: [{name: files}]\n"}), ElementsAre())
      << "the daemon does not read it";
}

TEST(ConfigChecksTest, TellsWhatTheDaemonDoesNotRead) {
  const ConfigChecks checks;
  const SourceFile file = {"k.yaml",
                           "rule_files: r\nsources: [{name: a}, {name: b, log: {}, complete: "
                           "{by: heartbeat}}]\n"};
  EXPECT_THAT(Said(file, &checks), ElementsAre(HasSubstr("k.yaml:2:11: warning: source 'a' has "
                                                         "neither 'kafka' nor 'log'")));
  DaemonConfig config = ParseDaemonConfig(file).config.value();
  ASSERT_TRUE(DropUnreadSources(&config).ok());
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].name, "b");
  config.sources[0].log.reset();
  EXPECT_THAT(DropUnreadSources(&config).message(), HasSubstr("k.yaml: sources: none has"));
}

// What the daemon could not start with, or would never read.
TEST(ConfigChecksTest, FormatsColumnsAndMapsFitEachOther) {
  const auto said = [](const std::string& source) {
    return Said(
        {"k.yaml", "rule_files: r\nsources:\n  - {name: a, kafka: {brokers: b, topics: t}, " +
                       source + ", complete: {by: heartbeat}}\n"});
  };
  const std::string map = "map: {type: '\"x\"', id: A, time: A";
  EXPECT_THAT(said("format: csv, " + map + "}"),
              ElementsAre(HasSubstr("k.yaml:3:5: rows of CSV have no header line in Kafka")));
  EXPECT_THAT(said("format: cloudevents, " + map + "}"),
              ElementsAre(HasSubstr("'map' makes events of rows")));
  EXPECT_THAT(said("format: kpiwatch, " + map + "}"),
              ElementsAre(HasSubstr("those of 'format: kpiwatch' are events already")));
  EXPECT_THAT(said("format: csv, columns: [A, B, A], " + map + "}"),
              ElementsAre(HasSubstr("'columns' names 'A' twice")));
  EXPECT_THAT(said("format: csv, columns: [A], delimiter: a, encoding: gb18030, " + map + "}"),
              ElementsAre(HasSubstr("'a' may be a part of other characters in gb18030")));
  EXPECT_THAT(said("format: json, encoding: gb18030, " + map + "}"),
              ElementsAre(HasSubstr("'encoding' belongs to 'format: csv'")));
  EXPECT_THAT(said("format: json, " + map + ", data..x: A}"),
              ElementsAre(HasSubstr("an event has no field 'data..x'")));
  EXPECT_THAT(said("format: json, map: {type: A, id: A, time: {from: A, format: '%Q'}}"),
              ElementsAre(HasSubstr("no time can be read by '%Q'")));
  for (const char* format : {"%Y-%m-%d", "%E4Y%m%d%H%M%S", "%d/%m/%y %I:%M %p", "%s",
                             "%Y-%m-%dT%H:%M:%E*S%Ez", "%Y年%m月%d日"}) {
    EXPECT_THAT(said("format: json, map: {type: A, id: A, time: {from: A, format: '" +
                     std::string(format) + "'}}"),
                ElementsAre());
  }
}

TEST(ConfigChecksTest, ATokenFileHasAName) {
  EXPECT_THAT(Said({"k.yaml", "rule_files: r\nsources: [{name: a, log: {token_file: ''}}]\n"}),
              ElementsAre(HasSubstr("k.yaml:2:39: 'token_file' names no file")));
}

}  // namespace
}  // namespace kpiwatch
