#include "daemon/lang/exact.h"

#include "gtest/gtest.h"
#include "tests/lang/testing.h"

namespace kpiwatch::lang {
namespace {

Rational Whole(std::string_view text) { return Rational::Of(Dec(text)); }

TEST(Exact, ThirdsAddUpToOne) {
  const Rational third = *Divide(Whole("1"), Whole("3"));
  const Rational sum = *Add(*Add(third, third), third);
  EXPECT_EQ(sum.num, Dec("1"));
  EXPECT_EQ(sum.den, Dec("1"));
}

TEST(Exact, SignsAreThoseOfArithmetic) {
  EXPECT_EQ(*Subtract(Whole("2"), Whole("5")), Whole("-3"));
  EXPECT_EQ(*Add(Whole("-2"), Whole("5")), Whole("3"));
  EXPECT_EQ(*Multiply(Whole("-2"), Whole("-5")), Whole("10"));
  EXPECT_EQ(*Divide(Whole("-2"), Whole("5")), Whole("-0.4"));
  EXPECT_EQ(*Add(Whole("-2"), Whole("2")), Whole("0"));
  EXPECT_FALSE(Subtract(Whole("2"), Whole("2"))->num.is_negative());
}

TEST(Exact, NormalizeFindsTheDecimal) {
  const Rational r = Normalize({.num = Dec("849"), .den = Dec("-1000")});
  EXPECT_EQ(r.num, Dec("-0.849"));
  EXPECT_EQ(r.den, Dec("1"));
}

TEST(Exact, ResultsThatDoNotFitAreNone) {
  const Rational largest = {.num = Decimal::FromUnits(~(static_cast<__int128>(1) << 127)),
                            .den = Decimal::FromUnits(1)};
  EXPECT_EQ(*Add(largest, Whole("0")), largest);
  EXPECT_FALSE(Add(largest, Whole("1")));
  EXPECT_FALSE(Multiply(largest, Whole("1.5")));
  EXPECT_EQ(*Divide(largest, largest), Whole("1"));
  EXPECT_FALSE(Divide(Whole("1"), Whole("0")));
}

}  // namespace
}  // namespace kpiwatch::lang
