#include "daemon/engine/committer.h"

#include <utility>

#include "absl/time/clock.h"
#include "daemon/base/status_macros.h"

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

void Committer::Submit(const WriteBatch* batch, std::function<void()> durable) {
  MutexLock lock(&mu_);
  if (!beside_) {
    if (status_.ok()) {
      status_ = Write(*batch, durable);
    }
    return;
  }
  batch_ = batch;
  durable_ = std::move(durable);
  changed_.SignalAll();
}

absl::Status Committer::Wait() {
  MutexLock lock(&mu_);
  while (batch_ != nullptr) {
    changed_.Wait(&mu_);
  }
  return status_;
}

absl::Status Committer::Write(const WriteBatch& batch, const std::function<void()>& durable) {
  const absl::Time begin = absl::Now();
  KPIWATCH_RETURN_IF_ERROR(store_->Write(batch));
  metrics_->commit_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - begin));
  durable();
  return absl::OkStatus();
}

void Committer::Run() {
  while (true) {
    const WriteBatch* batch = nullptr;
    std::function<void()> durable;
    absl::Status status;
    {
      MutexLock lock(&mu_);
      while (batch_ == nullptr && !stopping_) {
        changed_.Wait(&mu_);
      }
      if (batch_ == nullptr) {
        return;
      }
      batch = batch_;
      durable = std::move(durable_);
      status = status_;
    }
    if (status.ok()) {
      status = Write(*batch, durable);
    }
    MutexLock lock(&mu_);
    status_ = status;
    batch_ = nullptr;
    changed_.SignalAll();
  }
}

}  // namespace kpiwatch
