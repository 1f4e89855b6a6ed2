// Which rulebook decides about which outbox entries.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "daemon/base/mutex.h"
#include "daemon/notify/delivery_plan.h"

namespace kpiwatch {

// One rulebook's reign over the outbox. Immutable.
struct Epoch {
  uint64_t from = 0;  // it decides about entries with numbers above this one
  DeliveryPlanner planner;
};

// The rulebooks of a running daemon: an entry is decided by the one that was in force when the
// entry was written, so that all channels share out the messages of a step in the same way, however
// far behind each of them is. Thread-safe.
class Epochs {
 public:
  // Kept at most; with more reloads than these during one long outage, the oldest one kept decides
  // about what is older.
  static constexpr size_t kMaxKept = 16;

  // REQUIRES: epoch->from is not below that of the epoch before.
  void Enter(std::shared_ptr<const Epoch> epoch) {
    MutexLock lock(&mu_);
    epochs_.push_back(std::move(epoch));
    if (epochs_.size() > kMaxKept) {
      epochs_.pop_front();
    }
  }

  // The epoch of the entry numbered `seq`. REQUIRES: Enter was called.
  std::shared_ptr<const Epoch> Of(uint64_t seq) const {
    MutexLock lock(&mu_);
    auto it = epochs_.end() - 1;
    while (it != epochs_.begin() && (*it)->from >= seq) {
      --it;
    }
    return *it;
  }

  // Nobody will ask about entries up to `seq` any more.
  void Forget(uint64_t seq) {
    MutexLock lock(&mu_);
    while (epochs_.size() > 1 && epochs_[1]->from <= seq) {
      epochs_.pop_front();
    }
  }

  size_t size() const {
    MutexLock lock(&mu_);
    return epochs_.size();
  }

 private:
  mutable Mutex mu_;
  std::deque<std::shared_ptr<const Epoch>> epochs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
