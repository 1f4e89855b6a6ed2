#include "daemon/engine/calendar_record.h"

#include <set>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kGroupPrefix = "g";

std::string CalendarKey(std::string_view name) { return "z" + std::string(name); }

struct DayCut {
  std::string zone;
  int64_t cutoff_s = 0;

  std::string ToString() const {
    return fmt::format("time zone {}, day_cutoff {:02}:{:02}", zone, cutoff_s / 3600,
                       cutoff_s / 60 % 60);
  }
  friend bool operator==(const DayCut&, const DayCut&) = default;
};

DayCut CutOf(const BusinessCalendar& calendar) {
  return {calendar.options().zone.name(), absl::ToInt64Seconds(calendar.options().day_cutoff)};
}

absl::StatusOr<std::optional<DayCut>> StoredCut(const StateStore& store, std::string_view name) {
  KPIWATCH_ASSIGN_OR_RETURN(const auto stored, store.Get(Family::kMeta, CalendarKey(name)));
  if (!stored) {
    return std::nullopt;
  }
  wire::Reader reader(*stored);
  DayCut cut;
  cut.zone = std::string(reader.String());
  cut.cutoff_s = reader.Signed();
  if (!reader.AtEnd()) {
    return absl::DataLossError("the store's record of a calendar is damaged");
  }
  return cut;
}

// Whether days of the calendar were counted: a group of its KPIs knows its first day.
absl::StatusOr<bool> HasData(const StateStore& store, std::string_view name) {
  const std::string prefix = std::string(kGroupPrefix) + std::string(name);
  bool found = false;
  KPIWATCH_RETURN_IF_ERROR(store.Scan(
      Family::kMeta, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
        // Sources follow, one a line; else it is a longer name.
        found = key.size() == prefix.size() || key[prefix.size()] == '\n';
        return !found;
      }));
  return found;
}

}  // namespace

absl::Status CheckCalendars(const StateStore& store, const Rulebook& rulebook, WriteBatch* names) {
  WriteBatch changed;
  std::set<CalendarIndex> of_units = {0};
  for (const Unit& unit : rulebook.org.units) {
    of_units.insert(unit.calendar);
  }
  for (CalendarIndex c = 0; c < rulebook.calendars.size(); ++c) {
    const BusinessCalendar& calendar = rulebook.calendars[c];
    if (c == rulebook.unit_calendars) {
      continue;  // it has no clock but those of the others
    }
    const DayCut asked = CutOf(calendar);
    KPIWATCH_ASSIGN_OR_RETURN(const std::optional<DayCut> was, StoredCut(store, calendar.name()));
    if (was == asked) {
      continue;
    }
    KPIWATCH_ASSIGN_OR_RETURN(bool has_data, HasData(store, calendar.name()));
    if (rulebook.unit_calendars && of_units.contains(c) && !has_data) {
      KPIWATCH_ASSIGN_OR_RETURN(
          has_data, HasData(store, rulebook.calendars[*rulebook.unit_calendars].name()));
    }
    if (was && has_data) {
      return absl::InvalidArgumentError(fmt::format(
          "calendar '{0}': the store holds days cut by {1}; the rules now say {2}. What was "
          "counted cannot be cut anew: keep {1}; or give the changed calendar another name, under "
          "which its KPIs begin new series; or start on an empty storage path and read the sources "
          "again",
          calendar.name(), was->ToString(), asked.ToString()));
    }
    std::string value;
    wire::AppendString(asked.zone, &value);
    wire::AppendSigned(asked.cutoff_s, &value);
    changed.Put(Family::kMeta, CalendarKey(calendar.name()), value);
  }
  for (const WriteBatch::Entry& entry : changed.entries()) {
    names->Put(entry.family, changed.key(entry), changed.value(entry));
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
