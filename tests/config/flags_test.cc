#include "daemon/config/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

FlagsResult Parse(const std::vector<std::string>& arguments) {
  return ParseFlags(arguments, {"0.1.0", "abc123", "main", "2026-01-01T00:00:00Z", "GNU 12.2.0"});
}

TEST(FlagsTest, HasDefaultsForEverything) {
  const FlagsResult result = Parse({});
  ASSERT_TRUE(result.flags.has_value());
  EXPECT_EQ(result.flags->config_file, "kpiwatch.yaml");
  EXPECT_EQ(result.flags->listen_address, "127.0.0.1:9464");
  EXPECT_FALSE(result.flags->enable_lifecycle);
  EXPECT_EQ(result.flags->storage_path, "");
  EXPECT_EQ(result.flags->log_level, LogLevel::kInfo);
  EXPECT_EQ(result.flags->log_format, LogFormat::kLogfmt);
}

TEST(FlagsTest, TakesValuesBehindASpaceOrAnEqualsSign) {
  for (const auto& arguments : {
           std::vector<std::string>{"--config.file", "a.yaml", "--web.listen-address", ":0",
                                    "--web.external-url", "http://kpi", "--web.enable-lifecycle",
                                    "--web.config.file", "web.yaml", "--storage.path", "/s",
                                    "--log.level", "debug", "--log.format", "json",
                                    "--config.check"},
           std::vector<std::string>{"--config.file=a.yaml", "--web.listen-address=:0",
                                    "--web.external-url=http://kpi", "--web.enable-lifecycle",
                                    "--web.config.file=web.yaml", "--storage.path=/s",
                                    "--log.level=debug", "--log.format=json", "--config.check"},
       }) {
    const FlagsResult result = Parse(arguments);
    ASSERT_TRUE(result.flags.has_value()) << result.err;
    EXPECT_EQ(result.flags->config_file, "a.yaml");
    EXPECT_EQ(result.flags->listen_address, ":0");
    EXPECT_EQ(result.flags->external_url, "http://kpi");
    EXPECT_TRUE(result.flags->enable_lifecycle);
    EXPECT_EQ(result.flags->web_config_file, "web.yaml");
    EXPECT_EQ(result.flags->storage_path, "/s");
    EXPECT_EQ(result.flags->log_level, LogLevel::kDebug);
    EXPECT_EQ(result.flags->log_format, LogFormat::kJson);
    EXPECT_TRUE(result.flags->check_config);
  }
}

TEST(FlagsTest, ASlashAtTheEndOfTheExternalUrlChangesNothing) {
  const FlagsResult result = Parse({"--web.external-url", "http://kpi/watch/"});
  ASSERT_TRUE(result.flags.has_value()) << result.err;
  EXPECT_EQ(result.flags->external_url, "http://kpi/watch");
}

TEST(FlagsTest, PrintsItsVersionAsPrometheusDoes) {
  const FlagsResult result = Parse({"--version"});
  EXPECT_FALSE(result.flags.has_value());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("kpiwatchd, version 0.1.0 (branch: main, revision: abc123)\n"
                                     "  build user:       \n"
                                     "  build date:       2026-01-01T00:00:00Z\n"));
}

TEST(FlagsTest, HelpNamesEveryFlagAndItsDefault) {
  for (const char* flag : {"--help", "-h"}) {
    const FlagsResult result = Parse({flag});
    EXPECT_FALSE(result.flags.has_value());
    EXPECT_EQ(result.exit_code, 0);
    for (const char* name :
         {"--config.file", "--config.check", "--web.listen-address", "--web.external-url",
          "--web.enable-lifecycle", "--web.config.file", "--storage.path", "--log.level",
          "--log.format", "--help", "--version", "127.0.0.1:9464", "kpiwatch.yaml"}) {
      EXPECT_THAT(result.out, HasSubstr(name));
    }
  }
}

TEST(FlagsTest, RefusesAnUnknownFlagWithTheNearest) {
  for (const char* flag : {"--config.fle=x", "--config.fle"}) {
    const FlagsResult result = Parse({flag});
    EXPECT_FALSE(result.flags.has_value());
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err,
                HasSubstr("unknown flag '--config.fle' (did you mean '--config.file'?)"));
  }
  EXPECT_THAT(Parse({"--quite-another"}).err, HasSubstr("unknown flag '--quite-another', try"));
  EXPECT_EQ(Parse({"--quite-another"}).exit_code, 2);
}

TEST(FlagsTest, RefusesBadValuesAndStrayWords) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--log.level", "loud"},
                                                    {"--log.format=xml"},
                                                    {"--config.file"},
                                                    {"kpiwatch.yaml"},
                                                    {"--config.file", "a", "--config.file", "b"}}) {
    const FlagsResult result = Parse(arguments);
    EXPECT_FALSE(result.flags.has_value()) << arguments[0];
    EXPECT_EQ(result.exit_code, 2) << arguments[0];
    EXPECT_THAT(result.err, StartsWith("kpiwatchd: error: "));
  }
  EXPECT_THAT(Parse({"kpiwatch.yaml"}).err, HasSubstr("unexpected 'kpiwatch.yaml'"));
}

}  // namespace
}  // namespace kpiwatch
