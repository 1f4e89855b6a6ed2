#include "daemon/store/run_record.h"

#include <gtest/gtest.h>

#include "daemon/store/keys.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

uint64_t Ended(const RunCounts& counts, RunEnd end) {
  return counts.ended[static_cast<size_t>(end)];
}

TEST(RunRecordTest, ANewStoreHasNoRunsBehindIt) {
  MemoryStore store;
  const auto counts = BeginRun(store);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->ended, RunCounts().ended);
  EXPECT_FALSE(counts->last_was_unclean);
}

TEST(RunRecordTest, CountsHowRunsEnded) {
  MemoryStore store;
  for (const RunEnd end : {RunEnd::kStopped, RunEnd::kFenced, RunEnd::kStopped, RunEnd::kFailed}) {
    ASSERT_TRUE(BeginRun(store).ok());
    ASSERT_TRUE(EndRun(store, end).ok());
  }
  const auto counts = BeginRun(store);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(Ended(*counts, RunEnd::kStopped), 2u);
  EXPECT_EQ(Ended(*counts, RunEnd::kFenced), 1u);
  EXPECT_EQ(Ended(*counts, RunEnd::kFailed), 1u);
  EXPECT_EQ(Ended(*counts, RunEnd::kUnclean), 0u);
}

TEST(RunRecordTest, ARunThatWroteNoEndWasUnclean) {
  MemoryStore store;
  ASSERT_TRUE(BeginRun(store).ok());
  MemoryStore after_a_kill(store.Copy());
  const auto counts = BeginRun(after_a_kill);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_TRUE(counts->last_was_unclean);
  EXPECT_EQ(Ended(*counts, RunEnd::kUnclean), 1u);
  ASSERT_TRUE(EndRun(after_a_kill, RunEnd::kStopped).ok());
  EXPECT_FALSE(BeginRun(after_a_kill)->last_was_unclean);
}

TEST(RunRecordTest, AnEndThatTheDiskDidNotTakeIsUnclean) {
  MemoryStore store;
  ASSERT_TRUE(BeginRun(store).ok());
  store.FailNextWrite(absl::ResourceExhaustedError("no space left on device"));
  EXPECT_TRUE(absl::IsResourceExhausted(EndRun(store, RunEnd::kFailed)));
  EXPECT_TRUE(BeginRun(store)->last_was_unclean);
}

TEST(RunRecordTest, ADamagedRecordIsSaidToBeOne) {
  MemoryStore store;
  WriteBatch batch;
  batch.Put(Family::kMeta, CursorKey("runs"), "x");
  ASSERT_TRUE(store.Write(batch).ok());
  EXPECT_TRUE(absl::IsDataLoss(BeginRun(store).status()));
}

}  // namespace
}  // namespace kpiwatch
