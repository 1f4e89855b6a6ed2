// The daemon's engine over virtual time: nothing is read from a clock or kept on a disk. Replays
// and scenario tests drive it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/engine/core.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/ingest/source_options.h"
#include "daemon/model/event.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/store/memory_state_store.h"

namespace kpiwatch {

// Operation: AdvanceTo seals each day that falls due on the way at its own moment; then events of
// that moment are offered; Step ends it. Time never goes back.
// Errors: those of the engine; the object is of no use after one.
// Concurrency: none.
class VirtualEngine {
 public:
  struct Options {
    std::vector<SourceOptions> sources;
    Day first_day;               // nothing before it is sealed
    size_t max_ids = 1'000'000;  // of the duplicate window, which lasts for the whole run
    // Each source is complete up to now as time passes, but not beyond this (D-06). nullopt: the
    // caller says what is complete.
    std::optional<absl::Time> complete_until;
  };
  // Called with each transition of a step, and the moment of that step.
  using OnTransition = std::function<void(absl::Time now, const v1::Transition& transition)>;

  static absl::StatusOr<std::unique_ptr<VirtualEngine>> Start(
      Options options, std::shared_ptr<const Rulebook> rulebook, absl::Time start,
      OnTransition on_transition);

  // Passes the seal moments before `now`; one at `now` itself waits for Step(now).
  absl::Status AdvanceTo(absl::Time now);
  // What becomes of the event is the engine's business: duplicates and unasked types are no errors.
  absl::StatusOr<OfferResult> Offer(const Event& event, uint32_t source);
  // `source` is proven complete until `until` by a heartbeat that came at `now`.
  void Complete(uint32_t source, absl::Time until, absl::Time now);
  // Ends steps at `now` until nothing more is due.
  absl::Status Step(absl::Time now);
  absl::Status Reload(std::shared_ptr<const Rulebook> rulebook) {
    return core_->SetRulebook(std::move(rulebook));
  }

  Core& core() { return *core_; }

 private:
  VirtualEngine(Options options, OnTransition on_transition)
      : options_(std::move(options)), on_transition_(std::move(on_transition)) {}

  const Options options_;
  const OnTransition on_transition_;
  MemoryStateStore store_;
  EngineMetrics metrics_;
  WriteBatch batch_;
  absl::Time now_ = absl::InfinitePast();
  std::unique_ptr<Core> core_;  // last: borrows the others
};

}  // namespace kpiwatch
