#include "daemon/base/thread_turns.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace kpiwatch {
namespace {

int Nice() { return getpriority(PRIO_PROCESS, 0); }

TEST(ThreadTurnsTest, HelpersAndTheirHelpersGiveWayAndTheCallerDoesNot) {
  const int before = Nice();
  const int policy_before = sched_getscheduler(0);
  int helper = 0, its_helper = 0, its_policy = -1;
  std::jthread started;
  StartHelpers([&] {
    started = std::jthread([&] {
      helper = Nice();
      std::jthread([&] {
        its_helper = Nice();
        its_policy = sched_getscheduler(0);
      }).join();
    });
  });
  started.join();
  EXPECT_EQ(helper, std::max(before, kHelperNice));
  EXPECT_EQ(its_helper, helper);
  EXPECT_EQ(its_policy, SCHED_BATCH);
  EXPECT_EQ(Nice(), before);
  EXPECT_EQ(sched_getscheduler(0), policy_before);
}

}  // namespace
}  // namespace kpiwatch
