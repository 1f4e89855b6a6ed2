#include "tests/sim/simulation.h"

#include <algorithm>
#include <utility>

#include "daemon/store/keys.h"
#include "fmt/format.h"

namespace kpiwatch::sim {
namespace {

SimStore::Split SplitOf(Planted planted) {
  const auto is_position = [](Family family, std::string_view key) {
    return family == Family::kMeta && key.starts_with('p');
  };
  switch (planted) {
    case Planted::kPositionsBefore:
      return {is_position, true};
    case Planted::kPositionsAfter:
      return {is_position, false};
    case Planted::kVersionsAfter:
      return {[](Family family, std::string_view key) {
                return family == Family::kMeta && key.starts_with(kVersionPrefix);
              },
              false};
    case Planted::kEntitiesAfter:
      return {[](Family family, std::string_view key) {
                return family == Family::kMeta && ParseEntityKey(key).has_value();
              },
              false};
    case Planted::kOutboxAfter:
      return {[](Family family, std::string_view) { return family == Family::kOutbox; }, false};
    default:
      return {[](Family family, std::string_view key) {
                return family == Family::kDedup || (family == Family::kMeta && key == "dedup");
              },
              false};
  }
}

}  // namespace

Simulation::Simulation(const World& world, std::shared_ptr<const Rulebook> rulebook,
                       SimulationOptions options)
    : world_(world),
      rulebook_(std::move(rulebook)),
      options_(options),
      random_(options.seed),
      clock_(world.Calendar().Begin(world.first)),
      webhook_(options.planted == Planted::kAcknowledgesFirst),
      faults_(options.faults) {
  for (const SimSource& source : world.sources) {
    SourceOptions source_options;
    source_options.name = source.name;
    source_options.complete_by = CompleteBy::kHeartbeat;
    source_options.highest_sequence_wins =
        world.some_change && options.planted != Planted::kFirstWins;
    source_options_.push_back(std::move(source_options));
    ScriptedSource::Script& script = scripts_.emplace_back();
    for (const auto& partition : source.partitions) {
      auto& records = script.emplace_back();
      for (const SimRecord& record : partition) {
        records.push_back({record.text, absl::ToUnixMillis(record.timestamp)});
      }
    }
  }
  if (options.planted == Planted::kPositionsBefore || options.planted == Planted::kPositionsAfter ||
      options.planted == Planted::kOutboxAfter || options.planted == Planted::kDuplicatesAfter ||
      options.planted == Planted::kVersionsAfter || options.planted == Planted::kEntitiesAfter) {
    store_.SetSplit(SplitOf(options.planted));
  }
}

Simulation::~Simulation() = default;

void Simulation::Start() {
  engine_.reset();
  sources_.clear();
  metrics_ = std::make_unique<EngineMetrics>();
  Engine::Options options;
  options.core.sources = &source_options_;
  options.core.clock_by_events = world_.clock_by_events;
  options.core.live_from = absl::InfinitePast();
  options.core.correction_window = world_.correction_window;
  options.core.dedup.max_ids = options_.planted == Planted::kForgetsIds ? 8 : 100'000;
  options.core.dedup.min_age = absl::Hours(24 * 120);
  options.core.series.max_cells = random_.Chance(50) ? 40 : 4'000'000;
  const auto rules = static_cast<int>(std::max<size_t>(1, rulebook_->rules.size()));
  options.core.seal_chunk =
      random_.Chance(50) ? static_cast<size_t>(random_.Between(1, 3 * rules)) : 20'000;
  options.max_step_events = static_cast<size_t>(random_.Between(1, 200));
  options.max_step_time = absl::InfiniteDuration();
  options.core.most_causes =
      static_cast<size_t>(random_.Chance(50) ? random_.Between(1, 100) : 1000);
  options.core.waiting_cells = static_cast<size_t>(random_.Chance(50) ? random_.Below(8) : 1000);
  options.poll_records = static_cast<size_t>(random_.Between(1, 64));
  options.idle_wait = absl::ZeroDuration();
  options.commit_beside = false;
  std::vector<Engine::Source> sources;
  for (size_t s = 0; s < scripts_.size(); ++s) {
    auto source = std::make_unique<ScriptedSource>(source_options_[s].name, &scripts_[s],
                                                   [this](int n) { return random_.Below(n); });
    sources_.push_back(source.get());
    sources.push_back(
        {.kind = "test", .source = std::move(source), .options = &source_options_[s]});
  }
  engine_ = std::make_unique<Engine>(std::move(options), &store_, "sim", &clock_,
                                     std::move(sources), metrics_.get());
  const absl::Status started = engine_->Start(rulebook_, {{kTopicChannel}, {kWebhookChannel}});
  if (!started.ok()) {
    problems_.push_back("the daemon does not start: " + started.ToString());
  }
  webhook_.Restart(engine_->outbox());
}

// Whatever is not in the store, the topic or the receiver is gone.
void Simulation::Crash() {
  ++crashes_;
  store_.SetNextWrite(SimStore::NextWrite::kWorks);
  store_.ClearFailed();
  Start();
}

void Simulation::MaybeHarm() {
  if (!faults_) {
    return;
  }
  if (random_.Chance(6)) {
    store_.SetNextWrite(random_.Chance(50) ? SimStore::NextWrite::kFails
                                           : SimStore::NextWrite::kGoesUnseen);
  }
  if (random_.Chance(4)) {
    sources_[static_cast<size_t>(random_.Below(static_cast<int>(sources_.size())))]->FailNextPoll(
        absl::UnavailableError("the broker is away"));
  }
  if (random_.Chance(4)) {
    Crash();
  }
  if (random_.Chance(4) && !store_.failed()) {
    const absl::Status status = engine_->Reload(rulebook_, {{kTopicChannel}, {kWebhookChannel}});
    if (!status.ok() && !store_.failed()) {
      problems_.push_back("reload: " + status.ToString());
    }
  }
}

void Simulation::RunRound() {
  MaybeHarm();
  const bool had_failed = store_.failed();
  const absl::StatusOr<bool> worked = engine_->RunOnce();
  if (!worked.ok()) {
    if (!store_.failed()) {
      problems_.push_back("the engine stopped: " + worked.status().ToString());
    }
    Crash();
  } else if (had_failed) {
    problems_.push_back("the engine goes on after a write that failed");
    Crash();
  }
  if (random_.Chance(50)) {
    topic_.Pump(engine_->outbox(), faults_, random_, &problems_);
  }
  if (random_.Chance(50)) {
    webhook_.Pump(engine_->outbox(), faults_, random_, &problems_);
  }
}

bool Simulation::AllRead() const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const ScriptedSource* source) { return source->AtEnd(); });
}

void Simulation::Run() {
  Start();
  constexpr int kMostRounds = 20'000;
  int rounds = 0;
  while (!AllRead() && problems_.empty() && ++rounds < kMostRounds) {
    RunRound();
    clock_.Set(std::min(world_.end, clock_.Now() + absl::Hours(random_.Below(72))));
  }
  clock_.Set(world_.end);
  // The last accidents, while days are still being sealed and told.
  for (int n = 0; n < 20 && problems_.empty(); ++n) {
    RunRound();
  }
  faults_ = false;
  store_.SetNextWrite(SimStore::NextWrite::kWorks);
  Settle();
  CheckReceivers();
}

void Simulation::Settle() {
  constexpr int kMostRounds = 4'000;
  for (int idle = 0, rounds = 0; idle < 3 && problems_.empty(); ++rounds) {
    if (rounds >= kMostRounds) {
      problems_.push_back("the daemon never comes to rest");
      return;
    }
    const absl::StatusOr<bool> worked = engine_->RunOnce();
    if (!worked.ok()) {
      if (!store_.failed()) {
        problems_.push_back("the engine stopped: " + worked.status().ToString());
      }
      Crash();
      continue;
    }
    topic_.Pump(engine_->outbox(), false, random_, &problems_);
    webhook_.Pump(engine_->outbox(), false, random_, &problems_);
    const uint64_t head = engine_->outbox().head();
    const bool done = AllRead() && topic_.cursor() == head && webhook_.DoneThrough(head);
    idle = done && !*worked ? idle + 1 : 0;
  }
}

void Simulation::CheckReceivers() {
  if (!problems_.empty()) {
    return;
  }
  const uint64_t head = engine_->outbox().head();
  if (head != core().last_seq()) {
    problems_.push_back("the outbox's head is not what was decided last");
  }
  webhook_.Check(head, &problems_);
  if (topic_.cursor() != head) {
    problems_.push_back(fmt::format("{} of {} entries are in the topic", topic_.cursor(), head));
  }
  if (store_.contents().size(Family::kOutbox) != 0) {
    problems_.push_back("entries that everybody has acknowledged are still in the store");
  }
}

}  // namespace kpiwatch::sim
