// Runs every scenario file of the project as `kpictl test` does. The files are found when the test
// starts, so that a new one needs no line here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/kpictl/test_command.h"

namespace kpiwatch {
namespace {

std::vector<std::string> ScenarioFiles() {
  std::vector<std::string> files;
  for (const char* folder : {"tests/scenarios", "rules/behaviour/tests"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") {
        files.push_back(entry.path().string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ScenariosTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenariosTest, Holds) {
  std::ostringstream out, err;
  const Console console{.out = out, .err = err};
  EXPECT_EQ(TestCommand({GetParam()}, console), kExitGood) << out.str() << err.str();
}

INSTANTIATE_TEST_SUITE_P(Files, ScenariosTest, testing::ValuesIn(ScenarioFiles()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return !std::isalnum(c); },
                               '_');
                           return name;
                         });

TEST(ScenarioFilesTest, AreFound) { EXPECT_GE(ScenarioFiles().size(), 5u); }

}  // namespace
}  // namespace kpiwatch
