#include "daemon/notify/epochs.h"

#include <gtest/gtest.h>

#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

TEST(EpochsTest, EachEntryBelongsToTheRulebookThatWasInForce) {
  const auto epoch = [](uint64_t from) {
    auto rulebook = std::make_shared<const Rulebook>(SampleRulebook());
    return std::make_shared<const Epoch>(Epoch{.from = from, .planner = {rulebook, {}, {}}});
  };
  Epochs epochs;
  epochs.Enter(epoch(0));
  epochs.Enter(epoch(10));
  epochs.Enter(epoch(10));
  epochs.Enter(epoch(20));
  EXPECT_EQ(epochs.Of(10)->from, 0U);
  EXPECT_EQ(epochs.Of(11)->from, 10U);
  EXPECT_EQ(epochs.Of(20)->from, 10U);
  EXPECT_EQ(epochs.Of(21)->from, 20U);
  epochs.Forget(15);
  EXPECT_EQ(epochs.size(), 2U);
  EXPECT_EQ(epochs.Of(16)->from, 10U);
  EXPECT_EQ(epochs.Of(3)->from, 10U) << "the oldest one kept";
  for (int i = 0; i < 100; ++i) {
    epochs.Enter(epoch(20));
  }
  EXPECT_EQ(epochs.size(), Epochs::kMaxKept);
}

}  // namespace
}  // namespace kpiwatch
