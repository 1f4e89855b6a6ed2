// The whole engine, from records to receivers, in made-up companies with made-up accidents.
//
//   sim_test --seed=N    one seed, with what there is to know of it
//   KPIWATCH_SIM_SEEDS   how many seeds the tests try (2000)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "daemon/base/log.h"
#include "daemon/rulebook/loader.h"
#include "fmt/format.h"
#include "tests/sim/checks.h"
#include "tests/sim/oracle.h"
#include "tests/sim/simulation.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {
namespace {

constexpr int kParts = 8;  // of the seeds, so that they can run beside each other

int SeedCount() {
  int seeds = 2000;
  if (const char* wanted = std::getenv("KPIWATCH_SIM_SEEDS"); wanted != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(wanted, &seeds) && seeds > 0) << "KPIWATCH_SIM_SEEDS=" << wanted;
  }
  return seeds;
}

std::shared_ptr<const Rulebook> Load(const World& world, std::vector<std::string>* problems) {
  const LoadResult result = LoadRulebook({{"rules.yaml", RulesOf(world)}});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (!diagnostic.warning) {
      problems->push_back(diagnostic.ToString());
    }
  }
  return result.rulebook;
}

// One life: what went wrong in it.
std::vector<std::string> Live(const World& world, const Oracle& oracle, Simulation* simulation) {
  simulation->Run();
  std::vector<std::string> problems = simulation->problems();
  if (problems.empty()) {
    CheckAgainstOracle(world, oracle, *simulation, &problems);
  }
  return problems;
}

void AddAll(const std::string& where, const std::vector<std::string>& from,
            std::vector<std::string>* to) {
  for (const std::string& problem : from) {
    to->push_back(where + ": " + problem);
  }
}

// A world lived through in peace, under accidents, and with its records in another order.
std::vector<std::string> TrySeed(uint64_t seed) {
  const World world = MakeWorld(seed);
  std::vector<std::string> problems;
  const auto book = Load(world, &problems);
  if (!problems.empty()) {
    return problems;
  }
  const Oracle oracle(world);
  Random random(seed ^ 0x5eed);
  Simulation peace(world, book, {.seed = random.Next()});
  AddAll("in peace", Live(world, oracle, &peace), &problems);
  Simulation harm(world, book, {.seed = random.Next(), .faults = true});
  AddAll("with accidents", Live(world, oracle, &harm), &problems);
  const World permuted = Permuted(world, random.Fork());
  Simulation other(permuted, book, {.seed = random.Next(), .faults = random.Chance(30)});
  AddAll("in another order", Live(permuted, oracle, &other), &problems);
  if (problems.empty()) {
    CheckSameStory(world, oracle, peace, harm, &problems);
    CheckSameStory(world, oracle, peace, other, &problems);
  }
  return problems;
}

bool Catches(uint64_t seed, Planted planted) {
  const World world = MakeWorld(seed);
  std::vector<std::string> problems;
  const auto book = Load(world, &problems);
  const Oracle oracle(world);
  Simulation simulation(world, book, {.seed = seed, .faults = true, .planted = planted});
  return !Live(world, oracle, &simulation).empty();
}

std::string Report(uint64_t seed, const std::vector<std::string>& problems) {
  constexpr size_t kMostShown = 12;
  std::string report = fmt::format("{}\nto repeat: build/release/bin/tests/sim_test --seed={}\n",
                                   Describe(MakeWorld(seed)), seed);
  for (size_t i = 0; i < problems.size() && i < kMostShown; ++i) {
    report += "  " + problems[i] + "\n";
  }
  if (problems.size() > kMostShown) {
    report += fmt::format("  and {} more\n", problems.size() - kMostShown);
  }
  return report;
}

class SimulationTest : public testing::TestWithParam<int> {};

TEST_P(SimulationTest, AccidentsAndOrderChangeNothing) {
  constexpr int kMostFailures = 5;
  int failures = 0;
  for (int seed = 1 + GetParam(); seed <= SeedCount() && failures < kMostFailures; seed += kParts) {
    const auto problems = TrySeed(static_cast<uint64_t>(seed));
    if (!problems.empty()) {
      ADD_FAILURE() << Report(static_cast<uint64_t>(seed), problems);
      ++failures;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::Range(0, kParts));

// Worlds in which nothing happens prove nothing either.
TEST(WorldTest, HasAccidentsAndThingsToTell) {
  constexpr uint64_t kSeeds = 60;
  int crashes = 0;
  size_t dead_letters = 0;
  std::map<v1::Reason, size_t> told;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const World world = MakeWorld(seed);
    std::vector<std::string> problems;
    Simulation simulation(world, Load(world, &problems), {.seed = seed, .faults = true});
    simulation.Run();
    crashes += simulation.crashes();
    for (const v1::OutboxEntry& entry : simulation.published()) {
      dead_letters += entry.has_dead_letter() ? 1 : 0;
      told[entry.transition().reason()] += entry.has_transition() ? 1 : 0;
    }
  }
  EXPECT_GT(crashes, 2 * static_cast<int>(kSeeds));
  EXPECT_GT(dead_letters, kSeeds / 2);
  EXPECT_GT(told[v1::REASON_THRESHOLD], 20 * kSeeds);
  EXPECT_GT(told[v1::REASON_PERIOD_CLOSED], 4 * kSeeds);
  EXPECT_GT(told[v1::REASON_RESTATED], kSeeds / 4);
  EXPECT_GT(told[v1::REASON_UNKNOWN_OWNER], kSeeds / 10);
}

class PlantedBugTest : public testing::TestWithParam<Planted> {};

// A check that cannot fail proves nothing.
TEST_P(PlantedBugTest, IsCaught) {
  // Few events change, and of those few on both sides of an accident.
  const uint64_t seeds = GetParam() == Planted::kVersionsAfter ? 400 : 100;
  int caught = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    caught += Catches(seed, GetParam()) ? 1 : 0;
  }
  std::cout << caught << " of " << seeds << " seeds catch it\n";
  EXPECT_GT(caught, 0);
}

INSTANTIATE_TEST_SUITE_P(Bugs, PlantedBugTest,
                         testing::Values(Planted::kPositionsBefore, Planted::kPositionsAfter,
                                         Planted::kOutboxAfter, Planted::kDuplicatesAfter,
                                         Planted::kForgetsIds, Planted::kVersionsAfter,
                                         Planted::kEntitiesAfter, Planted::kFirstWins,
                                         Planted::kAcknowledgesFirst));

}  // namespace

// Tries one seed and says everything about it; 0: nothing is wrong.
int TryOne(uint64_t seed, bool show_rules) {
  if (show_rules) {
    std::cout << RulesOf(MakeWorld(seed));
  }
  const std::vector<std::string> problems = TrySeed(seed);
  std::cout << Report(seed, problems) << (problems.empty() ? "nothing is wrong\n" : "");
  return problems.empty() ? 0 : 1;
}

}  // namespace kpiwatch::sim

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  kpiwatch::SetupLogging(kpiwatch::LogLevel::kError, kpiwatch::LogFormat::kLogfmt);
  std::optional<uint64_t> seed;
  bool show_rules = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    uint64_t number = 0;
    if (argument == "--rules") {
      show_rules = true;
    } else if (argument.starts_with("--seed=") &&
               absl::SimpleAtoi(argv[i] + std::string_view("--seed=").size(), &number)) {
      seed = number;
    } else {
      std::cerr << "usage: sim_test [--seed=N [--rules]]\n";
      return 2;
    }
  }
  return seed ? kpiwatch::sim::TryOne(*seed, show_rules) : RUN_ALL_TESTS();
}
