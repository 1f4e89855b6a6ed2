#include "daemon/base/thread_turns.h"

#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace kpiwatch {

void StartHelpers(absl::FunctionRef<void()> start) {
  // A thread of its own, because without a right nobody gets a nice value back.
  std::jthread([&] {
    // Of this thread alone, on Linux, and of those that it starts.
    (void)setpriority(PRIO_PROCESS, 0, kHelperNice);
    const sched_param no_priority{};
    (void)sched_setscheduler(0, SCHED_BATCH, &no_priority);
    start();
  }).join();
}

}  // namespace kpiwatch
