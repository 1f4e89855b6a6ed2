#include "daemon/model/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "daemon/model/aggregate.h"

namespace kpiwatch {
namespace {

// What `text` reads as, in its shortest form, or "refused".
std::string Read(std::string_view text) {
  const std::optional<Decimal> value = Decimal::Parse(text);
  return value ? value->ToString() : "refused";
}

TEST(DecimalTest, ReadsPlainNumbers) {
  EXPECT_EQ(Read("0"), "0");
  EXPECT_EQ(Read("-0"), "0");
  EXPECT_EQ(Read("12.5"), "12.5");
  EXPECT_EQ(Read("-12.50"), "-12.5");
  EXPECT_EQ(Read("+7"), "7");
  EXPECT_EQ(Read(".5000"), "0.5");
  EXPECT_EQ(Read("00012.0001"), "12.0001");
  EXPECT_EQ(Read("1200.05"), "1200.05");
  EXPECT_EQ(Read("0.000001"), "0.000001");
  EXPECT_EQ(Read("999999999999999999.999999"), "999999999999999999.999999");
}

TEST(DecimalTest, ReadsExponentsAsJsonWritesThem) {
  EXPECT_EQ(Read("1e3"), "1000");
  EXPECT_EQ(Read("1.25E-2"), "0.0125");
  EXPECT_EQ(Read("-2.5e+1"), "-25");
  EXPECT_EQ(Read("1e17"), "100000000000000000");
  EXPECT_EQ(Read("100000000000000000000000e-23"), "1");
  EXPECT_EQ(Read("0.00000000000000000001e20"), "1");
  EXPECT_EQ(Read("0e999999999999999999999"), "0");
}

TEST(DecimalTest, NeverLosesADigitSilently) {
  EXPECT_EQ(Read("0.0000001"), "refused");
  EXPECT_EQ(Read("1e-7"), "refused");
  EXPECT_EQ(Read("0.1234567"), "refused");
  EXPECT_EQ(Read("0.1234560000000"), "0.123456");
  EXPECT_EQ(Read("1000000000000000000"), "refused");
  EXPECT_EQ(Read("1e18"), "refused");
  EXPECT_EQ(Read("1e99999999999999999999"), "refused");
  EXPECT_EQ(Read("1e-99999999999999999999"), "refused");
  EXPECT_EQ(Read(std::string(40, '9')), "refused");
  EXPECT_EQ(Read("1" + std::string(100'000, '0')), "refused");
  EXPECT_EQ(Read(std::string(100'000, '0') + "1"), "1");
}

TEST(DecimalTest, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"",   " 1",  "1 ",    "-",  "+",   ".",   "5.",    "-.",  "1,000",    "1_000", "0x10",
        "1e", "1e+", "1e1.5", "e5", "--1", "+-1", "1.2.3", "NaN", "Infinity", "１"}) {
    EXPECT_EQ(Read(text), "refused") << text;
  }
}

TEST(DecimalTest, AddsWhereBinaryFloatingPointFails) {
  EXPECT_EQ((*Decimal::Parse("0.1") + *Decimal::Parse("0.2")), *Decimal::Parse("0.3"));
  Decimal sum;
  for (int i = 0; i < 1000; ++i) {
    sum += *Decimal::Parse("0.001");
  }
  EXPECT_EQ(sum, Decimal::FromInt(1));
  EXPECT_EQ(sum - Decimal::FromInt(3), Decimal::FromInt(-2));
  EXPECT_EQ(-Decimal::FromInt(3), Decimal::FromInt(-3));
}

TEST(DecimalTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(Decimal::Parse("12.345")->ToFixed(2), "12.35");
  EXPECT_EQ(Decimal::Parse("-12.345")->ToFixed(2), "-12.35");
  EXPECT_EQ(Decimal::Parse("12.344999")->ToFixed(2), "12.34");
  EXPECT_EQ(Decimal::Parse("0.5")->ToFixed(0), "1");
  EXPECT_EQ(Decimal::Parse("-0.5")->ToFixed(0), "-1");
  EXPECT_EQ(Decimal::Parse("9.995")->ToFixed(2), "10.00");
  EXPECT_EQ(Decimal::Parse("3")->ToFixed(6), "3.000000");
}

TEST(DecimalTest, NeverShowsANegativeZero) {
  EXPECT_EQ(Decimal::Parse("-0.004")->ToFixed(2), "0.00");
  EXPECT_EQ(Decimal::Parse("-0.4")->ToFixed(0), "0");
}

TEST(DecimalTest, ShowsItsExtremes) {
  constexpr auto kMax = static_cast<__int128>(~static_cast<unsigned __int128>(0) >> 1);
  EXPECT_EQ(Decimal::FromUnits(kMax).ToString(), "170141183460469231731687303715884.105727");
  EXPECT_EQ(Decimal::FromUnits(-kMax - 1).ToString(), "-170141183460469231731687303715884.105728");
}

TEST(DecimalTest, MinorUnitsScaleByTheDigitsOfTheirCurrency) {
  EXPECT_EQ(Decimal::FromMinor(12345, 2).ToString(), "123.45");
  EXPECT_EQ(Decimal::FromMinor(-12345, 0).ToString(), "-12345");
  EXPECT_EQ(Decimal::FromMinor(12345, 3).ToString(), "12.345");
  EXPECT_EQ(Decimal::FromMinor(std::numeric_limits<int64_t>::max(), 0).ToString(),
            "9223372036854775807");
}

TEST(DecimalDeathTest, OverflowIsACheckedFailure) {
  constexpr auto kMax = static_cast<__int128>(~static_cast<unsigned __int128>(0) >> 1);
  EXPECT_DEATH(Decimal::FromUnits(kMax) + Decimal::FromUnits(1), "decimal overflow");
  EXPECT_DEATH(Decimal::FromUnits(-kMax) - Decimal::FromUnits(2), "decimal overflow");
  EXPECT_DEATH(-Decimal::FromUnits(-kMax - 1), "decimal overflow");
}

TEST(DecimalTest, WhatItShowsReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const int shift = static_cast<int>(random() % 63);
    const Decimal value = Decimal::FromUnits(static_cast<int64_t>(random()) >> shift);
    ASSERT_EQ(Decimal::Parse(value.ToString()), value);
    ASSERT_EQ(Decimal::Parse(value.ToFixed(6)), value);
  }
}

TEST(AggregateTest, MergesByAddingCountsAndSums) {
  Aggregate week{.count = 2, .sum = *Decimal::Parse("1.5")};
  week.Merge({.count = 3, .sum = *Decimal::Parse("-0.5")});
  EXPECT_EQ(week, (Aggregate{.count = 5, .sum = Decimal::FromInt(1)}));
}

}  // namespace
}  // namespace kpiwatch
