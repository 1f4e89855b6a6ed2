// A business day, as a label: what a calendar on the wall calls it, without zone or hour.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/civil_time.h"

namespace kpiwatch {

// Days since 1970-01-01, in the years 1 to 9999. No leap seconds, no zones.
struct Day {
  int32_t number = 0;

  static constexpr Day Min() { return {-719162}; }  // 0001-01-01
  static constexpr Day Max() { return {2932896}; }  // 9999-12-31

  // Days outside [Min(), Max()] become the nearer of the two.
  static Day FromCivil(absl::CivilDay day);
  // "2026-09-28", with four, two and two digits; nullopt when it is not a date.
  static std::optional<Day> Parse(std::string_view text);
  absl::CivilDay ToCivil() const;
  std::string ToString() const;  // "2026-09-28"
  // 0 Monday .. 6 Sunday.
  constexpr int weekday() const {
    const int w = (number + 3) % 7;
    return w < 0 ? w + 7 : w;
  }

  friend constexpr auto operator<=>(Day, Day) = default;
  friend constexpr Day operator+(Day d, int n) { return {d.number + n}; }
  friend constexpr Day operator-(Day d, int n) { return {d.number - n}; }
  friend constexpr int operator-(Day a, Day b) { return a.number - b.number; }
  constexpr Day& operator++() {
    ++number;
    return *this;
  }
  template <typename H>
  friend H AbslHashValue(H h, Day d) {
    return H::combine(std::move(h), d.number);
  }
};

}  // namespace kpiwatch
