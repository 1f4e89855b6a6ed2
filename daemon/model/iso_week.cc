#include "daemon/model/iso_week.h"

namespace kpiwatch {
namespace {
constexpr int kThursday = 3;
}  // namespace

IsoWeek IsoWeek::Of(Day day) {
  const absl::CivilDay thursday = (day - day.weekday() + kThursday).ToCivil();
  return {static_cast<int>(thursday.year()), (absl::GetYearDay(thursday) - 1) / 7 + 1};
}

std::optional<Day> IsoWeek::Thursday() const {
  const Day january4 = Day::FromCivil(absl::CivilDay(year, 1, 4));  // always in week 1
  const Day thursday = january4 - january4.weekday() + kThursday + 7 * (week - 1);
  if (Of(thursday) != *this) {
    return std::nullopt;
  }
  return thursday;
}

}  // namespace kpiwatch
