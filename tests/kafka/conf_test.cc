#include "daemon/kafka/conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/testing/temp_directory.h"

namespace kpiwatch::kafka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::array kReserved = {Reserved{"group.id", "use group"}};

std::string Get(const ConfPtr& conf, const char* name) {
  std::array<char, 256> value = {};
  size_t size = value.size();
  EXPECT_EQ(rd_kafka_conf_get(conf.get(), name, value.data(), &size), RD_KAFKA_CONF_OK);
  return value.data();
}

std::string ErrorOf(const Cluster& cluster) {
  const absl::Status status = MakeConf(cluster, {}, kReserved).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return status.ToString();
}

TEST(MakeConf, TheUsersPropertiesWinOverDefaults) {
  const std::array defaults = {Property{"client.id", "ours"}, Property{"linger.ms", "7"},
                               Property{"no.such.property.in.this.version", "1"}};
  const absl::StatusOr<ConfPtr> conf = MakeConf(
      {.brokers = "a:1,b:2", .properties = {{"client.id", "theirs"}}, .secrets = {}}, defaults, {});
  ASSERT_TRUE(conf.ok()) << conf.status();
  EXPECT_EQ(Get(*conf, "bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(Get(*conf, "client.id"), "theirs");
  EXPECT_EQ(Get(*conf, "linger.ms"), "7");
}

TEST(MakeConf, NamesTheNearestPropertyToAnUnknownOne) {
  EXPECT_THAT(ErrorOf({.brokers = "a:1", .properties = {{"fetch.max.byte", "1"}}, .secrets = {}}),
              AllOf(HasSubstr("'fetch.max.byte'"), HasSubstr("did you mean 'fetch.max.bytes'")));
  EXPECT_THAT(ErrorOf({.brokers = "a:1", .properties = {{"ssl.ca.locatoin", "x"}}, .secrets = {}}),
              HasSubstr("'ssl.ca.location'"));
  EXPECT_THAT(ErrorOf({.brokers = "a:1", .properties = {{"qqqqqqqqqqq", "x"}}, .secrets = {}}),
              Not(HasSubstr("did you mean")));
}

TEST(MakeConf, SaysWhatIsWrongWithAValue) {
  EXPECT_THAT(ErrorOf({.brokers = "a:1", .properties = {{"fetch.max.bytes", "-5"}}, .secrets = {}}),
              HasSubstr("fetch.max.bytes"));
}

TEST(CheckProperty, TellsOfOneWhatMakeConfWouldAnswer) {
  const std::string value = "read_uncommitted";
  EXPECT_THAT(CheckReadingProperty("isolation.level", &value).message(),
              AllOf(HasSubstr("'isolation.level' cannot be set"), HasSubstr("took back")));
  EXPECT_TRUE(CheckWritingProperty("isolation.level", &value).ok());
  EXPECT_THAT(CheckWritingProperty("acks", &value).message(), HasSubstr("cannot be set"));
  EXPECT_THAT(CheckReadingProperty("nosuch.prop", &value).message(), HasSubstr("unknown"));
  EXPECT_THAT(CheckReadingProperty("sasl.pasword", nullptr).message(), HasSubstr("sasl.password"));
  EXPECT_TRUE(CheckReadingProperty("sasl.password", nullptr).ok());
  EXPECT_THAT(CheckReadingProperty("fetch.max.bytes", &value).message(), HasSubstr("fetch.max"));
}

TEST(MakeConf, RefusesWhatIsOurs) {
  EXPECT_THAT(ErrorOf({.brokers = "a:1", .properties = {{"group.id", "g"}}, .secrets = {}}),
              HasSubstr("use group"));
  EXPECT_THAT(
      ErrorOf({.brokers = "a:1", .properties = {{"bootstrap.servers", "b:2"}}, .secrets = {}}),
      HasSubstr("use brokers"));
  EXPECT_THAT(ErrorOf({.brokers = "", .properties = {}, .secrets = {}}), HasSubstr("brokers"));
}

TEST(MakeConf, ReadsSecretsFromFilesAndTheEnvironment) {
  const TempDirectory directory;
  const std::string file = directory.path() + "/password";
  std::ofstream(file) << "s3cret\n";
  setenv("KPIWATCH_CONF_TEST_USER", "anna", 1);  // NOLINT(concurrency-mt-unsafe)
  const absl::StatusOr<ConfPtr> conf =
      MakeConf({.brokers = "a:1",
                .properties = {},
                .secrets = {{"sasl.password", {file, ""}},
                            {"sasl.username", {"", "KPIWATCH_CONF_TEST_USER"}}}},
               {}, {});
  ASSERT_TRUE(conf.ok()) << conf.status();
  EXPECT_EQ(Get(*conf, "sasl.password"), "s3cret");
  EXPECT_EQ(Get(*conf, "sasl.username"), "anna");
}

TEST(MakeConf, NamesTheSecretThatCannotBeReadAndNeverItsValue) {
  const TempDirectory directory;
  EXPECT_THAT(ErrorOf({.brokers = "a:1",
                       .properties = {},
                       .secrets = {{"sasl.password", {directory.path() + "/none", ""}}}}),
              AllOf(HasSubstr("sasl.password"), HasSubstr("/none")));
  EXPECT_THAT(ErrorOf({.brokers = "a:1",
                       .properties = {},
                       .secrets = {{"sasl.password", {"", "KPIWATCH_CONF_TEST_NONE"}}}}),
              HasSubstr("KPIWATCH_CONF_TEST_NONE"));
  const std::string file = directory.path() + "/value";
  std::ofstream(file) << "topsecret";
  EXPECT_THAT(
      ErrorOf({.brokers = "a:1", .properties = {}, .secrets = {{"security.protocol", {file, ""}}}}),
      AllOf(HasSubstr("security.protocol"), Not(HasSubstr("topsecret"))));
}

}  // namespace
}  // namespace kpiwatch::kafka
