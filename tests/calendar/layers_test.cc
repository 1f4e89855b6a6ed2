// Layers of days off: weekend, national, company (S-02).
#include <gtest/gtest.h>

#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

HolidaySet Company(std::initializer_list<std::pair<const char*, bool>> days, const char* known) {
  HolidaySet set;
  for (const auto& [day, working] : days) {
    EXPECT_TRUE(AddHoliday(D(day), working, &set).ok());
  }
  set.known_through = D(known);
  return set;
}

// S-02: the company's days lie above the nation's, and these above the weekend.
TEST(LayersTest, TheUpperLayerWins) {
  CalendarOptions options = CnOptions();
  options.company = Company(
      {{"2026-10-07", true}, {"2026-10-10", false}, {"2026-12-31", false}, {"2026-11-07", true}},
      "2026-12-31");
  const BusinessCalendar company(options);
  const BusinessCalendar nation = CnCalendar();
  EXPECT_FALSE(nation.IsWorkingDay(D("2026-10-07")));
  EXPECT_TRUE(company.IsWorkingDay(D("2026-10-07"))) << "a national holiday that is worked";
  EXPECT_TRUE(nation.IsWorkingDay(D("2026-10-10")));
  EXPECT_FALSE(company.IsWorkingDay(D("2026-10-10"))) << "a make-up day that is not";
  EXPECT_FALSE(company.IsWorkingDay(D("2026-12-31"))) << "an ordinary Thursday off";
  EXPECT_TRUE(company.IsWorkingDay(D("2026-11-07"))) << "a Saturday worked";
  EXPECT_FALSE(company.IsWorkingDay(D("2026-10-01"))) << "what it says nothing of is the nation's";
  EXPECT_EQ(company.WorkingDays(D("2026-10-01"), D("2026-11-01")), 18);
  EXPECT_EQ(company.AddWorkingDays(D("2026-10-09"), 1), D("2026-10-12"));
}

// S-02: each layer has its own known_through; what the first to end does not know is provisional.
TEST(LayersTest, AreKnownAsFarAsTheFirstToEnd) {
  CalendarOptions options = CnOptions();
  options.company = Company({}, "2026-06-30");
  EXPECT_EQ(BusinessCalendar(options).KnownThrough(), D("2026-06-30"));
  EXPECT_TRUE(BusinessCalendar(options).IsProvisional(D("2026-07-01")));
  options.company = Company({}, "2027-06-30");
  EXPECT_EQ(BusinessCalendar(options).KnownThrough(), D("2026-12-31"));
  options.holidays = {};
  EXPECT_EQ(BusinessCalendar(options).KnownThrough(), D("2027-06-30"));
  options.company = {};
  EXPECT_EQ(BusinessCalendar(options).KnownThrough(), std::nullopt);
}

// S-02: beyond known_through the weekday pattern decides.
TEST(LayersTest, BeyondWhatIsKnownMondayToFridayWork) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_TRUE(cn.IsProvisional(D("2027-01-01")));
  EXPECT_TRUE(cn.IsWorkingDay(D("2027-01-01"))) << "a Friday, and New Year's Day";
  EXPECT_FALSE(cn.IsWorkingDay(D("2027-01-02")));
  EXPECT_EQ(cn.WorkingDays(D("2027-02-01"), D("2027-03-01")), 20);
}

}  // namespace
}  // namespace kpiwatch
