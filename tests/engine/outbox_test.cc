#include "daemon/engine/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/wire.h"
#include "daemon/engine/outbox_segments.h"
#include "daemon/store/keys.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kMail[] = "email";
constexpr char kHook[] = "webhook";

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    EXPECT_TRUE(outbox_.Restore(0).ok());
    outbox_.SetChannels({{kMail}, {kHook}});
  }

  // The entries of a step of `count` transitions, durable but not published.
  std::shared_ptr<const EntryBlock> Write(size_t count) {
    ++step_;
    EntryBlockBuilder builder;
    v1::Transition transition;
    transition.set_step(step_);
    for (size_t i = 0; i < count; ++i) {
      builder.Add(++last_, transition);
    }
    const std::shared_ptr<const EntryBlock> entries = builder.Take();
    WriteBatch batch;
    PutSegments(*entries, &batch);
    EXPECT_TRUE(store_.Write(batch).ok());
    return entries;
  }
  void Commit(size_t count) { outbox_.Publish(Write(count)); }
  // What the engine does with its next step.
  void WriteChanges() {
    WriteBatch batch;
    outbox_.AddChanges(&batch);
    EXPECT_TRUE(store_.Write(batch).ok());
  }

  static std::vector<uint64_t> Numbers(Outbox& outbox, uint64_t after, size_t max) {
    const auto read = outbox.Read(after, max, absl::ZeroDuration());
    EXPECT_TRUE(read.ok()) << read.status();
    std::vector<uint64_t> numbers;
    for (const v1::OutboxEntry& entry : *read) {
      numbers.push_back(entry.seq());
    }
    return numbers;
  }

  MemoryStore store_;
  Outbox outbox_{&store_};
  uint64_t last_ = 0;
  int64_t step_ = 0;
};

TEST_F(OutboxTest, GivesEntriesInOrderBehindTheCursor) {
  Commit(2);
  Commit(1);
  EXPECT_THAT(Numbers(outbox_, 0, 10), ElementsAre(1, 2, 3));
  EXPECT_THAT(Numbers(outbox_, 2, 10), ElementsAre(3));
  EXPECT_THAT(Numbers(outbox_, 3, 10), IsEmpty());
}

TEST_F(OutboxTest, LeavesAStepThatDoesNotFitForTheNextRead) {
  Commit(2);
  Commit(3);
  EXPECT_THAT(Numbers(outbox_, 0, 4), ElementsAre(1, 2));
  EXPECT_THAT(Numbers(outbox_, 2, 4), ElementsAre(3, 4, 5));
}

TEST_F(OutboxTest, GivesAStepThatNeverFitsInParts) {
  Commit(5);
  EXPECT_THAT(Numbers(outbox_, 0, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(Numbers(outbox_, 3, 3), ElementsAre(4, 5));
}

TEST_F(OutboxTest, DoesNotGiveWhatIsStoredButNotPublished) {
  Commit(1);
  const auto unpublished = Write(1);
  EXPECT_THAT(Numbers(outbox_, 0, 10), ElementsAre(1));
  EXPECT_EQ(outbox_.head(), 1U);
  outbox_.Publish(unpublished);
  EXPECT_THAT(Numbers(outbox_, 1, 10), ElementsAre(2));
}

TEST_F(OutboxTest, ReadsFromTheStoreAfterARestart) {
  Commit(3);
  Commit(2);
  outbox_.Acknowledge(kMail, 5);
  outbox_.Acknowledge(kHook, 3);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  restarted.SetChannels({{kMail}, {kHook}});
  EXPECT_EQ(restarted.Acknowledged(kMail), 5U);
  EXPECT_EQ(restarted.Acknowledged(kHook), 3U);
  EXPECT_THAT(Numbers(restarted, 3, 10), ElementsAre(4, 5));
  EXPECT_EQ(restarted.length(), 2U);
}

TEST_F(OutboxTest, ForgetsAnAcknowledgementThatNoStepWrote) {
  Commit(2);
  WriteChanges();
  outbox_.Acknowledge(kMail, 2);
  EXPECT_TRUE(outbox_.HasChanges());
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  restarted.SetChannels({{kMail}, {kHook}});
  EXPECT_EQ(restarted.Acknowledged(kMail), 0U);
}

TEST_F(OutboxTest, AWebhookKeepsItsPlaceWhereverItStandsInTheList) {
  outbox_.SetChannels({{"webhook:a/", 11}, {"webhook:a/", 22}});
  Commit(3);
  outbox_.Acknowledge("webhook:a/1", 2);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  EXPECT_THAT(restarted.SetChannels({{"webhook:a/", 22}}),
              ElementsAre(GoneChannel{"webhook:a/0", 3}));
  EXPECT_THAT(restarted.Channels(), ElementsAre(ChannelId{"webhook:a/1", 22}));
  EXPECT_EQ(restarted.Acknowledged("webhook:a/1"), 2U);
}

TEST_F(OutboxTest, PlacesOfAnOlderProgramAreThoseOfTheWebhooksAtTheirNumbers) {
  outbox_.SetChannels({{"webhook:a/0"}, {"webhook:a/1"}});
  Commit(3);
  outbox_.Acknowledge("webhook:a/1", 2);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  EXPECT_THAT(restarted.SetChannels({{"webhook:a/", 11}, {"webhook:a/", 22}}), IsEmpty());
  EXPECT_EQ(restarted.Acknowledged("webhook:a/0"), 0U);
  EXPECT_EQ(restarted.Acknowledged("webhook:a/1"), 2U);
  WriteBatch batch;
  restarted.AddChanges(&batch);
  ASSERT_TRUE(store_.Write(batch).ok());
  Outbox again(&store_);
  ASSERT_TRUE(again.Restore(last_).ok());
  again.SetChannels({{"webhook:a/", 22}, {"webhook:a/", 11}});
  EXPECT_THAT(again.Channels(),
              ElementsAre(ChannelId{"webhook:a/0", 11}, ChannelId{"webhook:a/1", 22}));
  EXPECT_EQ(again.Acknowledged("webhook:a/1"), 2U);
}

TEST_F(OutboxTest, WhatASlowRecipientHoldsUpIsKnownAfterARestart) {
  Commit(2);
  Commit(1);
  Commit(1);
  outbox_.Settle(kMail, 2, "boss");
  outbox_.Settle(kMail, 3, "boss again");
  outbox_.Settle(kHook, 3, "hook");
  WriteChanges();
  outbox_.Settle(kMail, 4, "not written");
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  restarted.SetChannels({{kMail}, {kHook}});
  EXPECT_THAT(restarted.Settled(kMail), ElementsAre("boss", "boss again"));
  EXPECT_THAT(restarted.Settled(kHook), ElementsAre("hook"));
}

TEST_F(OutboxTest, SettledMessagesAreForgottenWithTheirStep) {
  Commit(2);
  Commit(1);
  outbox_.Settle(kMail, 2, "one");
  outbox_.Settle(kMail, 3, "two");
  WriteChanges();
  const size_t stored = store_.size(Family::kMeta);
  outbox_.Acknowledge(kMail, 2);
  outbox_.Settle(kMail, 2, "late");
  EXPECT_THAT(outbox_.Settled(kMail), ElementsAre("two"));
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kMeta), stored - 1);
  outbox_.SetChannels({{kHook}});
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kMeta), 1U) << "the place of the other channel";
}

TEST_F(OutboxTest, OfAChannelABoundedNumberOfSettledMessagesIsKept) {
  Commit(1);
  for (size_t i = 0; i < Outbox::kMaxSettled + 10; ++i) {
    outbox_.Settle(kMail, 1, std::to_string(i));
  }
  EXPECT_THAT(outbox_.Settled(kMail), SizeIs(Outbox::kMaxSettled));
}

TEST_F(OutboxTest, DeletesWhatEveryChannelHasAcknowledged) {
  Commit(2);
  Commit(2);
  outbox_.Acknowledge(kMail, 4);
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kOutbox), 2U);
  outbox_.Acknowledge(kHook, 3);
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kOutbox), 1U) << "the second step is needed for its entry 4";
  outbox_.Acknowledge(kHook, 4);
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kOutbox), 0U);
  EXPECT_EQ(outbox_.length(), 0U);
}

TEST_F(OutboxTest, AnAcknowledgementNeitherGoesBackNorBeyondTheHead) {
  Commit(3);
  outbox_.Acknowledge(kMail, 2);
  outbox_.Acknowledge(kMail, 1);
  EXPECT_EQ(outbox_.Acknowledged(kMail), 2U);
  outbox_.Acknowledge(kMail, 9);
  EXPECT_EQ(outbox_.Acknowledged(kMail), 3U);
  outbox_.Acknowledge("nobody", 3);
  EXPECT_EQ(outbox_.length(), 3U) << "an unknown channel acknowledges nothing";
}

TEST_F(OutboxTest, ANewChannelIsNotToldWhatWasBeforeIt) {
  Commit(2);
  outbox_.SetChannels({{kMail}, {kHook}, {"second"}});
  EXPECT_EQ(outbox_.Acknowledged("second"), 2U);
  Commit(1);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  restarted.SetChannels({{kMail}, {kHook}, {"second"}});
  EXPECT_EQ(restarted.Acknowledged("second"), 2U);
}

TEST_F(OutboxTest, SinceWhenAChannelIsThereOutlivesARestart) {
  Commit(2);
  outbox_.SetChannels({{kMail}, {kHook}, {"second"}});
  Commit(1);
  outbox_.Acknowledge("second", 3);
  outbox_.Acknowledge(kMail, 3);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  restarted.SetChannels({{kMail}, {kHook}, {"second"}});
  EXPECT_EQ(restarted.Since(kMail), 0U);
  EXPECT_EQ(restarted.Since("second"), 2U);
}

TEST_F(OutboxTest, AChannelOfAnOlderProgramIsThereSinceWhatItHadAcknowledged) {
  Commit(3);
  WriteBatch batch;
  std::string value;
  wire::AppendVarint(2, &value);
  batch.Put(Family::kMeta, CursorKey("acknowledged/email"), value);
  ASSERT_TRUE(store_.Write(batch).ok());
  Outbox upgraded(&store_);
  ASSERT_TRUE(upgraded.Restore(last_).ok());
  upgraded.SetChannels({{kMail}});
  EXPECT_EQ(upgraded.Since(kMail), 2U);
  upgraded.Acknowledge(kMail, 3);
  EXPECT_EQ(upgraded.Since(kMail), 2U);
}

TEST_F(OutboxTest, AChannelThatIsGoneHoldsNothingBack) {
  Commit(2);
  outbox_.Acknowledge(kMail, 2);
  EXPECT_EQ(outbox_.length(), 2U);
  EXPECT_THAT(outbox_.SetChannels({{kMail}}), ElementsAre(GoneChannel{kHook, 2}));
  EXPECT_EQ(outbox_.length(), 0U);
  WriteChanges();
  EXPECT_EQ(store_.size(Family::kOutbox), 0U);
  outbox_.SetChannels({{kMail}, {kHook}});
  EXPECT_EQ(outbox_.Acknowledged(kHook), 2U) << "it begins anew";
}

TEST_F(OutboxTest, WhatWaitedForAChannelThatIsGoneIsToldAfterARestart) {
  Commit(3);
  outbox_.Acknowledge(kMail, 3);
  outbox_.Acknowledge(kHook, 1);
  WriteChanges();
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  EXPECT_THAT(restarted.SetChannels({{"another"}}), ElementsAre(GoneChannel{kHook, 2}));
}

TEST_F(OutboxTest, ReadsWhatIsNoLongerInMemoryFromTheStore) {
  constexpr size_t kStep = 5'000;
  for (size_t n = 0; n <= Outbox::kMaxTailEntries; n += kStep) {
    Commit(kStep);
  }
  const auto first = Numbers(outbox_, 0, 10);
  ASSERT_THAT(first, SizeIs(10));
  EXPECT_EQ(first.front(), 1U);
  EXPECT_THAT(Numbers(outbox_, last_ - 1, 10), ElementsAre(last_));
}

TEST_F(OutboxTest, ADamagedSegmentIsAnErrorAndNoEntry) {
  Commit(2);
  WriteBatch batch;
  batch.Put(Family::kOutbox, OutboxKey(1), "\x05garbage");
  ASSERT_TRUE(store_.Write(batch).ok());
  Outbox restarted(&store_);
  ASSERT_TRUE(restarted.Restore(last_).ok());
  EXPECT_TRUE(absl::IsDataLoss(restarted.Read(0, 10, absl::ZeroDuration()).status()));
}

TEST_F(OutboxTest, AStoreThatCannotBeReadIsAnError) {
  Outbox restarted(&store_);
  store_.FailNextRead(absl::UnavailableError("io"));
  EXPECT_TRUE(absl::IsUnavailable(restarted.Restore(0)));
}

}  // namespace
}  // namespace kpiwatch
