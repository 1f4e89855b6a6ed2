// A write that failed while rules were reloaded was told to whoever asked for the reload, and the
// engine went on until it had something else to write.
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

TEST(FailedWriteTest, StopsTheEngineAtOnce) {
  std::vector<SourceOptions> options(1);
  options[0].name = "crm";
  const ScriptedSource::Script script(1);
  MemoryStore store;
  EngineMetrics metrics;
  ManualClock clock(At("2026-11-02T10:00"));
  Engine::Options engine_options;
  engine_options.core.sources = &options;
  engine_options.idle_wait = absl::ZeroDuration();
  engine_options.commit_beside = false;
  std::vector<Engine::Source> sources;
  sources.push_back(
      {.kind = "test",
       .source = std::make_unique<ScriptedSource>("crm", &script, [](int) { return 0; }),
       .options = &options[0]});
  Engine engine(std::move(engine_options), &store, "store", &clock, std::move(sources), &metrics);
  const auto book = LoadText(kRules);
  ASSERT_TRUE(engine.Start(book, {}).ok());
  store.FailNextWrite(absl::ResourceExhaustedError("no space left on device"));
  EXPECT_TRUE(absl::IsResourceExhausted(engine.Reload(book, {})));
  EXPECT_TRUE(absl::IsResourceExhausted(engine.RunOnce().status()));
}

}  // namespace
}  // namespace kpiwatch
