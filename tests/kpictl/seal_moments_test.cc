#include "daemon/kpictl/seal_moments.h"

#include <gtest/gtest.h>

#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

BusinessCalendar Calendar(const std::string& zone, absl::Duration close, absl::Duration grace) {
  CalendarOptions options;
  options.name = zone;
  options.zone = ZoneOf(zone);
  options.day_close = close;
  options.grace = grace;
  return BusinessCalendar(options);
}

absl::Time Utc(std::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error)) << error;
  return time;
}

// Shanghai seals at 22:00 local, 14:00 UTC; Berlin at 02:00 local, 00:00 UTC in summer.
Rulebook TwoCalendars() {
  Rulebook rulebook;
  rulebook.calendars.push_back(Calendar("Asia/Shanghai", absl::Hours(20), absl::Hours(2)));
  rulebook.calendars.push_back(Calendar("Europe/Berlin", absl::Hours(24), absl::Hours(2)));
  return rulebook;
}

TEST(SealMomentsTest, TheNextIsTheFirstOfAnyCalendarAfterTheTime) {
  const Rulebook rulebook = TwoCalendars();
  EXPECT_EQ(NextSealMoment(rulebook, Utc("2026-07-01T13:59:59Z")), Utc("2026-07-01T14:00:00Z"));
  EXPECT_EQ(NextSealMoment(rulebook, Utc("2026-07-01T14:00:00Z")), Utc("2026-07-02T00:00:00Z"));
  EXPECT_EQ(NextSealMoment(rulebook, Utc("2026-07-02T00:00:00Z")), Utc("2026-07-02T14:00:00Z"));
}

TEST(SealMomentsTest, ALongGraceSealsADayLongAgo) {
  Rulebook rulebook;
  rulebook.calendars.push_back(Calendar("UTC", absl::Hours(48), absl::Hours(72)));
  EXPECT_EQ(NextSealMoment(rulebook, Utc("2026-07-06T00:00:00Z")), Utc("2026-07-07T00:00:00Z"));
  EXPECT_EQ(LastSealMoment(rulebook, Utc("2026-07-02T00:00:00Z")), Utc("2026-07-06T00:00:00Z"));
}

TEST(SealMomentsTest, AReplayEndsWithTheLatestCalendarsDay) {
  const Rulebook rulebook = TwoCalendars();
  const absl::Time end = EndOfBusinessDay(rulebook, Utc("2026-07-01T10:00:00Z"));
  EXPECT_EQ(end, Utc("2026-07-01T22:00:00Z"));
  EXPECT_EQ(LastSealMoment(rulebook, end), Utc("2026-07-02T00:00:00Z"));
}

}  // namespace
}  // namespace kpiwatch
