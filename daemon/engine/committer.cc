#include "daemon/engine/committer.h"

#include <utility>

#include "absl/time/clock.h"
#include "daemon/base/status_macros.h"
#include "daemon/engine/outbox_segments.h"

namespace kpiwatch {

Committer::Committer(StateStore* store, EngineMetrics* metrics, bool beside)
    : store_(store), metrics_(metrics), beside_(beside) {
  if (beside_) {
    thread_ = std::jthread([this] { Run(); });
  }
}

Committer::~Committer() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  changed_.SignalAll();
}

void Committer::Submit(WriteBatch* batch, std::shared_ptr<const EntryBlock> entries,
                       std::function<void()> durable) {
  Task task{batch, std::move(entries), std::move(durable)};
  MutexLock lock(&mu_);
  if (!beside_) {
    if (status_.ok()) {
      status_ = Write(task);
    }
    return;
  }
  task_ = std::move(task);
  changed_.SignalAll();
}

absl::Status Committer::Wait() {
  MutexLock lock(&mu_);
  while (task_.has_value()) {
    changed_.Wait(&mu_);
  }
  return status_;
}

absl::Status Committer::Write(const Task& task) {
  const absl::Time begin = absl::Now();
  PutSegments(*task.entries, task.batch);
  KPIWATCH_RETURN_IF_ERROR(store_->Write(*task.batch));
  metrics_->commit_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - begin));
  task.durable();
  return absl::OkStatus();
}

void Committer::Run() {
  while (true) {
    Task task;
    absl::Status status;
    {
      MutexLock lock(&mu_);
      while (!task_.has_value() && !stopping_) {
        changed_.Wait(&mu_);
      }
      if (!task_.has_value()) {
        return;
      }
      task = *task_;
      status = status_;
    }
    if (status.ok()) {
      status = Write(task);
    }
    MutexLock lock(&mu_);
    status_ = status;
    task_.reset();
    changed_.SignalAll();
  }
}

}  // namespace kpiwatch
