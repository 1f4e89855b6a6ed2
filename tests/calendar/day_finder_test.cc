#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

struct ZoneAndCutOff {
  std::string zone;
  absl::Duration cutoff;
};

class DayFinderTest : public testing::TestWithParam<ZoneAndCutOff> {
 protected:
  static BusinessCalendar Calendar() {
    CalendarOptions options;
    options.zone = ZoneOf(GetParam().zone);
    options.day_cutoff = GetParam().cutoff;
    return BusinessCalendar(options);
  }
};

// Looks at `time_ms` from all sides. The local date less the cut-off is the definition (S-01).
void ExpectAgreement(const BusinessCalendar& calendar, BusinessCalendar::DayFinder& finder,
                     int64_t time_ms) {
  const absl::Time time = absl::FromUnixMillis(time_ms);
  const Day day = calendar.DayOf(time);
  ASSERT_EQ(finder.Find(time_ms), day) << time;
  ASSERT_EQ(Day::FromCivil(
                absl::ToCivilDay(time - calendar.options().day_cutoff, calendar.options().zone)),
            day)
      << time;
  ASSERT_LE(calendar.Begin(day), time);
  ASSERT_LT(time, calendar.End(day));
}

TEST_P(DayFinderTest, AgreesWithTheDefinitionAtRandomInstants) {
  const BusinessCalendar calendar = Calendar();
  BusinessCalendar::DayFinder finder(&calendar);
  std::mt19937_64 random(4);
  const int64_t first =
      absl::ToUnixMillis(absl::FromCivil(absl::CivilDay(1950, 1, 1), absl::UTCTimeZone()));
  const int64_t last =
      absl::ToUnixMillis(absl::FromCivil(absl::CivilDay(2060, 1, 1), absl::UTCTimeZone()));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(
        ExpectAgreement(calendar, finder, first + static_cast<int64_t>(random() % (last - first))));
  }
}

TEST_P(DayFinderTest, AgreesWithTheDefinitionAroundEveryMidnightOfManyYears) {
  const BusinessCalendar calendar = Calendar();
  BusinessCalendar::DayFinder finder(&calendar);
  for (Day day = D("1985-01-01"); day < D("2030-01-01"); ++day) {
    const int64_t begin = absl::ToUnixMillis(calendar.Begin(day));
    for (const int64_t offset : {-1, 0, 1}) {
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(calendar, finder, begin + offset));
    }
  }
}

TEST_P(DayFinderTest, ForgetsNothingWhenManyDaysAlternate) {
  const BusinessCalendar calendar = Calendar();
  BusinessCalendar::DayFinder finder(&calendar);
  std::mt19937_64 random(5);
  const int64_t first = absl::ToUnixMillis(calendar.Begin(D("2010-01-01")));
  for (int i = 0; i < 20'000; ++i) {
    const int64_t time_ms = first + static_cast<int64_t>(random() % (200ull * 86'400'000));
    ASSERT_EQ(finder.Find(time_ms), calendar.DayOf(absl::FromUnixMillis(time_ms)));
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, DayFinderTest,
                         testing::Values(ZoneAndCutOff{"Asia/Shanghai", absl::ZeroDuration()},
                                         ZoneAndCutOff{"Asia/Shanghai", absl::Hours(4)},
                                         ZoneAndCutOff{"Europe/Berlin", absl::ZeroDuration()},
                                         ZoneAndCutOff{"Europe/Berlin", absl::Hours(4)},
                                         ZoneAndCutOff{"America/Sao_Paulo", absl::ZeroDuration()},
                                         ZoneAndCutOff{"America/Sao_Paulo", absl::Minutes(90)},
                                         ZoneAndCutOff{"Pacific/Apia", absl::ZeroDuration()},
                                         ZoneAndCutOff{"Asia/Kolkata", absl::ZeroDuration()},
                                         ZoneAndCutOff{"UTC", absl::ZeroDuration()}),
                         [](const auto& info) {
                           std::string name = info.param.zone;
                           std::erase_if(name, [](char c) { return c == '/' || c == '_'; });
                           return name + std::to_string(absl::ToInt64Minutes(info.param.cutoff));
                         });

TEST(DayFinderExtremesTest, GarbageTimesHaveADayToo) {
  const BusinessCalendar cn = CnCalendar();
  BusinessCalendar::DayFinder finder(&cn);
  EXPECT_EQ(finder.Find(std::numeric_limits<int64_t>::max()), Day::Max());
  EXPECT_EQ(finder.Find(std::numeric_limits<int64_t>::min()), Day::Min());
  EXPECT_EQ(finder.Find(0), D("1970-01-01"));
}

}  // namespace
}  // namespace kpiwatch
