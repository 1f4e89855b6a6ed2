// Drives an Engine over a scripted source, a store and a clock in memory; Run() alone moves it.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/testing/event_text.h"
#include "tests/testing/load_text.h"
#include "tests/testing/memory_store.h"
#include "tests/testing/scripted_source.h"

namespace kpiwatch {

class EngineDriver {
 public:
  explicit EngineDriver(absl::Time now) : clock(now) {
    source().name = "crm";
    options.idle_wait = absl::ZeroDuration();
    options.commit_beside = false;
  }

  // A new process on the same store; it reads what was written so far.
  void Start(const std::string& yaml, const std::vector<std::string>& channels = {}) {
    engine_.reset();
    metrics_ = std::make_unique<EngineMetrics>();
    options.core.sources = &sources_;
    std::vector<Engine::Source> sources;
    sources.push_back({.kind = "test",
                       .source = std::make_unique<ScriptedSource>("crm", &script_, draw),
                       .options = &sources_[0]});
    engine_ = std::make_unique<Engine>(options, &store, "store", &clock, std::move(sources),
                                       metrics_.get());
    std::vector<ChannelId> ids;
    for (const std::string& channel : channels) {
      ids.push_back({.name = channel});
    }
    ASSERT_TRUE(engine_->Start(LoadText(yaml), ids).ok());
  }
  // An event as EventText() has it, for the next Start(); the transport took it in at `received`.
  void Write(std::string_view type, std::string_view id, absl::Time time, std::string_view data,
             absl::Time received, std::string_view more = {}) {
    texts_.push_back(EventText(type, id, time, data, more));
    script_[0].push_back({texts_.back(), absl::ToUnixMillis(received)});
  }
  // A record as it is, for the next Start().
  void WriteText(std::string text) {
    texts_.push_back(std::move(text));
    script_[0].push_back({texts_.back(), absl::ToUnixMillis(clock.Now())});
  }
  // Until there is nothing more to do; returns how many steps had something to do.
  int Run() {
    for (int steps = 0;; ++steps) {
      const auto worked = engine_->RunOnce();
      EXPECT_TRUE(worked.ok()) << worked.status();
      if (!worked.ok() || !*worked) {
        return steps;
      }
    }
  }

  Engine& engine() { return *engine_; }
  EngineMetrics& metrics() { return *metrics_; }  // of this process
  SourceOptions& source() { return sources_[0]; }

  // For the next Start().
  Engine::Options options;
  ScriptedSource::Draw draw = [](int n) { return n - 1; };  // all there is
  MemoryStore store;
  ManualClock clock;

 private:
  std::vector<SourceOptions> sources_ = std::vector<SourceOptions>(1);
  std::deque<std::string> texts_;
  ScriptedSource::Script script_ = ScriptedSource::Script(1);
  std::unique_ptr<EngineMetrics> metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace kpiwatch
