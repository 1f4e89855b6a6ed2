#include "daemon/notify/outbox_entry.h"

#include <thread>
#include <vector>

#include "daemon/base/wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

v1::OutboxEntry Letter(uint64_t seq) {
  v1::OutboxEntry entry;
  entry.set_seq(seq);
  entry.mutable_dead_letter()->set_source("crm");
  entry.mutable_dead_letter()->set_value(std::string("\0\xff", 2));
  return entry;
}

v1::OutboxEntry Alert(uint64_t seq) {
  v1::OutboxEntry entry;
  entry.set_seq(seq);
  *entry.mutable_transition() = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_RED);
  entry.mutable_transition()->set_step(7);
  entry.mutable_transition()->set_cause_time_unix_ms(1234);
  return entry;
}

std::shared_ptr<const EntryBlock> BlockOf(const std::vector<v1::OutboxEntry>& entries) {
  EntryBlockBuilder builder;
  for (const v1::OutboxEntry& entry : entries) {
    builder.Add(entry);
  }
  return builder.Take();
}

std::string Text(const v1::OutboxEntry& entry) { return entry.ShortDebugString(); }

TEST(OutboxEntryTest, GivesBackWhatWasAdded) {
  const std::vector<v1::OutboxEntry> entries = {Alert(1), Letter(2), Alert(300)};
  const auto block = BlockOf(entries);
  ASSERT_EQ(block->size(), 3U);
  for (size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(Text(block->entry(i)), Text(entries[i]));
    EXPECT_EQ(block->head(i).seq, entries[i].seq());
  }
}

TEST(OutboxEntryTest, TheBytesOfAnyPartAreASegmentOfTheirOwn) {
  const std::vector<v1::OutboxEntry> entries = {Alert(1), Letter(2), Alert(3)};
  const auto block = BlockOf(entries);
  const auto part = EntryBlock::Parse(std::string(block->Bytes(1, 3)));
  ASSERT_TRUE(part.ok()) << part.status();
  ASSERT_EQ((*part)->size(), 2U);
  EXPECT_EQ(Text((*part)->entry(0)), Text(entries[1]));
  EXPECT_EQ(Text((*part)->entry(1)), Text(entries[2]));
  EXPECT_EQ(block->Bytes(1, 1), "");
}

TEST(OutboxEntryTest, AnEntryInItsOwnEncodingIsReadToo) {
  const v1::OutboxEntry entry = Alert(5);
  std::string segment;
  wire::AppendString(entry.SerializeAsString(), &segment);
  const auto block = EntryBlock::Parse(segment);
  ASSERT_TRUE(block.ok()) << block.status();
  EXPECT_EQ(Text((*block)->entry(0)), Text(entry));
  EXPECT_EQ((*block)->Bytes(0, 1), segment);
}

TEST(OutboxEntryTest, DamageIsTold) {
  const auto block = BlockOf({Alert(1), Alert(2)});
  const std::string bytes(block->Bytes(0, 2));
  EXPECT_FALSE(EntryBlock::Parse(bytes.substr(0, bytes.size() - 1)).ok());
  EXPECT_FALSE(EntryBlock::Parse("\x02\xff\xff").ok());
  EXPECT_TRUE(EntryBlock::Parse("").ok());
}

TEST(OutboxEntryTest, KnowsTheHeadWithoutParsing) {
  v1::OutboxEntry late = Alert(2);
  late.mutable_transition()->set_reason(v1::REASON_DATA_LATE);
  v1::OutboxEntry held = Alert(3);
  held.mutable_transition()->set_not_sent_reason("before_live");
  const auto block = BlockOf({Alert(1), late, held, Letter(4)});
  EXPECT_TRUE(block->head(0).is_transition);
  EXPECT_EQ(block->head(0).step, 7);
  EXPECT_EQ(block->head(0).cause_ms, 1234);
  EXPECT_FALSE(block->head(0).is_data_alert);
  EXPECT_FALSE(block->head(0).is_held_back);
  EXPECT_TRUE(block->head(1).is_data_alert);
  EXPECT_TRUE(block->head(2).is_held_back);
  EXPECT_FALSE(block->head(3).is_transition);
  EXPECT_EQ(block->head(3).step, -1);
}

TEST(OutboxEntryTest, TheBodyIsTheMessageItself) {
  const auto block = BlockOf({Alert(1), Letter(2)});
  v1::Transition transition;
  ASSERT_TRUE(transition.ParseFromString(std::string(block->body(0))));
  EXPECT_EQ(transition.ShortDebugString(), Alert(1).transition().ShortDebugString());
  v1::DeadLetter letter;
  ASSERT_TRUE(letter.ParseFromString(std::string(block->body(1))));
  EXPECT_EQ(letter.source(), "crm");
}

TEST(OutboxEntryTest, FindsTheSubjectOfATransition) {
  const auto block = BlockOf({Alert(1)});
  EXPECT_EQ(SubjectOf(block->body(0)), Alert(1).transition().subject());
  EXPECT_EQ(SubjectOf(""), "");
  EXPECT_EQ(SubjectOf("\x1a\x7f"), "") << "a length beyond the end";
}

TEST(OutboxEntryTest, ManyThreadsSeeOneParsedEntry) {
  const auto block = BlockOf({Alert(1)});
  std::vector<const v1::OutboxEntry*> seen(8);
  {
    std::vector<std::jthread> threads;
    for (auto& one : seen) {
      threads.emplace_back([&] { one = &block->entry(0); });
    }
  }
  EXPECT_THAT(seen, testing::Each(seen[0]));
}

}  // namespace
}  // namespace kpiwatch
