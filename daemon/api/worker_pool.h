// The threads of the HTTP server.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "httplib.h"

namespace kpiwatch {

// A fixed number of threads and a queue of at most `max_waiting` connections. When it is full,
// whoever accepts connections waits, and further ones queue in the kernel's backlog.
class WorkerPool final : public httplib::TaskQueue {
 public:
  // What enqueue returns: nothing in older versions of the library, whether it took the task in
  // newer.
  using EnqueueResult =
      decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<std::function<void()>>()));

  WorkerPool(size_t threads, size_t max_waiting);
  ~WorkerPool() override { shutdown(); }
  EnqueueResult enqueue(std::function<void()> task) override;
  // Lets the threads finish what was taken in, and joins them.
  void shutdown() override;

 private:
  void Work();

  const size_t max_waiting_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace kpiwatch
