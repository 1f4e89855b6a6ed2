// The calendar of a company at several sites (S-01).
#include <gtest/gtest.h>

#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

absl::Time T(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

BusinessCalendar Site(const char* zone, absl::Duration close, absl::Duration grace,
                      std::vector<int> weekend) {
  CalendarOptions options;
  options.name = zone;
  options.zone = ZoneOf(zone);
  options.day_close = close;
  options.grace = grace;
  options.weekend = std::move(weekend);
  return BusinessCalendar(options);
}

class SitesTest : public testing::Test {
 protected:
  SitesTest() {
    CalendarOptions options = CnOptions();
    options.day_close = absl::Hours(20);
    shanghai_ = std::make_unique<BusinessCalendar>(options);
    new_york_ = std::make_unique<BusinessCalendar>(
        Site("America/New_York", absl::Hours(18), absl::Hours(3), {5, 6}));
    dubai_ = std::make_unique<BusinessCalendar>(
        Site("Asia/Dubai", absl::Hours(20), absl::Hours(2), {4, 5}));
    all_ = std::make_unique<BusinessCalendar>(
        "all", std::vector<BusinessCalendar>{*shanghai_, *new_york_, *dubai_});
  }
  std::unique_ptr<BusinessCalendar> shanghai_, new_york_, dubai_, all_;
};

// S-01: a day is a label; it lasts from where it begins first to where it ends last.
TEST_F(SitesTest, ADayLastsFromTheFirstSiteToTheLast) {
  const Day day = D("2026-11-02");
  EXPECT_EQ(all_->Begin(day), T("2026-11-02T00:00:00+08:00"));
  EXPECT_EQ(all_->End(day), T("2026-11-03T00:00:00-05:00"));
  EXPECT_EQ(all_->Close(day), T("2026-11-02T18:00:00-05:00"));
  EXPECT_EQ(all_->SealTime(day), T("2026-11-02T21:00:00-05:00"));
}

// S-01: 2026-11-01 has 25 hours in New York, and the company's day with it.
TEST_F(SitesTest, FollowsTheClocksOfEachSite) {
  const Day day = D("2026-11-01");
  EXPECT_EQ(new_york_->End(day) - new_york_->Begin(day), absl::Hours(25));
  EXPECT_EQ(shanghai_->End(day) - shanghai_->Begin(day), absl::Hours(24));
  EXPECT_EQ(all_->SealTime(day - 1), T("2026-10-31T21:00:00-04:00"));
  EXPECT_EQ(all_->SealTime(day), T("2026-11-01T21:00:00-05:00"));
}

TEST_F(SitesTest, AMomentBelongsToTheEarliestOfItsDays) {
  EXPECT_EQ(all_->DayOf(T("2026-11-03T12:59:59+08:00")), D("2026-11-02"));
  EXPECT_EQ(all_->DayOf(T("2026-11-03T13:00:00+08:00")), D("2026-11-03"));
}

TEST_F(SitesTest, ADayWorksWhereSomebodyDoes) {
  EXPECT_TRUE(all_->IsWorkingDay(D("2026-10-01"))) << "off in China only";
  EXPECT_TRUE(all_->IsWorkingDay(D("2026-11-01"))) << "a Sunday, worked in Dubai";
  EXPECT_FALSE(all_->IsWorkingDay(D("2026-10-31"))) << "a Saturday";
  EXPECT_TRUE(all_->IsWorkingDay(D("2026-10-10"))) << "a make-up Saturday";
  for (Day day = D("2026-01-01"); day < D("2027-02-01"); ++day) {
    EXPECT_EQ(all_->IsWorkingDay(day), shanghai_->IsWorkingDay(day) ||
                                           new_york_->IsWorkingDay(day) ||
                                           dubai_->IsWorkingDay(day))
        << day.ToString();
  }
}

TEST_F(SitesTest, IsKnownAsFarAsTheFirstToEnd) {
  EXPECT_EQ(all_->KnownThrough(), D("2026-12-31"));
  EXPECT_EQ(dubai_->KnownThrough(), std::nullopt);
}

TEST_F(SitesTest, WeeksAndYearsAreThoseOfTheFirstSite) {
  EXPECT_EQ(all_->PeriodOf(PeriodKind::kWeek, D("2026-11-01")),
            shanghai_->PeriodOf(PeriodKind::kWeek, D("2026-11-01")));
  EXPECT_EQ(all_->options().zone, shanghai_->options().zone);
  EXPECT_EQ(all_->name(), "all");
}

TEST(SitesDeathTest, ASiteIsOnePlace) {
  const BusinessCalendar cn = CnCalendar();
  const BusinessCalendar all("all", {cn});
  EXPECT_DEATH(BusinessCalendar("more", {all}), "a site has no sites");
  EXPECT_DEATH(BusinessCalendar("none", {}), "a company has a site");
}

}  // namespace
}  // namespace kpiwatch
