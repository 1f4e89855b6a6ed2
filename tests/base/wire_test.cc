#include "daemon/base/wire.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace kpiwatch::wire {
namespace {

constexpr __int128 kMax128 = static_cast<__int128>(~static_cast<unsigned __int128>(0) >> 1);
constexpr __int128 kMin128 = -kMax128 - 1;

TEST(WireTest, EverythingReadsBackInOrder) {
  std::string out;
  AppendU8(0xFE, &out);
  AppendU32(0x80000001, &out);
  AppendU64(0x8000000000000001, &out);
  AppendI32(-5, &out);
  AppendI64(std::numeric_limits<int64_t>::min(), &out);
  AppendVarint(300, &out);
  AppendSigned(-300, &out);
  AppendSigned128(kMin128, &out);
  AppendString("客户", &out);
  AppendString("", &out);
  out += "tail";

  Reader in(out);
  EXPECT_EQ(in.U8(), 0xFE);
  EXPECT_EQ(in.U32(), 0x80000001);
  EXPECT_EQ(in.U64(), 0x8000000000000001);
  EXPECT_EQ(in.I32(), -5);
  EXPECT_EQ(in.I64(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(in.Varint(), 300u);
  EXPECT_EQ(in.Signed(), -300);
  EXPECT_TRUE(in.Signed128() == kMin128);
  EXPECT_EQ(in.String(), "客户");
  EXPECT_EQ(in.String(), "");
  EXPECT_FALSE(in.AtEnd());
  EXPECT_EQ(in.rest(), "tail");
  EXPECT_EQ(in.Bytes(4), "tail");
  EXPECT_TRUE(in.AtEnd());
}

// Stored bytes depend on it: these must never need an update.
TEST(WireTest, BytesNeverChange) {
  std::string out;
  AppendU32(0x01020304, &out);
  AppendI32(-1, &out);
  AppendVarint(300, &out);
  AppendSigned(-2, &out);
  AppendSigned128(64, &out);
  AppendString("ab", &out);
  EXPECT_EQ(out, std::string("\x01\x02\x03\x04\x7F\xFF\xFF\xFF\xAC\x02\x03\x80\x01\x02"
                             "ab"));
}

TEST(WireTest, VarintsReadBackAtEveryPowerOfTwo) {
  for (int bit = 0; bit < 128; ++bit) {
    for (int delta = -1; delta <= 1; ++delta) {
      const auto power = static_cast<unsigned __int128>(1) << bit;
      const auto wide = static_cast<__int128>(power + static_cast<unsigned __int128>(delta));
      const auto narrow = static_cast<int64_t>(wide);
      std::string out;
      AppendSigned128(wide, &out);
      AppendSigned(narrow, &out);
      AppendVarint(static_cast<uint64_t>(narrow), &out);
      Reader in(out);
      EXPECT_TRUE(in.Signed128() == wide) << bit;
      EXPECT_EQ(in.Signed(), narrow);
      EXPECT_EQ(in.Varint(), static_cast<uint64_t>(narrow));
      EXPECT_TRUE(in.AtEnd());
    }
  }
}

TEST(WireTest, SmallMagnitudesAreShort) {
  const auto size = [](__int128 value) {
    std::string out;
    AppendSigned128(value, &out);
    return out.size();
  };
  EXPECT_EQ(size(0), 1u);
  EXPECT_EQ(size(-64), 1u);
  EXPECT_EQ(size(64), 2u);
  EXPECT_EQ(size(kMax128), 19u);
}

TEST(WireTest, KeysSortByNumber) {
  const std::vector<int64_t> numbers = {std::numeric_limits<int64_t>::min(), -256, -1, 0, 1, 256,
                                        std::numeric_limits<int64_t>::max()};
  for (size_t i = 1; i < numbers.size(); ++i) {
    std::string less;
    std::string more;
    AppendI64(numbers[i - 1], &less);
    AppendI64(numbers[i], &more);
    EXPECT_LT(less, more);
  }
}

TEST(WireReaderTest, EveryCutIsAFailureAndNeverARead) {
  std::string out;
  AppendU64(1, &out);
  AppendSigned128(kMax128, &out);
  AppendString("abc", &out);
  for (size_t size = 0; size < out.size(); ++size) {
    const std::string cut = out.substr(0, size);  // its own memory: sanitizers see an overrun
    Reader in(cut);
    in.U64();
    in.Signed128();
    in.String();
    EXPECT_FALSE(in.ok()) << size;
    EXPECT_FALSE(in.AtEnd());
  }
}

TEST(WireReaderTest, AFailureStaysAndReadsNothing) {
  Reader in(
      "\x05"
      "ab");
  EXPECT_EQ(in.String(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0);
  EXPECT_EQ(in.I32(), 0);
  EXPECT_EQ(in.I64(), 0);
  EXPECT_EQ(in.Varint(), 0u);
  EXPECT_EQ(in.rest(), "");
}

TEST(WireReaderTest, RefusesVarintsThatDoNotFit) {
  const std::string eleven_bytes = std::string(10, '\xFF') + '\x01';
  Reader too_long(eleven_bytes);
  too_long.Varint();
  EXPECT_FALSE(too_long.ok());
  const std::string sixty_five_bits = std::string(9, '\xFF') + '\x02';
  Reader too_wide(sixty_five_bits);
  too_wide.Varint();
  EXPECT_FALSE(too_wide.ok());
  const std::string widest = std::string(9, '\xFF') + '\x01';
  Reader fits(widest);
  EXPECT_EQ(fits.Varint(), std::numeric_limits<uint64_t>::max());
  EXPECT_TRUE(fits.AtEnd());
}

}  // namespace
}  // namespace kpiwatch::wire
