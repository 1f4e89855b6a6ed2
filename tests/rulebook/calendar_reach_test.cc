#include "daemon/rulebook/calendar_reach.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

absl::Time Noon(int year, int month, int day) {
  return absl::FromCivil(absl::CivilHour(year, month, day, 12), absl::UTCTimeZone());
}

std::shared_ptr<const Rulebook> Book(const std::string& targets) {
  const TempDirectory directory;
  std::ofstream(directory.path() + "/h.yaml") << "known_through: 2026-12-31\ndays: []\n";
  const LoadResult loaded = LoadRulebook(
      {{.path = directory.path() + "/r.yaml",
        .text = "calendars: [{name: cn, time_zone: UTC, holidays: [h.yaml]}]\n"
                "kpis: [{name: k, owner: o, event: x, measure: count(), calendar: cn}]\n" +
                targets}});
  EXPECT_NE(loaded.rulebook, nullptr) << loaded.diagnostics[0].ToString();
  return loaded.rulebook;
}

TEST(CalendarReach, ATargetBeyondTheKnownHolidaysNeedsMore) {
  const absl::Time now = Noon(2026, 11, 22);
  EXPECT_FALSE(CalendarsAreProvisional(*Book(""), now));
  EXPECT_FALSE(CalendarsAreProvisional(
      *Book("targets: [{kpi: k, person: u, period: 2026-12, target: 5}]\n"), now));
  EXPECT_TRUE(CalendarsAreProvisional(
      *Book("targets: [{kpi: k, person: u, period: 2027-02, target: 5}]\n"), now));
}

TEST(CalendarReach, ADayBeyondTheKnownHolidaysNeedsMore) {
  const auto book = Book("");
  EXPECT_FALSE(CalendarsAreProvisional(*book, Noon(2026, 12, 31)));
  EXPECT_TRUE(CalendarsAreProvisional(*book, Noon(2027, 1, 1)));
  EXPECT_FALSE(CalendarsAreProvisional(*book, absl::InfinitePast()));
}

}  // namespace
}  // namespace kpiwatch
