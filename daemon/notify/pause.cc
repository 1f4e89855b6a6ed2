#include "daemon/notify/pause.h"

#include "daemon/base/mutex.h"

namespace kpiwatch {

void SystemPause::For(absl::Duration wait, const std::stop_token& stop) {
  const CondVar::Deadline deadline = CondVar::After(wait);
  Mutex mu;
  CondVar stopped;
  const std::stop_callback wake(stop, [&] {
    MutexLock lock(&mu);  // the waiter has seen the request or is already waiting
    stopped.SignalAll();
  });
  MutexLock lock(&mu);
  while (!stop.stop_requested() && stopped.WaitUntil(&mu, deadline)) {
  }
}

}  // namespace kpiwatch
