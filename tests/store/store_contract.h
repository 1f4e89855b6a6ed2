// What every StateStore promises, as a typed test suite: instantiate StoreContract with a type that
// has `StateStore& store()` and is default constructible.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/state_store.h"

namespace kpiwatch {

template <typename Holder>
class StoreContract : public ::testing::Test {
 protected:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  StateStore& store() { return holder_.store(); }

  void Write(const WriteBatch& batch) {
    const absl::Status status = store().Write(batch);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::optional<std::string> Get(Family family, std::string_view key) {
    auto value = store().Get(family, key);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *std::move(value) : std::nullopt;
  }
  Pairs Scan(Family family, std::string_view begin, std::string_view end, size_t most = 1000) {
    Pairs pairs;
    const absl::Status status = store().Scan(
        family, begin, end, [&pairs, most](std::string_view key, std::string_view value) {
          pairs.emplace_back(key, value);
          return pairs.size() < most;
        });
    EXPECT_TRUE(status.ok()) << status;
    return pairs;
  }

 private:
  Holder holder_;
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, GetsWhatWasPut) {
  WriteBatch batch;
  batch.Put(Family::kMeta, "key", "value");
  batch.Put(Family::kMeta, "empty", "");
  this->Write(batch);
  EXPECT_EQ(this->Get(Family::kMeta, "key"), "value");
  EXPECT_EQ(this->Get(Family::kMeta, "empty"), "");
  EXPECT_EQ(this->Get(Family::kMeta, "other"), std::nullopt);
}

TYPED_TEST_P(StoreContract, KeepsFamiliesApart) {
  WriteBatch batch;
  for (int i = 0; i < kFamilyCount; ++i) {
    batch.Put(static_cast<Family>(i), "key", std::to_string(i));
  }
  this->Write(batch);
  for (int i = 0; i < kFamilyCount; ++i) {
    EXPECT_EQ(this->Get(static_cast<Family>(i), "key"), std::to_string(i));
    EXPECT_EQ(this->Scan(static_cast<Family>(i), "", "").size(), 1u);
  }
}

TYPED_TEST_P(StoreContract, TakesKeysInAnyOrder) {
  std::vector<std::string> keys = {"", "a", std::string("a\0", 2), std::string(9, '\xff'), "a1"};
  for (int i = 0; i < 2000; ++i) {
    keys.push_back(std::to_string(uint64_t{2654435761} * static_cast<uint64_t>(i) % 100'003));
  }
  for (const int round : {0, 1}) {
    WriteBatch batch;
    for (const std::string& key : keys) {
      batch.Put(Family::kSeries, key, key + std::to_string(round));
      batch.Put(Family::kLadder, key, key);
    }
    this->Write(batch);
    std::reverse(keys.begin(), keys.end());
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const auto stored = this->Scan(Family::kSeries, "", "", keys.size() + 1);
  ASSERT_EQ(stored.size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(stored[i], std::pair(keys[i], keys[i] + "1"));
  }
  EXPECT_EQ(this->Scan(Family::kLadder, "", "", keys.size() + 1).size(), keys.size());
}

TYPED_TEST_P(StoreContract, AppliesABatchInOrder) {
  WriteBatch batch;
  batch.Put(Family::kSeries, "a", "1");
  batch.Put(Family::kSeries, "a", "2");
  batch.Put(Family::kSeries, "b", "1");
  batch.Delete(Family::kSeries, "b");
  batch.Delete(Family::kSeries, "never there");
  batch.Delete(Family::kSeries, "c");
  batch.Put(Family::kSeries, "c", "3");
  this->Write(batch);
  EXPECT_EQ(this->Scan(Family::kSeries, "", ""),
            (typename TestFixture::Pairs{{"a", "2"}, {"c", "3"}}));
}

TYPED_TEST_P(StoreContract, ScansAHalfOpenRangeInByteOrder) {
  WriteBatch batch;
  for (const std::string_view key : {"b", "a", "\xFF", "c", "ab"}) {
    batch.Put(Family::kLadder, key, key);
  }
  batch.Put(Family::kLadder, std::string_view("a\0", 2), "with a zero byte");
  this->Write(batch);
  const std::string a_nul("a\0", 2);
  using Pairs = typename TestFixture::Pairs;
  EXPECT_EQ(this->Scan(Family::kLadder, "a", "b"),
            (Pairs{{"a", "a"}, {a_nul, "with a zero byte"}, {"ab", "ab"}}));
  EXPECT_EQ(this->Scan(Family::kLadder, "b", ""),
            (Pairs{{"b", "b"}, {"c", "c"}, {"\xFF", "\xFF"}}));
  EXPECT_EQ(this->Scan(Family::kLadder, "", "", 1), (Pairs{{"a", "a"}}));
  EXPECT_EQ(this->Scan(Family::kLadder, "d", "e"), Pairs{});
}

TYPED_TEST_P(StoreContract, HoldsLargeValues) {
  WriteBatch batch;
  std::string large(2 << 20, 'x');
  large[12345] = '\0';
  batch.Put(Family::kDedup, "large", large);
  this->Write(batch);
  EXPECT_EQ(this->Get(Family::kDedup, "large"), large);
}

TYPED_TEST_P(StoreContract, AcceptsAnEmptyBatch) { this->Write(WriteBatch()); }

REGISTER_TYPED_TEST_SUITE_P(StoreContract, GetsWhatWasPut, KeepsFamiliesApart, AppliesABatchInOrder,
                            TakesKeysInAnyOrder, ScansAHalfOpenRangeInByteOrder, HoldsLargeValues,
                            AcceptsAnEmptyBatch);

}  // namespace kpiwatch
