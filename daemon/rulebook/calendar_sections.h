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

}  // namespace kpiwatch
