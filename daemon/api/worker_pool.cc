#include "daemon/api/worker_pool.h"

namespace kpiwatch {

WorkerPool::WorkerPool(size_t threads, size_t max_waiting) : max_waiting_(max_waiting) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkerPool::EnqueueResult WorkerPool::enqueue(std::function<void()> task) {
  {
    MutexLock lock(&mu_);
    while (waiting_.size() >= max_waiting_ && !stopping_) {
      changed_.Wait(&mu_);
    }
    waiting_.push_back(std::move(task));  // when stopping too: the task closes its connection
  }
  changed_.SignalAll();
  return static_cast<EnqueueResult>(true);
}

void WorkerPool::shutdown() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void WorkerPool::Work() {
  for (;;) {
    std::function<void()> task;
    {
      MutexLock lock(&mu_);
      while (waiting_.empty() && !stopping_) {
        changed_.Wait(&mu_);
      }
      if (waiting_.empty()) {
        return;
      }
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    changed_.SignalAll();
    task();
  }
}

}  // namespace kpiwatch
