#include "daemon/fold/dedup_segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace kpiwatch {
namespace {

std::vector<Fingerprint> Fill(size_t count, IdList* list) {
  std::mt19937_64 random(count);
  std::vector<Fingerprint> ids;
  for (size_t i = 0; i < count; ++i) {
    ids.push_back({random() | 1, static_cast<uint8_t>(random())});
    list->Append(ids.back());
  }
  return ids;
}

std::vector<std::pair<uint8_t, uint64_t>> Sorted(const std::vector<Fingerprint>& ids) {
  std::vector<std::pair<uint8_t, uint64_t>> sorted;
  for (const Fingerprint id : ids) {
    sorted.emplace_back(id.shard, id.bits);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

TEST(DedupSegmentTest, IdsComeBackWhateverTheirNumber) {
  for (const size_t count : {1u, 2u, 511u, 512u, 513u, 5000u, 131072u}) {
    IdList list;
    const std::vector<Fingerprint> ids = Fill(count, &list);
    ASSERT_EQ(list.size(), count);
    std::string value = "old";
    PackSegment(-5, list.Bytes(0, count), &value);
    std::vector<Fingerprint> unpacked = {{1, 1}};
    const auto head = UnpackSegment(value, &unpacked);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->newest_arrival_us, -5);
    EXPECT_EQ(head->count, count);
    EXPECT_EQ(Sorted(unpacked), Sorted(ids));
  }
}

TEST(DedupSegmentTest, ALargeSegmentTakesLittleMoreThanEightBytesAnId) {
  IdList list;
  Fill(65536, &list);
  std::string value;
  PackSegment(0, list.Bytes(0, list.size()), &value);
  EXPECT_LE(value.size(), 65536 * 8 + 600);
}

TEST(DedupSegmentTest, PacksARange) {
  IdList list;
  const std::vector<Fingerprint> ids = Fill(10, &list);
  std::string value;
  PackSegment(0, list.Bytes(3, 7), &value);
  std::vector<Fingerprint> unpacked;
  ASSERT_TRUE(UnpackSegment(value, &unpacked).ok());
  EXPECT_EQ(unpacked, std::vector<Fingerprint>(ids.begin() + 3, ids.begin() + 7));
}

TEST(DedupSegmentTest, RefusesWhatIsNoSegment) {
  std::vector<Fingerprint> unpacked;
  for (const size_t count : {3u, 600u}) {
    IdList list;
    Fill(count, &list);
    std::string value;
    PackSegment(7, list.Bytes(0, count), &value);
    for (size_t size = 0; size < value.size(); ++size) {
      ASSERT_EQ(UnpackSegment(std::string_view(value).substr(0, size), &unpacked).status().code(),
                absl::StatusCode::kDataLoss);
      ASSERT_TRUE(unpacked.empty());
    }
    EXPECT_FALSE(UnpackSegment(value + "x", &unpacked).ok());
    for (const size_t at : {0u, 9u, 10u, 11u, 12u}) {  // the layout and the count
      std::string changed = value;
      changed[at] = static_cast<char>(changed[at] ^ 0x41);
      EXPECT_FALSE(UnpackSegment(changed, &unpacked).ok()) << at;
    }
  }
}

TEST(DedupSegmentTest, RefusesCountsThatDoNotAddUp) {
  IdList list;
  Fill(600, &list);
  std::string value;
  PackSegment(7, list.Bytes(0, 600), &value);
  ++value[13];  // the count of shard 0
  std::vector<Fingerprint> unpacked;
  EXPECT_FALSE(UnpackSegment(value, &unpacked).ok());
}

}  // namespace
}  // namespace kpiwatch
