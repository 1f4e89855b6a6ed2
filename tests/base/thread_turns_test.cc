#include "daemon/base/thread_turns.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace kpiwatch {
namespace {

int Nice() { return getpriority(PRIO_PROCESS, 0); }

TEST(ThreadTurnsTest, HelpersAndTheirHelpersGiveWayAndTheCallerDoesNot) {
  const int before = Nice();
  int helper = 0, its_helper = 0;
  std::jthread started;
  StartHelpers([&] {
    started = std::jthread([&] {
      helper = Nice();
      std::jthread([&] { its_helper = Nice(); }).join();
    });
  });
  started.join();
  EXPECT_EQ(helper, std::max(before, kHelperNice));
  EXPECT_EQ(its_helper, helper);
  EXPECT_EQ(Nice(), before);
}

}  // namespace
}  // namespace kpiwatch
