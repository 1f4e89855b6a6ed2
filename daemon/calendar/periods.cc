// How a calendar's days form periods, and the names that periods go by.
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/time/civil_time.h"
#include "daemon/base/check.h"
#include "daemon/calendar/business_calendar.h"
#include "daemon/model/iso_week.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// The days from one civil date to another, also where the latter lies past the year 9999.
Period Between(PeriodKind kind, absl::CivilDay begin, absl::CivilDay end) {
  const Day first = Day::FromCivil(begin);
  return {kind, first, first + static_cast<int>(end - begin)};
}

// "2013-08-30/2013-11-30".
std::optional<Period> ParseExplicit(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<Day> begin = Day::Parse(text.substr(0, slash));
  const std::optional<Day> end = Day::Parse(text.substr(slash + 1));
  if (!begin || !end || *end <= *begin) {
    return std::nullopt;
  }
  return Period{PeriodKind::kTarget, *begin, *end};
}

// What a text that is no explicit stretch names: a kind of period and a day inside it.
struct Named {
  PeriodKind kind;
  Day day;
};

bool IsDigit(char c) { return '0' <= c && c <= '9'; }

std::optional<Named> ParseNamed(std::string_view text) {
  const auto named = [](PeriodKind kind, std::optional<Day> day) {
    return day ? std::optional(Named{kind, *day}) : std::nullopt;
  };
  const std::optional<Day> new_year = Day::Parse(fmt::format("{}-01-01", text.substr(0, 4)));
  if (text.size() == 4) {
    return named(PeriodKind::kYear, new_year);
  }
  if (text.size() == 7 && text[5] == 'Q') {
    if (!new_year || text[4] != '-' || text[6] < '1' || text[6] > '4') {
      return std::nullopt;
    }
    const int month = (text[6] - '1') * 3 + 1;
    return Named{PeriodKind::kQuarter,
                 Day::FromCivil(absl::CivilDay(new_year->ToCivil().year(), month, 1))};
  }
  if (text.size() == 7) {
    return named(PeriodKind::kMonth, Day::Parse(fmt::format("{}-01", text)));
  }
  if (text.size() == 8) {
    if (!new_year || text.substr(4, 2) != "-W" || !IsDigit(text[6]) || !IsDigit(text[7])) {
      return std::nullopt;
    }
    const IsoWeek week{static_cast<int>(new_year->ToCivil().year()),
                       (text[6] - '0') * 10 + (text[7] - '0')};
    return named(PeriodKind::kWeek, week.Thursday());
  }
  return named(PeriodKind::kDay, Day::Parse(text));
}

}  // namespace

Period BusinessCalendar::PeriodOf(PeriodKind kind, Day day) const {
  const absl::CivilDay civil = day.ToCivil();
  switch (kind) {
    case PeriodKind::kDay:
      return {kind, day, day + 1};
    case PeriodKind::kWeek: {
      const Day begin = day - (day.weekday() - options_.week_start + 7) % 7;
      return {kind, begin, begin + 7};
    }
    case PeriodKind::kMonth: {
      const absl::CivilMonth month(civil);
      return Between(kind, absl::CivilDay(month), absl::CivilDay(month + 1));
    }
    case PeriodKind::kQuarter: {
      const absl::CivilMonth month(civil.year(), (civil.month() - 1) / 3 * 3 + 1);
      return Between(kind, absl::CivilDay(month), absl::CivilDay(month + 3));
    }
    case PeriodKind::kYear: {
      const absl::CivilYear year(civil);
      return Between(kind, absl::CivilDay(year), absl::CivilDay(year + 1));
    }
    case PeriodKind::kTarget:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "kind", "a target's period stands in the target");
}

absl::StatusOr<Period> BusinessCalendar::ParsePeriod(std::string_view text) const {
  if (const std::optional<Named> named = ParseNamed(text)) {
    return PeriodOf(named->kind, named->day);
  }
  if (const std::optional<Period> days = ParseExplicit(text)) {
    const Period week = PeriodOf(PeriodKind::kWeek, days->begin);
    const bool is_week = week.begin == days->begin && week.end == days->end;
    return is_week && options_.week_start != 0 ? week : *days;
  }
  constexpr size_t kMostShown = 40;
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a period; write 2026-09-28, 2026-W40, 2026-09, 2026-Q3, 2026 or "
                  "2013-08-30/2013-11-30 (the last day not included)",
                  absl::Utf8SafeCEscape(std::string(text.substr(0, kMostShown)))));
}

}  // namespace kpiwatch
