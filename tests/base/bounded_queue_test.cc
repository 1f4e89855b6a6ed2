#include "daemon/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>

namespace kpiwatch {
namespace {

TEST(BoundedQueueTest, ItemsLeaveInTheOrderTheyEntered) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.Push(1));
  EXPECT_TRUE(queue.Push(2));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_TRUE(queue.Push(3));
  std::vector<int> all = {0};
  EXPECT_EQ(queue.PopAll(&all), 2u);
  EXPECT_EQ(all, (std::vector<int>{0, 2, 3}));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueueTest, TryPushRefusesAFullQueueAndLeavesTheItem) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(second)));
  ASSERT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): a refused item stays
  EXPECT_TRUE(queue.Pop().has_value());
  EXPECT_TRUE(queue.TryPush(std::move(second)));
}

TEST(BoundedQueueTest, PushWaitsForRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  std::jthread producer([&] { EXPECT_TRUE(queue.Push(2)); });
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
}

TEST(BoundedQueueTest, CloseRefusesProducersAndLetsConsumersDrain) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.Push(1));
  queue.Close();
  queue.Close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.Push(2));
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
  std::vector<int> rest;
  EXPECT_EQ(queue.PopAll(&rest), 0u);
}

TEST(BoundedQueueTest, CloseWakesWaitingProducersAndConsumers) {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.Push(1));
  std::jthread popper([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
  std::jthread all_popper([&] {
    std::vector<int> out;
    EXPECT_EQ(empty.PopAll(&out), 0u);
  });
  std::jthread pusher([&] { EXPECT_FALSE(full.Push(2)); });
  empty.Close();
  full.Close();
}

TEST(BoundedQueueTest, AStopRequestEndsOnlyTheCallThatWaits) {
  BoundedQueue<int> queue(1);
  std::jthread consumer(
      [&](const std::stop_token& stop) { EXPECT_EQ(queue.Pop(stop), std::nullopt); });
  consumer.request_stop();
  consumer.join();
  EXPECT_FALSE(queue.closed());
  ASSERT_TRUE(queue.Push(1));
  std::jthread producer([&](const std::stop_token& stop) { EXPECT_FALSE(queue.Push(2, stop)); });
  producer.request_stop();
  producer.join();
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueueTest, AStoppedConsumerStillGetsWhatIsInside) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(queue.Pop(stop.get_token()), 1);
}

TEST(BoundedQueueTest, PopAllReturnsEmptyHandedAfterItsTimeout) {
  BoundedQueue<int> queue(1);
  std::vector<int> out;
  EXPECT_EQ(queue.PopAll(&out, absl::ZeroDuration()), 0u);
  EXPECT_EQ(queue.PopAll(&out, absl::Milliseconds(1)), 0u);
  EXPECT_EQ(queue.PopAll(&out, -absl::InfiniteDuration()), 0u);
}

TEST(BoundedQueueTest, ManyThreadsLoseAndRepeatNothing) {
  constexpr int kProducers = 3;
  constexpr int kItems = 2'000;
  constexpr int kAll = kProducers * kItems;
  BoundedQueue<int> queue(7);
  std::vector<int> seen;
  {
    std::jthread consumer([&] {
      while (queue.PopAll(&seen) > 0) {
      }
    });
    {
      std::vector<std::jthread> producers;
      producers.reserve(kProducers);
      for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&queue, p] {
          for (int i = 0; i < kItems; ++i) {
            EXPECT_TRUE(queue.Push(p * kItems + i));
            EXPECT_LE(queue.size(), queue.capacity());
          }
        });
      }
    }
    queue.Close();
  }
  std::sort(seen.begin(), seen.end());
  std::vector<int> expected(kAll);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace kpiwatch
