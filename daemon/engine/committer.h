// Makes batches durable beside the engine thread: one at a time, in order.
#pragma once

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "daemon/base/mutex.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Concurrency: Submit and Wait from one thread.
class Committer {
 public:
  // Both are borrowed. `beside` false: Submit writes by itself before it returns, so that a seeded
  // simulation has one order of things.
  Committer(StateStore* store, EngineMetrics* metrics, bool beside);
  ~Committer();

  // Begins to write `batch`, which must stay as it is until Wait returns; calls `durable` on the
  // committing thread when it is on disk. REQUIRES: nothing is under way.
  void Submit(const WriteBatch* batch, std::function<void()> durable);
  // Returns when nothing is under way: how the last batch went. After an error nothing more is
  // written.
  absl::Status Wait();

 private:
  void Run();
  absl::Status Write(const WriteBatch& batch, const std::function<void()>& durable);

  StateStore* const store_;
  EngineMetrics* const metrics_;
  const bool beside_;
  Mutex mu_;
  CondVar changed_;
  const WriteBatch* batch_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::function<void()> durable_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace kpiwatch
