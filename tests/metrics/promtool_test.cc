// What Prometheus's own checker says to the page.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/metrics/sample_metrics.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

struct Finding {
  int exit_code = -1;
  std::string output;
};

Finding CheckMetrics(const std::string& page) {
  const TempDirectory directory;
  const std::string file = directory.path() + "/metrics.txt";
  std::ofstream(file) << page;
  Finding finding;
  FILE* pipe = popen(("promtool check metrics < " + file + " 2>&1").c_str(), "r");
  char buffer[512];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) {
    finding.output += buffer;
  }
  finding.exit_code = WEXITSTATUS(pclose(pipe));
  return finding;
}

class PromtoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("promtool --version >/dev/null 2>&1") == 0) {
      return;
    }
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string(ci) == "true") {
      FAIL() << "promtool is missing: ./dev setup test installs it";
    }
    GTEST_SKIP() << "promtool is missing: ./dev setup test installs it";
  }
};

TEST_F(PromtoolTest, FindsNothing) {
  const SampleDaemon daemon;
  const Finding finding = CheckMetrics(MetricsPage(daemon.inputs()).Render());
  EXPECT_EQ(finding.exit_code, 0) << finding.output;
  EXPECT_EQ(finding.output, "");
}

TEST_F(PromtoolTest, FindsNothingOnThePageOfADaemonThatHasJustStarted) {
  const EngineMetrics engine;
  const NotifyMetrics notify;
  const FakeReadView view;
  MetricsInputs inputs;
  inputs.engine = &engine;
  inputs.notify = &notify;
  inputs.view = &view;
  const Finding finding = CheckMetrics(MetricsPage(inputs).Render());
  EXPECT_EQ(finding.exit_code, 0) << finding.output;
  EXPECT_EQ(finding.output, "");
}

TEST_F(PromtoolTest, WouldFindABadName) {
  EXPECT_NE(CheckMetrics("# HELP kpiwatch_messages Messages.\n# TYPE kpiwatch_messages counter\n"
                         "kpiwatch_messages 1\n")
                .exit_code,
            0);
}

}  // namespace
}  // namespace kpiwatch
