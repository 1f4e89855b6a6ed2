#include "daemon/store/keys.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace kpiwatch {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): literals with NUL

constexpr uint32_t kMax32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();

TEST(KeysTest, PositionsComeBackAndDoNotRunTogether) {
  std::set<std::string> keys;
  const std::vector<std::string> names = {""s,     "a"s,   "crm"s,  "\0"s,
                                          "\0\1"s, "a\0"s, "\xFF"s, "销售"s};
  for (const std::string& source : names) {
    for (const std::string& topic : names) {
      for (const uint32_t partition : {0u, 1u, 255u, 256u, kMax32}) {
        const std::string key = PositionKey(source, topic, partition);
        EXPECT_TRUE(keys.insert(key).second);
        EXPECT_EQ(ParsePositionKey(key), (PositionKeyParts{source, topic, partition}));
        EXPECT_TRUE(key.starts_with(PositionPrefix(source)));
      }
    }
  }
}

TEST(KeysTest, TheRangeOfOneSourceHoldsItsPositionsOnly) {
  const std::string begin = PositionPrefix("crm"), end = PrefixEnd(begin);
  const std::string inside = PositionKey("crm", "\xFF\xFF", kMax32);
  EXPECT_TRUE(inside >= begin && inside < end);
  for (const std::string& outside : {PositionKey("crm2", "", 0), PositionKey("cr", "m", 0),
                                     PositionKey("crm\0"s, "", 0), InternKey(0)}) {
    EXPECT_FALSE(outside >= begin && outside < end);
  }
}

TEST(KeysTest, InternAndCursorKeysComeBack) {
  for (const uint32_t id : {0u, 1u, 256u, kMax32}) {
    EXPECT_EQ(ParseInternKey(InternKey(id)), id);
  }
  EXPECT_LT(InternKey(255), InternKey(256));
  EXPECT_EQ(ParseCursorKey(CursorKey("seal")), "seal");
  EXPECT_EQ(ParseCursorKey(CursorKey("")), "");
}

TEST(KeysTest, VersionKeysSortByArrival) {
  const std::vector<VersionKeyParts> ascending = {
      {Day::Min(), 255, 7}, {Day{-1}, 0, 1}, {Day{0}, 0, 0}, {Day{0}, 0, 256}, {Day{0}, 1, 5}};
  for (size_t i = 0; i < ascending.size(); ++i) {
    EXPECT_EQ(ParseVersionKey(VersionKey(ascending[i])), ascending[i]);
    EXPECT_TRUE(i == 0 || VersionKey(ascending[i - 1]) < VersionKey(ascending[i])) << i;
  }
  EXPECT_EQ(ParseVersionKey(std::string(kVersionPrefix)), std::nullopt);
  EXPECT_EQ(ParseVersionKey(VersionKey(ascending[0]) + "x"), std::nullopt);
}

TEST(KeysTest, EntityKeysComeBack) {
  for (const EntityKeyParts& parts :
       {EntityKeyParts{0, 0}, EntityKeyParts{0, kMax64}, EntityKeyParts{kMax64, 1}}) {
    EXPECT_EQ(ParseEntityKey(EntityKey(parts)), parts);
  }
  EXPECT_LT(EntityKey({0, kMax64}), EntityKey({1, 0}));
  EXPECT_EQ(ParseEntityKey("e"), std::nullopt);
  EXPECT_EQ(ParseEntityKey(EntityKey({1, 2}) + "x"), std::nullopt);
}

TEST(KeysTest, SamplesKeysSortBySubjectThenKpiThenDay) {
  const std::vector<SamplesKeyParts> ascending = {{0, 0, Day::Min()}, {0, 0, Day{-1}},
                                                  {0, 0, Day{0}},     {0, 7, Day{-9}},
                                                  {0, 256, Day{-9}},  {1, 0, Day{20454}}};
  for (size_t i = 0; i < ascending.size(); ++i) {
    EXPECT_EQ(ParseSamplesKey(SamplesKey(ascending[i])), ascending[i]);
    EXPECT_TRUE(i == 0 || SamplesKey(ascending[i - 1]) < SamplesKey(ascending[i])) << i;
  }
  EXPECT_EQ(ParseSamplesKey("b"), std::nullopt);
  EXPECT_EQ(ParseSamplesKey(SamplesKey(ascending[0]) + "x"), std::nullopt);
}

TEST(KeysTest, SeriesKeysSortBySubjectThenDay) {
  const std::vector<SeriesKeyParts> ascending = {
      {0, Day::Min()}, {0, Day{-1}}, {0, Day{0}},       {0, Day{1}},    {0, Day{20454}},
      {0, Day::Max()}, {1, Day{-5}}, {255, Day{20000}}, {256, Day{-1}}, {kMax32, Day::Max()}};
  std::string previous;
  for (const SeriesKeyParts& parts : ascending) {
    const std::string key = SeriesKey(parts.subject, parts.day);
    EXPECT_EQ(key.size(), 8u);
    EXPECT_GT(key, previous);
    EXPECT_EQ(ParseSeriesKey(key), parts);
    previous = key;
  }
}

TEST(KeysTest, LadderKeysKeepTheirRest) {
  const std::string key = LadderKey(7, "rule\0x"s);
  EXPECT_EQ(ParseLadderKey(key), (LadderKeyParts{7, std::string_view("rule\0x", 6)}));
  EXPECT_EQ(ParseLadderKey(LadderKey(kMax32, "")), (LadderKeyParts{kMax32, ""}));
}

TEST(KeysTest, OutboxAndDedupKeysSortByNumber) {
  std::string previous;
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, kMax64}) {
    const std::string key = OutboxKey(number);
    EXPECT_GT(key, previous);
    EXPECT_EQ(ParseOutboxKey(key), number);
    EXPECT_EQ(ParseDedupKey(DedupKey(number)), number);
    previous = key;
  }
}

TEST(KeysTest, KindsOfMetaKeysDoNotMix) {
  const std::vector<std::string> keys = {
      std::string(kFormatKey),  std::string(kUuidKey), std::string(kDedupStateKey),
      PositionKey("a", "b", 1), InternKey(1),          CursorKey("x"),
      SamplesKey({}),           VersionKey({})};
  std::set<char> kinds;
  for (const std::string& key : keys) {
    EXPECT_TRUE(kinds.insert(key[0]).second) << key;
  }
  EXPECT_EQ(ParsePositionKey(InternKey(1)), std::nullopt);
  EXPECT_EQ(ParseInternKey(CursorKey("abcd")), std::nullopt);
  EXPECT_EQ(ParseCursorKey(PositionKey("a", "b", 1)), std::nullopt);
}

TEST(KeysTest, ReadersRefuseWhatNoBuilderWrites) {
  EXPECT_EQ(ParsePositionKey(""), std::nullopt);
  EXPECT_EQ(ParsePositionKey("p"), std::nullopt);
  const std::string position = PositionKey("crm", "deals", 3);
  for (size_t size = 0; size < position.size(); ++size) {
    EXPECT_EQ(ParsePositionKey(std::string_view(position).substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(ParsePositionKey(position + "x"), std::nullopt);
  EXPECT_EQ(ParsePositionKey("pcrm\0\2deals\0\1\0\0\0\3"s), std::nullopt);
  EXPECT_EQ(ParseInternKey("i123"), std::nullopt);
  EXPECT_EQ(ParseInternKey("i12345"), std::nullopt);
  EXPECT_EQ(ParseSeriesKey("1234567"), std::nullopt);
  EXPECT_EQ(ParseSeriesKey("123456789"), std::nullopt);
  EXPECT_EQ(ParseLadderKey("123"), std::nullopt);
  EXPECT_EQ(ParseOutboxKey("1234567"), std::nullopt);
  EXPECT_EQ(ParseDedupKey("123456789"), std::nullopt);
}

TEST(KeysTest, PrefixEndIsTheLeastKeyBeyondThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xFF"), "b");
  EXPECT_EQ(PrefixEnd("a\x7F"), "a\x80");
  EXPECT_EQ(PrefixEnd("\xFF\xFF"), "");
  EXPECT_EQ(PrefixEnd(""), "");
}

}  // namespace
}  // namespace kpiwatch
