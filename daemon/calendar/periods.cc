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

// The year of a text that begins with one, as its first day.
std::optional<Day> NewYear(std::string_view text) {
  return Day::Parse(fmt::format("{}-01-01", text.substr(0, 4)));
}

// The number of the quarter in "2026-Q3"; 0: the text is none.
int QuarterIn(std::string_view text) {
  const bool shaped = text.size() == 7 && text.substr(4, 2) == "-Q" && '1' <= text[6] &&
                      text[6] <= '4' && NewYear(text);
  return shaped ? text[6] - '0' : 0;
}

std::optional<Named> ParseNamed(std::string_view text) {
  const auto named = [](PeriodKind kind, std::optional<Day> day) {
    return day ? std::optional(Named{kind, *day}) : std::nullopt;
  };
  const std::optional<Day> new_year = NewYear(text);
  if (text.size() == 4) {
    return named(PeriodKind::kYear, new_year);
  }
  if (const int quarter = QuarterIn(text)) {
    return Named{PeriodKind::kQuarter,
                 Day::FromCivil(absl::CivilDay(new_year->ToCivil().year(), quarter * 3 - 2, 1))};
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

std::string Shown(std::string_view text) {
  constexpr size_t kMostShown = 40;
  return absl::Utf8SafeCEscape(std::string(text.substr(0, kMostShown)));
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
      const absl::CivilMonth month(civil);
      const int into = (month.month() - options_.year_start + 12) % 3;
      return Between(kind, absl::CivilDay(month - into), absl::CivilDay(month - into + 3));
    }
    case PeriodKind::kYear: {
      const absl::CivilMonth month(civil);
      const int into = (month.month() - options_.year_start + 12) % 12;
      return Between(kind, absl::CivilDay(month - into), absl::CivilDay(month - into + 12));
    }
    case PeriodKind::kTarget:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "kind", "a target's period stands in the target");
}

int BusinessCalendar::YearNumber(Day begin) const {
  const bool by_end = HasFiscalYears() && !options_.year_named_after_start;
  return static_cast<int>(begin.ToCivil().year()) + (by_end ? 1 : 0);
}

std::string BusinessCalendar::NameOf(const Period& period) const {
  const bool quarter = period.kind == PeriodKind::kQuarter;
  if (!HasFiscalYears() || (!quarter && period.kind != PeriodKind::kYear)) {
    return period.ToString();
  }
  const Day year = PeriodOf(PeriodKind::kYear, period.begin).begin;
  const std::string name = fmt::format("FY{:04}", YearNumber(year));
  const int months =
      static_cast<int>(absl::CivilMonth(period.begin.ToCivil()) - absl::CivilMonth(year.ToCivil()));
  return quarter ? fmt::format("{}-Q{}", name, months / 3 + 1) : name;
}

std::optional<Period> BusinessCalendar::ParseFiscal(std::string_view text) const {
  if (!HasFiscalYears() || !text.starts_with("FY")) {
    return std::nullopt;
  }
  text.remove_prefix(2);
  const std::optional<Day> named = NewYear(text);
  const int quarter = QuarterIn(text);
  if (!named || (text.size() != 4 && quarter == 0)) {
    return std::nullopt;
  }
  const absl::CivilYear year(named->ToCivil());
  const absl::CivilMonth first(year.year() - (options_.year_named_after_start ? 0 : 1),
                               options_.year_start);
  if (first < absl::CivilMonth(1, 1)) {
    return std::nullopt;
  }
  return quarter == 0 ? PeriodOf(PeriodKind::kYear, Day::FromCivil(absl::CivilDay(first)))
                      : PeriodOf(PeriodKind::kQuarter,
                                 Day::FromCivil(absl::CivilDay(first + (quarter - 1) * 3)));
}

absl::StatusOr<Period> BusinessCalendar::ParsePeriod(std::string_view text) const {
  if (const std::optional<Period> fiscal = ParseFiscal(text)) {
    return *fiscal;
  }
  if (const std::optional<Named> named = ParseNamed(text)) {
    const bool of_year = named->kind == PeriodKind::kYear || named->kind == PeriodKind::kQuarter;
    if (of_year && HasFiscalYears()) {
      return absl::InvalidArgumentError(fmt::format(
          "\"{}\" may be two periods: calendar '{}' has fiscal years, which are written FY{}",
          Shown(text), name(), Shown(text)));
    }
    return PeriodOf(named->kind, named->day);
  }
  if (const std::optional<Period> days = ParseExplicit(text)) {
    const Period week = PeriodOf(PeriodKind::kWeek, days->begin);
    const bool is_week = week.begin == days->begin && week.end == days->end;
    return is_week && options_.week_start != 0 ? week : *days;
  }
  if (text.starts_with("FY") && !HasFiscalYears()) {
    return absl::InvalidArgumentError(fmt::format(
        "\"{}\" is no period of calendar '{}', whose years begin in January", Shown(text), name()));
  }
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a period; write 2026-09-28, 2026-W40, 2026-09, {}2026-Q3, "
                  "{}2026 or 2013-08-30/2013-11-30 (the last day not included)",
                  Shown(text), HasFiscalYears() ? "FY" : "", HasFiscalYears() ? "FY" : ""));
}

}  // namespace kpiwatch
