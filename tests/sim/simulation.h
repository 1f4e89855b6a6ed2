// One life of a daemon in a world: the real engine, outbox and core over fakes, with accidents
// between and inside its steps, until everything is read, sealed and told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/engine/engine.h"
#include "tests/sim/random.h"
#include "tests/sim/receivers.h"
#include "tests/sim/sim_store.h"
#include "tests/sim/world.h"
#include "tests/testing/scripted_source.h"

namespace kpiwatch::sim {

// Bugs that the simulation must notice.
enum class Planted {
  kNone,
  kPositionsBefore,    // positions are durable before what was read up to there
  kPositionsAfter,     // … or only later
  kOutboxAfter,        // what was decided is durable only later than the ladders
  kDuplicatesAfter,    // the ids that were seen are durable only later than their facts
  kForgetsIds,         // the window of known ids is too short
  kVersionsAfter,      // what an event has added is durable only later than its facts
  kEntitiesAfter,      // what an entity adds is durable only later than its values
  kFirstWins,          // the first of an id counts, whatever its sequence
  kAcknowledgesFirst,  // a sender acknowledges before it sends
};

struct SimulationOptions {
  uint64_t seed = 0;  // of batches and accidents
  bool faults = false;
  Planted planted = Planted::kNone;
};

class Simulation {
 public:
  // Both are borrowed.
  Simulation(const World& world, std::shared_ptr<const Rulebook> rulebook,
             SimulationOptions options);
  ~Simulation();

  // Lives to the end; at once wrong things are in problems().
  void Run();

  const std::vector<std::string>& problems() const { return problems_; }
  // ---- After Run ----
  Core& core() { return engine_->core(); }
  const SimStore& store() const { return store_; }
  const std::vector<v1::OutboxEntry>& published() const { return topic_.entries(); }
  int crashes() const { return crashes_; }

 private:
  void Start();
  void Crash();
  void RunRound();
  void MaybeHarm();
  void Settle();
  bool AllRead() const;
  void CheckReceivers();

  const World& world_;
  const std::shared_ptr<const Rulebook> rulebook_;
  const SimulationOptions options_;
  Random random_;
  std::vector<SourceOptions> source_options_;
  std::vector<ScriptedSource::Script> scripts_;
  SimStore store_;
  ManualClock clock_;
  Topic topic_;
  Webhook webhook_;
  std::unique_ptr<EngineMetrics> metrics_;
  std::vector<ScriptedSource*> sources_;
  std::unique_ptr<Engine> engine_;  // last: borrows the others
  bool faults_ = false;
  int crashes_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace kpiwatch::sim
