#include "daemon/base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace kpiwatch {
namespace {

// The published value of XXH3's 128-bit hash of nothing.
TEST(HashTest, IsXxh3) {
  EXPECT_EQ(HashOf({}), (Hash128{.high = 0x99aa06d3014798d8, .low = 0x6001c324468d497f}));
}

// Stored values depend on it: this must never need an update.
TEST(HashTest, NeverChanges) {
  EXPECT_EQ(HashOf({"t", "crm", "evt-1"}),
            (Hash128{.high = 0x8a4c91137c796f1c, .low = 0x6277ad3e1d6288ca}));
  EXPECT_EQ(HashOf({std::string(1000, 'x')}),
            (Hash128{.high = 0x80b17c800b603615, .low = 0x35d184a134ad5b1a}));
}

TEST(HashTest, KnowsWhereOnePartEnds) {
  EXPECT_NE(HashOf({"ab", "c"}), HashOf({"a", "bc"}));
  EXPECT_NE(HashOf({"ab"}), HashOf({"ab", ""}));
  EXPECT_NE(HashOf({"", "ab"}), HashOf({"ab", ""}));
  EXPECT_NE(HashOf({}), HashOf({""}));
}

TEST(HashTest, DiffersForEveryLengthAroundTheBuffer) {
  std::set<Hash128> seen;
  for (size_t size = 480; size < 540; ++size) {
    const std::string text(size, 'a');
    EXPECT_TRUE(seen.insert(HashOf({"source", text})).second) << size;
    EXPECT_EQ(HashOf({"source", text}), HashOf({"source", std::string(size, 'a')}));
  }
}

}  // namespace
}  // namespace kpiwatch
