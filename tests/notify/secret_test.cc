#include "daemon/notify/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;

TEST(SecretTest, FileIsReadAnewAndTrimmed) {
  const TempDirectory directory;
  const SecretRef secret{.file = directory.path() + "/token", .env = ""};
  EXPECT_THAT(std::string(ReadSecret(secret, "the token").status().message()),
              HasSubstr("the token: the file " + secret.file + " cannot be read"));
  std::ofstream(secret.file) << " one \n";
  EXPECT_EQ(*ReadSecret(secret, "the token"), "one");
  std::ofstream(secret.file) << "two";
  EXPECT_EQ(*ReadSecret(secret, "the token"), "two");
  std::ofstream(secret.file) << "\n";
  EXPECT_THAT(std::string(ReadSecret(secret, "the token").status().message()),
              HasSubstr("is empty"));
  std::ofstream(secret.file) << std::string(70'000, 'x');
  EXPECT_EQ(ReadSecret(secret, "the token").status().code(), absl::StatusCode::kUnavailable);
}

TEST(SecretTest, VariableIsReadAnew) {
  const SecretRef secret{.file = "", .env = "KPIWATCH_TEST_SECRET"};
  unsetenv("KPIWATCH_TEST_SECRET");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_THAT(std::string(ReadSecret(secret, "the password").status().message()),
              HasSubstr("environment variable KPIWATCH_TEST_SECRET is not set"));
  setenv("KPIWATCH_TEST_SECRET", "s", 1);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(*ReadSecret(secret, "the password"), "s");
}

}  // namespace
}  // namespace kpiwatch
