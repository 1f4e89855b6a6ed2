#include "daemon/ingest/log/log_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/ingest/log/crc32c.h"

namespace kpiwatch {
namespace {

// Groups of records with the sizes given, numbered from `first`.
std::string Segment(int64_t first, const std::vector<std::vector<std::string>>& groups) {
  std::string bytes = EncodeSegmentHeader(first);
  int64_t number = first;
  for (const auto& group : groups) {
    uint32_t place = 0;
    for (const std::string& value : group) {
      AppendLogRecord(
          {.number = number++, .time_ms = 1000 + number, .place = place++, .value = value}, &bytes);
    }
  }
  return bytes;
}

TEST(Crc32c, KnowsTheStandardsVectors) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, GoesOnFromAnEarlierPart) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text));
  }
}

TEST(LogFormat, NamesSegmentsByTheirFirstRecord) {
  EXPECT_EQ(SegmentName(42), "00000000000000000042.log");
  EXPECT_EQ(ParseSegmentName("00000000000000000042.log"), 42);
  for (const char* name : {"42.log", "0000000000000000004x.log", "LOCK", "00000000000000000042.tmp",
                           "99999999999999999999.log"}) {
    EXPECT_EQ(ParseSegmentName(name), std::nullopt) << name;
  }
}

TEST(LogFormat, ReadsBackWhatItWrote) {
  std::string bytes;
  AppendLogRecord({.number = 7, .time_ms = -5, .place = 3, .value = "hello"}, &bytes);
  LogRecord record;
  size_t size = 0;
  const std::string longer = bytes + "more";
  ASSERT_EQ(ParseLogRecord(longer, &record, &size), LogParse::kRecord);
  EXPECT_EQ(size, bytes.size());
  EXPECT_EQ(record.number, 7);
  EXPECT_EQ(record.time_ms, -5);
  EXPECT_EQ(record.place, 3u);
  EXPECT_EQ(record.value, "hello");
  EXPECT_EQ(PeekLogTime(bytes), -5);
}

TEST(LogFormat, SeesEveryFlippedBit) {
  std::string bytes;
  AppendLogRecord({.number = 7, .time_ms = 5, .value = "hello"}, &bytes);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    LogRecord record;
    size_t size = 0;
    EXPECT_NE(ParseLogRecord(flipped, &record, &size), LogParse::kRecord) << "bit " << bit;
  }
}

TEST(ScanSegment, TakesWholeRecordsOnly) {
  const std::string bytes = Segment(5, {{"a"}, {"bb", "ccc"}});
  const SegmentScan whole = ScanSegment(bytes, 5);
  EXPECT_EQ(whole.valid_bytes, bytes.size());
  EXPECT_EQ(whole.next, 8);
  EXPECT_EQ(whole.newest_ms, 1008);
  const size_t last = kLogRecordHeaderBytes + 3;
  for (size_t cut = 1; cut < last; ++cut) {
    const SegmentScan scan = ScanSegment(bytes.substr(0, bytes.size() - cut), 5);
    EXPECT_EQ(scan.valid_bytes, bytes.size() - last);
    EXPECT_EQ(scan.next, 7);
    EXPECT_FALSE(scan.damaged);
  }
}

TEST(ScanSegment, TellsATornGroupFromDamage) {
  const std::string first = "first value of some length";
  const std::string bytes = Segment(0, {{first}, {"second", "third"}});
  const size_t second_at = kSegmentHeaderBytes + kLogRecordHeaderBytes + first.size();
  for (size_t at = kSegmentHeaderBytes; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    const SegmentScan scan = ScanSegment(broken, 0);
    // The first record was durable before the second group began. Pages of one group may reach the
    // disk in any order, so a hole in the last group is a torn write.
    EXPECT_EQ(scan.damaged, at < second_at) << "byte " << at;
    EXPECT_EQ(scan.next, at < second_at ? 0 : at < second_at + kLogRecordHeaderBytes + 6 ? 1 : 2);
  }
}

TEST(ScanSegment, LooksBehindTheGroupOfABrokenRecordForALaterOne) {
  const std::string first = Segment(0, {{"a", "b", "c"}});
  const std::string bytes = Segment(0, {{"a", "b", "c"}, {"d", "e"}, {"f"}});
  for (size_t at = kSegmentHeaderBytes; at < first.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    EXPECT_TRUE(ScanSegment(broken, 0).damaged) << "byte " << at;
    EXPECT_FALSE(ScanSegment(broken.substr(0, first.size()), 0).damaged) << "byte " << at;
  }
}

TEST(ScanSegment, TakesZerosForATornTail) {
  const std::string bytes = Segment(0, {{"a"}}) + std::string(4096, '\0');
  const SegmentScan scan = ScanSegment(bytes, 0);
  EXPECT_EQ(scan.next, 1);
  EXPECT_FALSE(scan.damaged);
}

}  // namespace
}  // namespace kpiwatch
