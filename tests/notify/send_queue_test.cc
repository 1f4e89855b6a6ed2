#include "daemon/notify/send_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/notify/retry_after.h"

namespace kpiwatch {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

// Without jitter: waits of 1, 2, 4 … seconds up to 60.
class SendQueueTest : public testing::Test {
 protected:
  SendQueueTest()
      : queue_(100,
               {.initial = absl::Seconds(1), .max = absl::Minutes(1), .give_up = absl::Hours(24)},
               [] { return 0.0; }) {}

  void Add(uint64_t seq, std::vector<std::string> recipients) {
    std::vector<Message> messages;
    for (std::string& recipient : recipients) {
      Message& message = messages.emplace_back();
      message.idempotency_key = recipient + std::to_string(seq);
      message.recipient = std::move(recipient);
    }
    queue_.Add(seq, std::move(messages), nullptr, now_);
  }
  // The key of the due message; empty: none.
  std::string Due() const {
    const SendQueue::Item* item = queue_.Due(now_);
    return item == nullptr ? "" : item->message.idempotency_key;
  }
  Outcome Settle(const absl::Status& status) {
    return queue_.Settle(*queue_.Due(now_), status, now_);
  }

  SendQueue queue_;
  absl::Time now_ = kStart;
};

TEST_F(SendQueueTest, DoneFollowsTheOldestOpenMessage) {
  Add(110, {"a", "b"});
  Add(111, {});
  Add(120, {"c"});
  EXPECT_EQ(queue_.done_through(), 100U);
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  EXPECT_EQ(queue_.done_through(), 100U);
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  EXPECT_EQ(queue_.done_through(), 111U);
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  EXPECT_EQ(queue_.done_through(), 120U);
  Add(130, {});
  EXPECT_EQ(queue_.done_through(), 130U);
}

TEST_F(SendQueueTest, DeadChannelHoldsBackEverybodyLongerAndLonger) {
  Add(101, {"a", "b"});
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    ASSERT_NE(Due(), "");
    EXPECT_EQ(Settle(absl::UnavailableError("down")), Outcome::kRetry);
    EXPECT_EQ(Due(), "");
    EXPECT_EQ(queue_.NextDue(), now_ + absl::Seconds(seconds));
    now_ = queue_.NextDue();
  }
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  ASSERT_NE(Due(), "") << "one success opens the channel";
  EXPECT_EQ(Settle(absl::DeadlineExceededError("slow")), Outcome::kRetry);
  EXPECT_EQ(queue_.NextDue(), now_ + absl::Seconds(1)) << "the wait begins anew";
}

TEST_F(SendQueueTest, BusyRecipientHoldsBackOnlyHisOwnMessages) {
  Add(101, {"a"});
  Add(102, {"a", "b"});
  EXPECT_EQ(Due(), "a101");
  EXPECT_EQ(Settle(absl::ResourceExhaustedError("mailbox full")), Outcome::kRetry);
  EXPECT_EQ(Due(), "b102") << "a's second message must not overtake his first";
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  EXPECT_EQ(Due(), "");
  now_ = queue_.NextDue();
  EXPECT_EQ(now_, kStart + absl::Seconds(1));
  EXPECT_EQ(Due(), "a101");
  EXPECT_EQ(Settle(absl::OkStatus()), Outcome::kAccepted);
  EXPECT_EQ(Due(), "a102");
}

TEST_F(SendQueueTest, FailingRecipientsTakeTurns) {
  Add(101, {"a", "b"});
  EXPECT_EQ(Due(), "a101");
  Settle(absl::UnavailableError("down"));
  now_ = queue_.NextDue();
  EXPECT_EQ(Due(), "b101");
  Settle(absl::UnavailableError("down"));
  now_ = queue_.NextDue();
  EXPECT_EQ(Due(), "a101");
}

TEST_F(SendQueueTest, WaitsAsLongAsTheOtherSideAsks) {
  Add(101, {"a"});
  Settle(WithRetryAfter(absl::ResourceExhaustedError("429"), absl::Seconds(90)));
  EXPECT_EQ(queue_.NextDue(), kStart + absl::Seconds(90));
  now_ = queue_.NextDue();
  Settle(WithRetryAfter(absl::UnavailableError("503"), absl::Seconds(40)));
  EXPECT_EQ(queue_.NextDue(), now_ + absl::Seconds(40));
}

TEST_F(SendQueueTest, RefusedMessageDoesNotBlock) {
  Add(101, {"a"});
  Add(102, {"a"});
  EXPECT_EQ(Settle(absl::InvalidArgumentError("400")), Outcome::kRejected);
  EXPECT_EQ(queue_.done_through(), 101U);
  EXPECT_EQ(Due(), "a102");
}

TEST_F(SendQueueTest, GivesUpAfterTheStatedTimeAndNotBefore) {
  Add(101, {"a"});
  now_ = kStart + absl::Hours(24) - absl::Seconds(1);
  EXPECT_EQ(Settle(absl::UnavailableError("down")), Outcome::kRetry);
  now_ = queue_.NextDue();
  EXPECT_EQ(Settle(absl::UnavailableError("down")), Outcome::kGaveUp);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.done_through(), 101U);
}

TEST_F(SendQueueTest, ReleaseMakesEverythingDueAtOnce) {
  Add(101, {"a", "b"});
  Settle(absl::ResourceExhaustedError("busy"));
  Settle(absl::UnavailableError("down"));
  EXPECT_EQ(Due(), "");
  queue_.Release();
  EXPECT_NE(Due(), "");
}

TEST_F(SendQueueTest, OwnerLivesUntilItsMessagesAreDone) {
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = owner;
  std::vector<Message> messages(1);
  queue_.Add(101, std::move(messages), std::move(owner), now_);
  EXPECT_FALSE(alive.expired());
  Settle(absl::OkStatus());
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace kpiwatch
