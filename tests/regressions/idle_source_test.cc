// A source asked for one record at a time was asked again and again when it had none, until the
// step's time was over.
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/testing/core_driver.h"
#include "tests/testing/scripted_source.h"

namespace kpiwatch {
namespace {

constexpr char kRules[] = R"(
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id}
)";

TEST(IdleSourceTest, IsAskedOnceAStepHoweverFewRecordsAPollBrings) {
  std::vector<SourceOptions> options(1);
  options[0].name = "crm";
  const ScriptedSource::Script script(1);
  MemoryStore store;
  EngineMetrics metrics;
  ManualClock clock(At("2026-11-02T10:00"));
  int polls = 0;
  Engine::Options engine_options;
  engine_options.core.sources = &options;
  engine_options.poll_records = 1;
  engine_options.idle_wait = absl::ZeroDuration();
  engine_options.commit_beside = false;
  std::vector<Engine::Source> sources;
  sources.push_back({.kind = "test",
                     .source = std::make_unique<ScriptedSource>("crm", &script,
                                                                [&polls](int n) {
                                                                  polls += n == 1 ? 1 : 0;
                                                                  return 0;
                                                                }),
                     .options = &options[0]});
  Engine engine(std::move(engine_options), &store, "store", &clock, std::move(sources), &metrics);
  ASSERT_TRUE(engine.Start(LoadText(kRules), {}).ok());
  ASSERT_TRUE(engine.RunOnce().ok());
  EXPECT_LE(polls, 10);  // several draws a poll
}

}  // namespace
}  // namespace kpiwatch
