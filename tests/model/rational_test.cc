#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "daemon/model/decimal.h"

namespace kpiwatch {
namespace {

constexpr auto kMax = static_cast<__int128>(~static_cast<unsigned __int128>(0) >> 1);

Rational R(std::string_view num, std::string_view den = "1") {
  return {*Decimal::Parse(num), *Decimal::Parse(den)};
}

TEST(RationalTest, ComparesQuotientsThatRoundAlike) {
  EXPECT_LT(R("0.39996"), R("0.4"));
  EXPECT_LT(R("333333", "1000000"), R("1", "3"));
  EXPECT_EQ(R("2", "6"), R("1", "3"));
  EXPECT_GT(R("1", "3"), R("0.333333"));
}

TEST(RationalTest, ComparesAcrossSigns) {
  EXPECT_EQ(R("1", "-2"), R("-1", "2"));
  EXPECT_EQ(R("-1", "-2"), R("1", "2"));
  EXPECT_LT(R("1", "-2"), R("1", "3"));
  EXPECT_LT(R("-1", "2"), R("-1", "3"));
  EXPECT_GT(R("-1", "-2"), R("-5"));
  EXPECT_EQ(R("0", "-7"), R("0", "3"));
  EXPECT_LT(R("0", "-7"), R("1", "9"));
  EXPECT_LT(R("1", "-9"), R("0", "-7"));
}

TEST(RationalTest, ComparesProductsOf256Bits) {
  const Decimal most = Decimal::FromUnits(kMax);
  const Decimal least = Decimal::FromUnits(-kMax - 1);
  const Decimal almost = Decimal::FromUnits(kMax - 1);
  EXPECT_LT((Rational{almost, most}), (Rational{most, most}));
  EXPECT_LT((Rational{almost, most}), (Rational{most, almost}));
  EXPECT_GT((Rational{least, least}), (Rational{most, least}));
  EXPECT_LT((Rational{most, least}), (Rational{almost, most}));
  EXPECT_GT((Rational{least, Decimal::FromInt(-1)}), (Rational{most, Decimal::FromInt(1)}));
}

TEST(RationalTest, AgreesWithSmallIntegerArithmetic) {
  std::mt19937_64 random(2);
  const auto next = [&random](int range) {
    return static_cast<int64_t>(random() % (2 * range + 1)) - range;
  };
  for (int i = 0; i < 50'000; ++i) {
    const int64_t a = next(20);
    const int64_t b = next(20);
    const int64_t c = next(20);
    const int64_t d = next(20);
    if (b == 0 || d == 0) {
      continue;
    }
    const auto expected = a * d * (b * d > 0 ? 1 : -1) <=> c * b * (b * d > 0 ? 1 : -1);
    const Rational left{Decimal::FromInt(a), Decimal::FromInt(b)};
    const Rational right{Decimal::FromInt(c), Decimal::FromInt(d)};
    ASSERT_EQ(left <=> right, expected) << a << "/" << b << " and " << c << "/" << d;
    ASSERT_EQ(left == right, expected == 0);
  }
}

TEST(RationalTest, ShowsDigitsRoundedHalfAwayFromZero) {
  EXPECT_EQ(R("2", "3").ToFixed(6), "0.666667");
  EXPECT_EQ(R("-2", "3").ToFixed(6), "-0.666667");
  EXPECT_EQ(R("2", "-3").ToFixed(2), "-0.67");
  EXPECT_EQ(R("1", "8").ToFixed(2), "0.13");
  EXPECT_EQ(R("1", "2").ToFixed(0), "1");
  EXPECT_EQ(R("999999", "1000000").ToFixed(2), "1.00");
  EXPECT_EQ(R("-1", "1000").ToFixed(2), "0.00");
  EXPECT_EQ(R("39.996", "100").ToFixed(2), "0.40");
  EXPECT_EQ(R("100", "3").ToFixed(4), "33.3333");
  EXPECT_EQ(R("5").ToFixed(0), "5");
}

TEST(RationalTest, ShowsQuotientsOfExtremes) {
  const Decimal most = Decimal::FromUnits(kMax);
  const Decimal least = Decimal::FromUnits(-kMax - 1);
  EXPECT_EQ((Rational{most, most}).ToFixed(6), "1.000000");
  EXPECT_EQ((Rational{most, least}).ToFixed(6), "-1.000000");
  EXPECT_EQ((Rational{least, Decimal::FromUnits(-1)}).ToFixed(2),
            "170141183460469231731687303715884105728.00");
  EXPECT_EQ((Rational{Decimal::FromUnits(kMax / 3), most}).ToFixed(6), "0.333333");
}

TEST(RationalTest, IsANumberForMetrics) {
  EXPECT_DOUBLE_EQ(R("1", "4").ToDouble(), 0.25);
  EXPECT_DOUBLE_EQ(Decimal::Parse("-12.5")->ToDouble(), -12.5);
}

TEST(RationalDeathTest, AZeroDenominatorIsACheckedFailure) {
  const Rational bad{Decimal::FromInt(1), Decimal()};
  EXPECT_DEATH(static_cast<void>(bad < R("1")), "denominator zero");
  EXPECT_DEATH(static_cast<void>(bad.ToFixed(2)), "denominator zero");
  EXPECT_DEATH(static_cast<void>(bad.ToDouble()), "denominator zero");
}

TEST(RationalTest, RoundsToTheNearestDecimal) {
  const auto rounded = [](int64_t num, int64_t den, int digits) {
    const auto r = Rational{Decimal::FromInt(num), Decimal::FromInt(den)}.Rounded(digits);
    return r ? r->ToString() : "none";
  };
  EXPECT_EQ(rounded(2, 3, 6), "0.666667");
  EXPECT_EQ(rounded(2, 3, 2), "0.67");
  EXPECT_EQ(rounded(-5, 2, 0), "-3");
  EXPECT_EQ(rounded(5, -2, 0), "-3");
  EXPECT_EQ(rounded(1999, 2000, 2), "1");
  EXPECT_EQ(rounded(1, 3, 0), "0");
  EXPECT_EQ(rounded(999'999'999'999'999'999, 1, 6), "999999999999999999");
  EXPECT_EQ(rounded(1'000'000'000'000'000'000, 1, 6), "none");
}

}  // namespace
}  // namespace kpiwatch
