#include "daemon/store/header.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/base/wire.h"
#include "daemon/store/keys.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

void Put(std::string_view key, std::string_view value, MemoryStore* store) {
  WriteBatch batch;
  batch.Put(Family::kMeta, key, value);
  ASSERT_TRUE(store->Write(batch).ok());
}

std::string Varint(uint64_t value) {
  std::string bytes;
  wire::AppendVarint(value, &bytes);
  return bytes;
}

TEST(HeaderTest, ANewStoreGetsVersionAndUuidThatStay) {
  MemoryStore store;
  const auto made = OpenHeader(store);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->version, kStoreFormatVersion);
  ASSERT_EQ(made->uuid.size(), 36u);
  EXPECT_EQ(made->uuid[14], '4');
  EXPECT_NE(std::string_view("89ab").find(made->uuid[19]), std::string_view::npos);

  MemoryStore reopened(store.Copy());
  const auto read = OpenHeader(reopened);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->uuid, made->uuid);
  EXPECT_EQ(reopened.writes(), 0u);
}

TEST(HeaderTest, TwoStoresHaveDifferentUuids) {
  MemoryStore a, b;
  EXPECT_NE(OpenHeader(a)->uuid, OpenHeader(b)->uuid);
}

TEST(HeaderTest, RefusesAStoreOfANewerVersionAndSaysWhatToDo) {
  MemoryStore store;
  ASSERT_TRUE(OpenHeader(store).ok());
  Put(kFormatKey, Varint(kStoreFormatVersion + 1), &store);
  const absl::Status status = OpenHeader(store).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("start the newer version"), std::string_view::npos) << status;
}

TEST(HeaderTest, AStoreOfAnOlderVersionBecomesOneOfThisVersion) {
  MemoryStore store;
  const auto made = OpenHeader(store);
  Put(kFormatKey, Varint(1), &store);
  const auto read = OpenHeader(store);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->uuid, made->uuid);
  EXPECT_EQ(read->version, kStoreFormatVersion);
  EXPECT_EQ(*store.Get(Family::kMeta, kFormatKey), Varint(kStoreFormatVersion));
}

TEST(HeaderTest, RefusesDataWithoutAHeader) {
  MemoryStore store;
  Put("something", "else", &store);
  EXPECT_EQ(OpenHeader(store).status().code(), absl::StatusCode::kDataLoss);
}

TEST(HeaderTest, RefusesADamagedHeader) {
  for (const std::string& bad : {std::string(), Varint(0), std::string("\xFF"), Varint(1) + "x"}) {
    MemoryStore store;
    ASSERT_TRUE(OpenHeader(store).ok());
    Put(kFormatKey, bad, &store);
    EXPECT_EQ(OpenHeader(store).status().code(), absl::StatusCode::kDataLoss);
  }
  MemoryStore store;
  ASSERT_TRUE(OpenHeader(store).ok());
  Put(kUuidKey, "short", &store);
  EXPECT_EQ(OpenHeader(store).status().code(), absl::StatusCode::kDataLoss);
}

TEST(HeaderTest, PassesOnWhatTheStoreSays) {
  MemoryStore store;
  store.FailNextWrite(absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(OpenHeader(store).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(OpenHeader(store).ok());
}

}  // namespace
}  // namespace kpiwatch
