#include "tests/testing/memory_store.h"

#include <gtest/gtest.h>

#include "tests/store/store_contract.h"

namespace kpiwatch {
namespace {

class MemoryHolder {
 public:
  StateStore& store() { return store_; }

 private:
  MemoryStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryHolder);

TEST(MemoryStoreTest, FailsOneWriteWithoutATrace) {
  MemoryStore store;
  WriteBatch batch;
  batch.Put(Family::kMeta, "key", "value");
  store.FailNextWrite(absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(store.Write(batch).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store.size(Family::kMeta), 0u);
  EXPECT_EQ(store.writes(), 0u);
  EXPECT_TRUE(store.Write(batch).ok());
  EXPECT_EQ(store.size(Family::kMeta), 1u);
  EXPECT_EQ(store.writes(), 1u);
}

TEST(MemoryStoreTest, FailsOneRead) {
  MemoryStore store;
  store.FailNextRead(absl::DataLossError("corrupt"));
  EXPECT_EQ(store.Get(Family::kMeta, "key").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(store.Get(Family::kMeta, "key").ok());
}

TEST(MemoryStoreTest, ACopyIsWhatACrashLeaves) {
  MemoryStore store;
  WriteBatch batch;
  batch.Put(Family::kMeta, "key", "old");
  ASSERT_TRUE(store.Write(batch).ok());
  MemoryStore after_crash(store.Copy());
  batch.Put(Family::kMeta, "key", "new");
  ASSERT_TRUE(store.Write(batch).ok());
  EXPECT_EQ(**after_crash.Get(Family::kMeta, "key"), "old");
}

}  // namespace
}  // namespace kpiwatch
