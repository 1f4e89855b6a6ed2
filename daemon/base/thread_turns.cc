#include "daemon/base/thread_turns.h"

#include <sys/resource.h>

#include <thread>

namespace kpiwatch {

void StartHelpers(absl::FunctionRef<void()> start) {
  // A thread of its own, because without a right nobody gets a nice value back.
  std::jthread([&] {
    // Of this thread alone, on Linux, and of those that it starts.
    (void)setpriority(PRIO_PROCESS, 0, kHelperNice);
    start();
  }).join();
}

}  // namespace kpiwatch
