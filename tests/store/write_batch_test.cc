#include <gtest/gtest.h>

#include "daemon/store/state_store.h"

namespace kpiwatch {
namespace {

TEST(WriteBatchTest, KeepsEntriesInOrderWithTheirBytes) {
  WriteBatch batch;
  EXPECT_TRUE(batch.empty());
  batch.Put(Family::kSeries, "key", "value");
  batch.Delete(Family::kOutbox, "gone");
  batch.Put(Family::kMeta, "", "");
  ASSERT_EQ(batch.entries().size(), 3u);
  const auto& entries = batch.entries();
  EXPECT_EQ(entries[0].op, WriteBatch::Op::kPut);
  EXPECT_EQ(entries[0].family, Family::kSeries);
  EXPECT_EQ(batch.key(entries[0]), "key");
  EXPECT_EQ(batch.value(entries[0]), "value");
  EXPECT_EQ(entries[1].op, WriteBatch::Op::kDelete);
  EXPECT_EQ(batch.key(entries[1]), "gone");
  EXPECT_EQ(batch.value(entries[1]), "");
  EXPECT_EQ(batch.key(entries[2]), "");
  EXPECT_EQ(batch.bytes(), 12u);
}

TEST(WriteBatchTest, IsEmptyAfterClear) {
  WriteBatch batch;
  batch.Put(Family::kSeries, "key", "value");
  batch.Clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0u);
  batch.Put(Family::kMeta, "k", "v");
  EXPECT_EQ(batch.key(batch.entries()[0]), "k");
}

}  // namespace
}  // namespace kpiwatch
