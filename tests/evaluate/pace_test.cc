#include "daemon/evaluate/pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/evaluate/workload.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

Decimal Dec(std::string_view text) { return *Decimal::Parse(text); }

std::string Text(const std::optional<Rational>& number, int digits) {
  return number ? number->ToFixed(digits) : "n/a";
}

// A KPI that counts, on the Chinese calendar.
class PaceTest : public testing::Test {
 protected:
  PaceTest() { book_.calendars.push_back(CnCalendar()); }

  // The month of `day`, as far as it is closed through that day.
  SoFar Through(std::string_view day, std::string_view value, std::string_view target) const {
    const Period month = book_.calendars[0].PeriodOf(PeriodKind::kMonth, D(day));
    SubjectInfo unit;
    unit.kind = SubjectKind::kUnit;
    unit.id = "company";
    SoFar so_far;
    so_far.value = Dec(value);
    so_far.target = Dec(target);
    so_far.worked = WorkOf(book_, kpi_, unit, month.begin, D(day) + 1);
    so_far.all = WorkOf(book_, kpi_, unit, month.begin, month.end);
    return so_far;
  }
  Pace At(std::string_view day, std::string_view value, std::string_view target) const {
    return PaceOf(kpi_, Through(day, value, target));
  }

  Rulebook book_;
  Kpi kpi_;
};

// S-11: June 2026 after the 15th, W/N = 11/21, 40 of 100.
TEST_F(PaceTest, InMidJuneTargetIsDueByWorkingDays) {
  const Pace pace = At("2026-06-15", "40", "100");
  EXPECT_EQ(pace.worked, 11 * kFullCapacity);
  EXPECT_EQ(pace.all, 21 * kFullCapacity);
  EXPECT_FALSE(pace.too_early);
  EXPECT_EQ(Text(pace.expected, 2), "52.38");
  EXPECT_EQ(Text(pace.index, 3), "0.764");
  EXPECT_EQ(Text(pace.gap, 2), "-12.38");
}

// S-11: February 2026 after the 14th: eleven of sixteen working days are over where half of the
// days are, so that who stands at 55 % is behind and not ahead.
TEST_F(PaceTest, BeforeSpringFestivalMoreIsDueThanTheDateSays) {
  const Pace pace = At("2026-02-14", "55", "100");
  EXPECT_EQ(pace.worked, 11 * kFullCapacity);
  EXPECT_EQ(pace.all, 16 * kFullCapacity);
  EXPECT_EQ(Text(pace.expected, 2), "68.75");
  EXPECT_EQ(Text(pace.index, 3), "0.800");
  EXPECT_LT(*pace.index, Rational::Of(Decimal::FromInt(1)));
}

// S-11: October 2026 after the 15th: 7/18 = 38.9 %, not 48.4 %.
TEST_F(PaceTest, AfterTheNationalHolidayLessIsDueThanTheDateSays) {
  const Pace pace = At("2026-10-15", "40", "100");
  EXPECT_EQ(pace.worked, 7 * kFullCapacity);
  EXPECT_EQ(pace.all, 18 * kFullCapacity);
  EXPECT_EQ(Text(pace.expected, 1), "38.9");
  EXPECT_GT(*pace.index, Rational::Of(Decimal::FromInt(1)));
}

// S-11: too early before 15 % of the working days (June 2026 has 21: four are 19 %).
TEST_F(PaceTest, BeforeAShareOfThePeriodNothingIsSaid) {
  EXPECT_TRUE(At("2026-06-03", "0", "100").too_early);
  const Pace early = At("2026-06-03", "0", "100");
  EXPECT_FALSE(early.expected || early.index || early.gap || early.projection ||
               early.required_rate || early.projected_completion || early.max_attainable);
  EXPECT_EQ(early.worked, 3 * kFullCapacity);
  EXPECT_FALSE(At("2026-06-04", "0", "100").too_early);
}

// S-11: exactly 15 % is not too early.
TEST_F(PaceTest, TheShareItselfIsEnough) {
  SoFar so_far = Through("2026-06-15", "1", "100");
  so_far.worked = 3 * kFullCapacity;
  so_far.all = 20 * kFullCapacity;
  EXPECT_FALSE(PaceOf(kpi_, so_far).too_early);
}

// S-11: too early before two working days, whatever their share.
TEST_F(PaceTest, OneDayOfAWeekSaysNothing) {
  SoFar so_far = Through("2026-06-15", "1", "5");
  so_far.worked = kFullCapacity;
  so_far.all = 5 * kFullCapacity;
  EXPECT_TRUE(PaceOf(kpi_, so_far).too_early);
  so_far.worked = 2 * kFullCapacity;
  EXPECT_FALSE(PaceOf(kpi_, so_far).too_early);
  so_far.worked = 3 * kFullCapacity / 2;  // half days, too
  EXPECT_TRUE(PaceOf(kpi_, so_far).too_early);
}

// S-11: too early before min_units are due.
TEST_F(PaceTest, LessThanAFewExpectedUnitsSayNothing) {
  kpi_.pace.min_units = Dec("3");
  EXPECT_TRUE(At("2026-06-15", "0", "5").too_early);   // 2.62 are due
  EXPECT_FALSE(At("2026-06-15", "0", "6").too_early);  // 3.14
}

TEST_F(PaceTest, AClosedPeriodIsNeverTooEarly) {
  kpi_.pace.min_units = Dec("1000");
  kpi_.pace.min_days = 30;
  const Pace pace = At("2026-06-30", "40", "100");
  EXPECT_FALSE(pace.too_early);
  EXPECT_EQ(Text(pace.expected, 6), "100.000000");
  EXPECT_EQ(Text(pace.index, 6), "0.400000");
  EXPECT_EQ(Text(pace.projection, 6), "40.000000");
  EXPECT_EQ(Text(pace.required_rate, 6), "n/a");  // no day is left
}

TEST_F(PaceTest, WhereNobodyWorksNothingIsDue) {
  SoFar so_far = Through("2026-06-15", "40", "100");
  so_far.worked = so_far.all = 0;
  const Pace pace = PaceOf(kpi_, so_far);
  EXPECT_FALSE(pace.expected || pace.index || pace.projection || pace.required_rate);
}

TEST_F(PaceTest, WithoutATargetThereIsStillAProjection) {
  SoFar so_far = Through("2026-06-15", "40", "100");
  so_far.target.reset();
  const Pace pace = PaceOf(kpi_, so_far);
  EXPECT_FALSE(pace.expected || pace.index || pace.gap || pace.required_rate ||
               pace.projected_completion);
  EXPECT_EQ(Text(pace.projection, 2), "76.36");
}

TEST_F(PaceTest, OfATargetOfZeroThereIsNoIndex) {
  const Pace pace = At("2026-06-15", "40", "0");
  EXPECT_EQ(Text(pace.expected, 2), "0.00");
  EXPECT_EQ(Text(pace.index, 2), "n/a");
  EXPECT_EQ(Text(pace.gap, 2), "40.00");
  EXPECT_EQ(Text(pace.projected_completion, 2), "n/a");
}

// S-12: run rate A·N/W = 40·21/11 = 76.36; required (T−A)/(N−W) = 6.0 a day against 3.64: ×1.65.
TEST_F(PaceTest, TheRateSoFarLeadsSomewhereAndMoreIsRequired) {
  const Pace pace = At("2026-06-15", "40", "100");
  EXPECT_EQ(Text(pace.projection, 2), "76.36");
  EXPECT_EQ(Text(pace.projected_completion, 4), "0.7636");
  EXPECT_EQ(Text(pace.required_rate, 6), "6.000000");
  EXPECT_EQ(Text(pace.effort, 2), "1.65");
}

TEST_F(PaceTest, OfAFallingKpiTheProjectedCompletionFalls) {
  kpi_.direction = Direction::kDown;
  const Pace pace = At("2026-06-15", "40", "60");  // 76.36 of a budget of 60
  EXPECT_EQ(Text(pace.projected_completion, 4), "0.7273");
  EXPECT_EQ(Text(pace.index, 4), "1.2727");
  EXPECT_EQ(Text(pace.required_rate, 6), "2.000000");
}

TEST_F(PaceTest, WhoHasReachedItNeedsNoMore) {
  EXPECT_EQ(Text(At("2026-06-15", "120", "100").required_rate, 6), "-2.000000");
}

// S-12: A + (N−W)·P90 of the trailing means of five days: 40 + 10·7.
TEST_F(PaceTest, WhatIsAttainableIsTheBestRateOnEachDayLeft) {
  SoFar so_far = Through("2026-06-15", "40", "100");
  so_far.best_rate = Rational::Of(Dec("7"));
  EXPECT_EQ(Text(PaceOf(kpi_, so_far).max_attainable, 6), "110.000000");
  EXPECT_EQ(Text(At("2026-06-15", "40", "100").max_attainable, 6), "n/a");
}

TEST_F(PaceTest, NothingIsRounded) {
  // 52.380952…: a little less than what is due is behind.
  const Pace pace = At("2026-06-15", "52.380952", "100");
  EXPECT_LT(*pace.index, Rational::Of(Decimal::FromInt(1)));
  EXPECT_EQ(pace.index->ToFixed(6), "1.000000");
}

std::vector<WorkedDay> Days(const std::vector<int>& values) {
  std::vector<WorkedDay> days;
  for (const int value : values) {
    days.push_back({Decimal::FromInt(value)});
  }
  return days;
}

// S-12: P90 of the trailing 5-wd mean.
TEST(BestRateTest, IsTheNinetiethPercentileOfFiveDaysInARow) {
  EXPECT_EQ(Text(BestRate(Days({1, 2, 3, 4})), 2), "n/a");
  EXPECT_EQ(Text(BestRate(Days({1, 2, 3, 4, 5})), 2), "3.00");
  // Means 1 to 10: the ninth of ten.
  EXPECT_EQ(Text(BestRate(Days({1, 1, 1, 1, 1, 6, 6, 6, 6, 6, 11, 11, 11, 11})), 2), "9.00");
  // Means 1 to 6: the last, as five of six are less than nine of ten.
  EXPECT_EQ(Text(BestRate(Days({6, 6, 6, 6, 6, 1, 1, 1, 1, 1})), 2), "6.00");
}

TEST(BestRateTest, CountsHalfDaysAsHalf) {
  std::vector<WorkedDay> days = Days({2, 2, 2, 2, 2});
  for (WorkedDay& day : days) {
    day.capacity = kFullCapacity / 2;
  }
  EXPECT_EQ(Text(BestRate(days), 2), "4.00");
}

}  // namespace
}  // namespace kpiwatch
