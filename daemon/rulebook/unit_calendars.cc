// Calendars of units: several sites of one company, each with its own clock and days off (S-01).
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/rulebook/calendar_sections.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// No calendar of a file can have this name.
constexpr std::string_view kSpanning = "(of the unit)";

}  // namespace

std::optional<CalendarIndex> ReadUnitCalendar(const YamlNode& node, LoadState* state) {
  const std::optional<size_t> index = state->calendars.Resolve(node, &state->out);
  if (!index) {
    return std::nullopt;
  }
  const CalendarOptions& first = state->book.calendars[0].options();
  const CalendarOptions& own = state->book.calendars[*index].options();
  const auto differ = [&](std::string_view key) {
    state->out.Error(node, fmt::format("calendar '{}' has another '{}' than '{}', the first one; "
                                       "weeks and years are those of the whole company",
                                       own.name, key, first.name));
  };
  if (own.week_start != first.week_start) {
    differ("week_start");
  }
  if (own.year_start != first.year_start) {
    differ("fiscal_year_start");
  }
  if (own.year_named_after_start != first.year_named_after_start) {
    differ("fiscal_year_named_after");
  }
  return static_cast<CalendarIndex>(*index);
}

void AddUnitCalendars(Rulebook* book) {
  std::set<CalendarIndex> used = {0};
  for (const Unit& unit : book->org.units) {
    used.insert(unit.calendar);
  }
  if (used.size() == 1) {
    return;
  }
  std::vector<BusinessCalendar> sites;
  for (const CalendarIndex site : used) {
    sites.push_back(book->calendars[site]);
  }
  book->unit_calendars = static_cast<CalendarIndex>(book->calendars.size());
  book->calendars.emplace_back(std::string(kSpanning), std::move(sites));
}

}  // namespace kpiwatch
