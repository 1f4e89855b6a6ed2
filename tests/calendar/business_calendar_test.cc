#include "daemon/calendar/business_calendar.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

absl::Time T(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

CalendarOptions In(const std::string& zone) {
  CalendarOptions options;
  options.name = zone;
  options.zone = ZoneOf(zone);
  return options;
}

// S-01.
TEST(BusinessDayTest, IsTheLocalDate) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_EQ(cn.DayOf(T("2026-09-27T15:59:59.999Z")), D("2026-09-27"));
  EXPECT_EQ(cn.DayOf(T("2026-09-27T16:00:00Z")), D("2026-09-28"));
  EXPECT_EQ(cn.Begin(D("2026-09-28")), T("2026-09-28T00:00:00+08:00"));
  EXPECT_EQ(cn.End(D("2026-09-28")), T("2026-09-29T00:00:00+08:00"));
}

// S-01: retail may begin its day at four in the morning.
TEST(BusinessDayTest, BeginsAtItsCutOff) {
  CalendarOptions options = In("Asia/Shanghai");
  options.day_cutoff = absl::Hours(4);
  const BusinessCalendar retail(options);
  EXPECT_EQ(retail.DayOf(T("2026-09-28T03:59:59+08:00")), D("2026-09-27"));
  EXPECT_EQ(retail.DayOf(T("2026-09-28T04:00:00+08:00")), D("2026-09-28"));
  EXPECT_EQ(retail.Begin(D("2026-09-28")), T("2026-09-28T04:00:00+08:00"));
  EXPECT_EQ(retail.Close(D("2026-09-28")), T("2026-09-29T00:00:00+08:00"));
}

// S-01: with DST a day has 23 or 25 hours.
TEST(BusinessDayTest, HasTwentyThreeOrTwentyFiveHoursWhenTheClocksChange) {
  const BusinessCalendar berlin(In("Europe/Berlin"));
  const auto length = [&](const char* day) { return berlin.End(D(day)) - berlin.Begin(D(day)); };
  EXPECT_EQ(length("2025-10-26"), absl::Hours(25));
  EXPECT_EQ(length("2025-03-30"), absl::Hours(23));
  EXPECT_EQ(length("2025-10-27"), absl::Hours(24));
  EXPECT_EQ(berlin.Begin(D("2025-10-26")), T("2025-10-26T00:00:00+02:00"));
  EXPECT_EQ(berlin.End(D("2025-10-26")), T("2025-10-27T00:00:00+01:00"));
  EXPECT_EQ(berlin.DayOf(T("2025-10-26T23:59:59+01:00")), D("2025-10-26"));
}

TEST(BusinessDayTest, BeginsAfterTheGapWhereMidnightIsSkipped) {
  const BusinessCalendar sao_paulo(In("America/Sao_Paulo"));
  EXPECT_EQ(sao_paulo.Begin(D("2018-11-04")), T("2018-11-04T01:00:00-02:00"));
  EXPECT_EQ(sao_paulo.DayOf(T("2018-11-04T02:59:59Z")), D("2018-11-03"));
  EXPECT_EQ(sao_paulo.DayOf(T("2018-11-04T03:00:00Z")), D("2018-11-04"));
  EXPECT_EQ(sao_paulo.End(D("2018-11-04")) - sao_paulo.Begin(D("2018-11-04")), absl::Hours(23));
}

TEST(BusinessDayTest, ASkippedDateIsEmpty) {
  const BusinessCalendar apia(In("Pacific/Apia"));
  const Day skipped = D("2011-12-30");
  EXPECT_EQ(apia.Begin(skipped), apia.End(skipped));
  EXPECT_EQ(apia.Close(skipped), apia.End(skipped));
  EXPECT_EQ(apia.End(skipped - 1), apia.Begin(skipped + 1));
  EXPECT_EQ(apia.DayOf(apia.Begin(skipped)), D("2011-12-31"));
  EXPECT_EQ(apia.DayOf(apia.Begin(skipped) - absl::Seconds(1)), D("2011-12-29"));
}

// On 2010-11-07 at 00:01 the clocks of St John's went back to 23:01.
TEST(BusinessDayTest, DaysFollowEachOtherWhereADateShowsTwice) {
  const BusinessCalendar st_johns(In("America/St_Johns"));
  const absl::Time begin = st_johns.Begin(D("2010-11-07"));
  EXPECT_EQ(begin, T("2010-11-07T00:00:00-02:30"));
  EXPECT_EQ(st_johns.DayOf(begin - absl::Seconds(1)), D("2010-11-06"));
  EXPECT_EQ(st_johns.DayOf(T("2010-11-06T23:30:00-03:30")), D("2010-11-07"));
  EXPECT_EQ(st_johns.End(D("2010-11-06")), begin);
}

TEST(BusinessDayTest, OutlandishInstantsBelongToTheFirstOrLastDay) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_EQ(cn.DayOf(absl::InfiniteFuture()), Day::Max());
  EXPECT_EQ(cn.DayOf(absl::InfinitePast()), Day::Min());
}

// S-04: sales actions may close at 20:00; a day seals not before close and grace.
TEST(DayCloseTest, IsALocalTimeOfTheDay) {
  CalendarOptions options = In("Europe/Berlin");
  options.day_close = absl::Hours(20);
  const BusinessCalendar berlin(options);
  EXPECT_EQ(berlin.Close(D("2025-10-26")), T("2025-10-26T20:00:00+01:00"));
  EXPECT_EQ(berlin.Close(D("2025-10-25")), T("2025-10-25T20:00:00+02:00"));
  EXPECT_EQ(berlin.SealTime(D("2025-10-25")), T("2025-10-25T22:00:00+02:00"));
  EXPECT_EQ(berlin.DayOf(T("2025-10-25T21:00:00+02:00")), D("2025-10-25"));  // D-05
}

TEST(DayCloseTest, IsTheEndOfTheDayByDefault) {
  const BusinessCalendar berlin(In("Europe/Berlin"));
  for (const char* day : {"2025-10-26", "2025-03-30", "2025-07-01"}) {
    EXPECT_EQ(berlin.Close(D(day)), berlin.End(D(day)));
    EXPECT_EQ(berlin.SealTime(D(day)), berlin.End(D(day)) + absl::Hours(2));
  }
}

TEST(DayCloseTest, AnHourThatIsSkippedOrComesTwiceClosesAtItsFirstChance) {
  CalendarOptions options = In("Europe/Berlin");
  options.day_close = absl::Minutes(150);
  const BusinessCalendar berlin(options);
  EXPECT_EQ(berlin.Close(D("2025-03-30")), T("2025-03-30T03:00:00+02:00"));
  EXPECT_EQ(berlin.Close(D("2025-10-26")), T("2025-10-26T02:30:00+02:00"));
}

TEST(DayCloseTest, MayLieAfterMidnight) {
  CalendarOptions options = In("Asia/Shanghai");
  options.day_cutoff = absl::Hours(4);
  options.day_close = absl::Hours(28);
  const BusinessCalendar retail(options);
  EXPECT_EQ(retail.Close(D("2026-09-28")), retail.End(D("2026-09-28")));
}

// S-02: beyond the last notice the weekdays decide, and the calendar says so.
TEST(ProvisionalTest, BeginsAfterTheLastNotice) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_FALSE(cn.IsProvisional(D("2026-12-31")));
  EXPECT_TRUE(cn.IsProvisional(D("2027-01-01")));
  EXPECT_TRUE(cn.IsWorkingDay(D("2027-01-01")));  // a Friday
  EXPECT_FALSE(cn.IsWorkingDay(D("2027-01-02")));
}

TEST(ProvisionalTest, NeverWithoutHolidayFiles) {
  const BusinessCalendar plain(In("Asia/Shanghai"));
  EXPECT_FALSE(plain.IsProvisional(D("2026-12-31")));
  EXPECT_FALSE(plain.IsProvisional(D("2126-12-31")));
}

TEST(CalendarDeathTest, OptionsOutOfRangeAreCheckedFailures) {
  CalendarOptions options = In("Asia/Shanghai");
  options.day_cutoff = absl::Hours(24);
  EXPECT_DEATH(BusinessCalendar{options}, "day_cutoff");
  options = In("Asia/Shanghai");
  options.week_start = 7;
  EXPECT_DEATH(BusinessCalendar{options}, "weekdays");
  options = In("Asia/Shanghai");
  options.day_close = absl::ZeroDuration();
  EXPECT_DEATH(BusinessCalendar{options}, "day_close");
}

}  // namespace
}  // namespace kpiwatch
