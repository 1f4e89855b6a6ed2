// What the sections `calendars` and `org` share.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "daemon/calendar/holidays.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"

namespace kpiwatch {

inline constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Reads the files that `key` of a calendar names, one layer of it; nothing where it is not there.
HolidaySet ReadDayFiles(MapReader* map, std::string_view key, LoadState* state);

// The calendar that a unit names. Its weeks and years must be those of the first calendar: they are
// the company's.
std::optional<CalendarIndex> ReadUnitCalendar(const YamlNode& node, LoadState* state);

// Adds the calendar that spans those of the units, where they are several.
void AddUnitCalendars(Rulebook* book);

}  // namespace kpiwatch
