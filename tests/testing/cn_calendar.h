// The shipped calendars of rules/calendars/ for tests that need real holidays without a rule file.
// Reads only the exact form in which those files are written. Tests run in the project root.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/time.h"
#include "daemon/calendar/business_calendar.h"

namespace kpiwatch {

inline absl::TimeZone ZoneOf(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << "no time zone " << name;
  return zone;
}

inline Day D(std::string_view text) {
  const std::optional<Day> day = Day::Parse(text);
  EXPECT_TRUE(day.has_value()) << text;
  return day.value_or(Day{});
}

inline HolidaySet ReadShippedCalendar(const std::string& path) {
  constexpr std::string_view kKnown = "known_through: ";
  constexpr std::string_view kDay = "  - {date: ";
  HolidaySet set;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(kKnown)) {
      set.known_through = D(std::string_view(line).substr(kKnown.size()));
    } else if (line.starts_with(kDay)) {
      const bool working = line.ends_with(", working: true}");
      EXPECT_TRUE(working || line.ends_with(", working: false}")) << path << ": " << line;
      EXPECT_TRUE(AddHoliday(D(line.substr(kDay.size(), 10)), working, &set).ok()) << line;
    } else {
      EXPECT_TRUE(line == "days:" || line.starts_with("#")) << path << ": " << line;
    }
  }
  return set;
}

// All of rules/calendars/cn-*.yaml.
inline HolidaySet ShippedHolidays() {
  HolidaySet all;
  for (const auto& entry : std::filesystem::directory_iterator("rules/calendars")) {
    if (entry.path().filename().string().starts_with("cn-")) {
      const HolidaySet one = ReadShippedCalendar(entry.path().string());
      EXPECT_TRUE(MergeHolidays(one, &all).ok()) << entry.path();
    }
  }
  return all;
}

inline CalendarOptions CnOptions() {
  CalendarOptions options;
  options.name = "cn";
  options.zone = ZoneOf("Asia/Shanghai");
  options.holidays = ShippedHolidays();
  return options;
}

inline BusinessCalendar CnCalendar() { return BusinessCalendar(CnOptions()); }

}  // namespace kpiwatch
