// Section `calendars`.
#include <algorithm>
#include <array>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/calendar_sections.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kDefaultZone = "Asia/Shanghai";
constexpr absl::Duration kMostGrace = absl::Hours(31 * 24);
// Zones to suggest for a misspelt one.
constexpr std::array<std::string_view, 16> kCommonZones = {
    "Asia/Shanghai", "Asia/Hong_Kong",  "Asia/Taipei",      "Asia/Tokyo",
    "Asia/Seoul",    "Asia/Singapore",  "Asia/Kolkata",     "Asia/Dubai",
    "Europe/London", "Europe/Berlin",   "Europe/Paris",     "America/New_York",
    "UTC",           "America/Chicago", "Australia/Sydney", "America/Los_Angeles"};

std::optional<int> ReadWeekday(const YamlNode& node, Diagnostics* out) {
  const auto it = std::find(kWeekdays.begin(), kWeekdays.end(), node.text);
  if (!node.is_scalar() || it == kWeekdays.end()) {
    out->Error(node, fmt::format("expected a weekday such as monday, found {}{}", node.Describe(),
                                 DidYouMean(NearestName(node.text, kWeekdays))));
    return std::nullopt;
  }
  return static_cast<int>(it - kWeekdays.begin());
}

absl::TimeZone ReadZone(MapReader* map) {
  absl::TimeZone zone;
  const YamlNode* node = map->Find("time_zone");
  const std::string name(node != nullptr ? node->text : kDefaultZone);
  if (!absl::LoadTimeZone(name, &zone) || name.empty()) {
    map->out()->Error(
        node != nullptr ? *node : map->node(),
        fmt::format("unknown time zone '{}'{}", name, DidYouMean(NearestName(name, kCommonZones))));
  }
  return zone;
}

std::optional<absl::Duration> ReadTimeOfDay(MapReader* map, std::string_view key) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const std::optional<absl::Duration> time =
      node->is_scalar() ? ParseTimeOfDay(node->text) : std::nullopt;
  if (!time) {
    map->out()->Error(*node, fmt::format("'{}': expected a time of day such as \"20:00\", at most "
                                         "\"24:00\", found {}",
                                         key, node->Describe()));
  }
  return time;
}

void ReadWorkingHours(MapReader* map, CalendarOptions* options) {
  for (const YamlNode* node : map->List("working_hours")) {
    const size_t dash = node->text.find('-');
    const std::optional<absl::Duration> from = ParseTimeOfDay(node->text.substr(0, dash));
    const std::optional<absl::Duration> to =
        dash == std::string_view::npos ? std::nullopt : ParseTimeOfDay(node->text.substr(dash + 1));
    if (!node->is_scalar() || !from || !to || *from >= *to) {
      map->out()->Error(
          *node, fmt::format("expected hours such as \"09:00-12:00\", found {}", node->Describe()));
    } else if (!options->working_hours.empty() && *from < options->working_hours.back().second) {
      map->out()->Error(*node, fmt::format("working hours {} begin before the hours above end",
                                           node->Describe()));
    } else {
      options->working_hours.emplace_back(*from, *to);
    }
  }
}

void ReadWeekend(MapReader* map, CalendarOptions* options) {
  const YamlNode* node = map->Find("weekend");
  if (node == nullptr) {
    return;
  }
  options->weekend.clear();
  for (const YamlNode* item : map->List("weekend")) {
    if (const std::optional<int> day = ReadWeekday(*item, map->out())) {
      options->weekend.push_back(*day);
    }
  }
  std::sort(options->weekend.begin(), options->weekend.end());
  options->weekend.erase(std::unique(options->weekend.begin(), options->weekend.end()),
                         options->weekend.end());
  if (options->weekend.size() == kWeekdays.size()) {
    map->out()->Error(*node, "all seven days are weekend; at least one must work");
    options->weekend.clear();
  }
}

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

// The month in which years begin, and after which end of theirs they are named.
void ReadYears(MapReader* map, CalendarOptions* options) {
  const YamlNode* start = map->Find("fiscal_year_start");
  if (start != nullptr) {
    const auto it = std::find(kMonths.begin(), kMonths.end(), start->text);
    if (!start->is_scalar() || it == kMonths.end()) {
      map->out()->Error(*start,
                        fmt::format("expected a month such as april, found {}{}", start->Describe(),
                                    DidYouMean(NearestName(start->text, kMonths))));
    } else {
      options->year_start = static_cast<int>(it - kMonths.begin()) + 1;
    }
  }
  if (const YamlNode* named = map->Find("fiscal_year_named_after")) {
    if (!named->is_scalar() || (named->text != "end" && named->text != "start")) {
      map->out()->Error(*named, fmt::format("expected end or start, found {}", named->Describe()));
    } else if (start == nullptr) {
      map->out()->Error(*named, "a calendar without 'fiscal_year_start' has no fiscal years");
    }
    options->year_named_after_start = named->text == "start";
  }
}

void LoadCalendar(const YamlNode& node, LoadState* state) {
  MapReader map(node, "a calendar", &state->out);
  CalendarOptions options;
  options.name = map.RequireName("name").value_or("");
  options.zone = ReadZone(&map);
  if (const YamlNode* start = map.Find("week_start")) {
    options.week_start = ReadWeekday(*start, &state->out).value_or(0);
  }
  ReadYears(&map, &options);
  ReadWorkingHours(&map, &options);
  options.day_close = ReadTimeOfDay(&map, "day_close").value_or(options.day_close);
  options.day_cutoff = ReadTimeOfDay(&map, "day_cutoff").value_or(options.day_cutoff);
  if (options.day_cutoff >= options.day_close) {
    const YamlNode* const place = map.Find("day_close");
    state->out.Error(place != nullptr ? *place : *map.Find("day_cutoff"),
                     "a calendar: 'day_close' must come after 'day_cutoff'");
    options.day_cutoff = absl::ZeroDuration();
    options.day_close = absl::Hours(24);
  }
  options.grace = map.Duration("grace").value_or(options.grace);
  if (options.grace > kMostGrace) {
    state->out.Error(*map.Find("grace"),
                     "a calendar: a 'grace' of more than 31d: no day would be "
                     "judged within its correction window");
    options.grace = kMostGrace;
  }
  ReadWeekend(&map, &options);
  options.holidays = ReadDayFiles(&map, "holidays", state);
  options.company = ReadDayFiles(&map, "company_days", state);
  map.Finish();
  if (!options.name.empty()) {
    state->calendars.Declare(options.name, state->book.calendars.size(), node.place, &state->out);
  }
  state->book.calendars.emplace_back(std::move(options));
}

}  // namespace

void LoadCalendars(LoadState* state) {
  for (const YamlNode* node : state->sections.calendars) {
    LoadCalendar(*node, state);
  }
  if (state->book.calendars.empty()) {
    CalendarOptions options;
    options.name = "default";
    // Where the machine has no zone files the default is the same clock without a name.
    if (!absl::LoadTimeZone(std::string(kDefaultZone), &options.zone)) {
      options.zone = absl::FixedTimeZone(8 * 60 * 60);
    }
    state->calendars.Declare(options.name, 0, {}, &state->out);
    state->book.calendars.emplace_back(std::move(options));
  }
}

}  // namespace kpiwatch
