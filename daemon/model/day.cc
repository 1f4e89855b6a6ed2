#include "daemon/model/day.h"

#include <algorithm>

#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

// The number that `text` is, or -1 when it has a character that is no digit.
int Number(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return -1;
    }
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Day Day::FromCivil(absl::CivilDay day) {
  // Clamped first: the difference of far civil days would overflow.
  const absl::CivilDay near = std::clamp(day, Min().ToCivil(), Max().ToCivil());
  return {static_cast<int32_t>(near - kEpoch)};
}

std::optional<Day> Day::Parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const int year = Number(text.substr(0, 4));
  const int month = Number(text.substr(5, 2));
  const int day = Number(text.substr(8, 2));
  if (year < 1 || month < 1 || day < 1) {
    return std::nullopt;
  }
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) {
    return std::nullopt;  // 2026-02-30 came out as another day
  }
  return FromCivil(civil);
}

absl::CivilDay Day::ToCivil() const { return kEpoch + number; }

std::string Day::ToString() const {
  const absl::CivilDay civil = ToCivil();
  return fmt::format("{:04}-{:02}-{:02}", civil.year(), civil.month(), civil.day());
}

}  // namespace kpiwatch
