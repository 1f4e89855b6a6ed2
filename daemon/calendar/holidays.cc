#include "daemon/calendar/holidays.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/base/status_text.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Json = nlohmann::json;

// The member `key` of `object`, or null.
const Json* Member(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

absl::Status AddEntry(const Json& entry, HolidaySet* set) {
  const Json* date = Member(entry, "date");
  const std::optional<Day> day = date != nullptr && date->is_string()
                                     ? Day::Parse(date->get_ref<const std::string&>())
                                     : std::nullopt;
  if (!day) {
    return absl::InvalidArgumentError("\"date\" must be a date like \"2026-01-31\"");
  }
  const Json* off = Member(entry, "isOffDay");
  if (off == nullptr || !off->is_boolean()) {
    return absl::InvalidArgumentError("\"isOffDay\" must be true or false");
  }
  return AddHoliday(*day, !off->get<bool>(), set);
}

absl::StatusOr<HolidaySet> FromJson(const Json& file) {
  const Json* year = Member(file, "year");
  const std::optional<Day> year_end =
      year != nullptr && year->is_number_unsigned()
          ? Day::Parse(fmt::format("{:04}-12-31", year->get<uint64_t>()))
          : std::nullopt;
  if (!year_end) {
    return absl::InvalidArgumentError("\"year\" must be a year like 2026");
  }
  const Json* days = Member(file, "days");
  if (days == nullptr || !days->is_array()) {
    return absl::InvalidArgumentError("\"days\" must be a list");
  }
  HolidaySet set;
  for (size_t i = 0; i < days->size(); ++i) {
    const absl::Status added = AddEntry((*days)[i], &set);
    if (!added.ok()) {
      return WithContext(fmt::format("days[{}]", i), added);
    }
  }
  if (!set.working.empty()) {
    set.known_through = *year_end;
  }
  return set;
}

absl::Status Contradiction(Day day) {
  return absl::InvalidArgumentError(
      fmt::format("{} is named both as a working day and as a day off", day.ToString()));
}

}  // namespace

absl::StatusOr<HolidaySet> ParseHolidayJson(std::string_view path, std::string_view content) {
  Json file;
  try {
    file = Json::parse(content);
  } catch (const Json::exception& e) {
    return absl::InvalidArgumentError(fmt::format("{}: not JSON: {}", path, e.what()));
  }
  absl::StatusOr<HolidaySet> set = FromJson(file);
  if (!set.ok()) {
    return WithContext(path, set.status());
  }
  return set;
}

absl::Status AddHoliday(Day day, bool working, HolidaySet* set) {
  const auto [it, added] = set->working.try_emplace(day, working);
  return added || it->second == working ? absl::OkStatus() : Contradiction(day);
}

absl::Status MergeHolidays(const HolidaySet& more, HolidaySet* into) {
  for (const auto& [day, working] : more.working) {
    const auto it = into->working.find(day);
    if (it != into->working.end() && it->second != working) {
      return Contradiction(day);
    }
  }
  into->working.insert(more.working.begin(), more.working.end());
  into->known_through = std::max(into->known_through, more.known_through);
  return absl::OkStatus();
}

}  // namespace kpiwatch
