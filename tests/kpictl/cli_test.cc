#include "daemon/kpictl/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/kpictl/command_fixture.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;

class CliTest : public CommandTest {
 protected:
  int Run(const std::vector<std::string>& args) {
    const BuildInfo build{"1.2.3", "abc", "main", "2026-01-01T00:00:00Z", "GNU 12"};
    return RunCommand([&](const Console& console) { return RunKpictl(args, build, console); });
  }
};

TEST_F(CliTest, AnUnknownCommandIsAnsweredWithTheNearest) {
  EXPECT_EQ(Run({"reply"}), kExitWrong);
  EXPECT_EQ(err_, "kpictl: unknown command 'reply'; did you mean 'replay'?\n");
  EXPECT_EQ(Run({"xyzzy"}), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("see kpictl --help"));
}

TEST_F(CliTest, EveryCommandHelpsWithAnExample) {
  for (const char* command : {"replay", "check", "test", "send", "dump", "listen", "health"}) {
    EXPECT_EQ(Run({command, "--help"}), kExitGood) << command;
    EXPECT_THAT(out_, HasSubstr(std::string("kpictl ") + command)) << command;
    EXPECT_THAT(out_, HasSubstr("Example")) << command;
  }
  EXPECT_EQ(Run({"--help"}), kExitGood);
  EXPECT_THAT(out_, HasSubstr("replay"));
}

TEST_F(CliTest, TheVersionIsPrintedAsPrometheusDoes) {
  EXPECT_EQ(Run({"--version"}), kExitGood);
  EXPECT_THAT(out_, HasSubstr("kpictl, version 1.2.3 (branch: main, revision: abc)"));
}

TEST_F(CliTest, MistakesOfTheCommandLineExitWithOne) {
  EXPECT_EQ(Run({}), kExitWrong);
  EXPECT_EQ(Run({"replay"}), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("--config"));
  EXPECT_EQ(Run({"check", "--lint-fatl", "rules/behaviour"}), kExitWrong);
  EXPECT_EQ(Run({"replay", "--config", "x", "--events", "y", "--print", "nothing"}), kExitWrong);
  EXPECT_EQ(Run({"send", "--to", "ftp://x", "--config", "x", "--source", "s", "f", "--rate", "-1"}),
            kExitWrong);
}

TEST_F(CliTest, CommandsGetTheirArguments) {
  EXPECT_EQ(Run({"check", "--lint-fatal", "rules/behaviour", "rules/behaviour/sample"}), kExitGood)
      << out_ << err_;
  EXPECT_EQ(Run({"test", "tests/scenarios/streaks.yaml", "tests/scenarios/weeks.yaml"}), kExitGood)
      << out_ << err_;
  EXPECT_THAT(out_, HasSubstr("10 of 10 tests passed"));
  EXPECT_EQ(Run({"dump", "--storage.path", "/nowhere", "--print", "values"}), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("there is no store in /nowhere"));
}

}  // namespace
}  // namespace kpiwatch
