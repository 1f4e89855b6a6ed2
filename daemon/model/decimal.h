// Exact decimals: a 128-bit integer count of millionths. No binary floating point stands between
// an amount in an event and a verdict on it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/check.h"
#include "daemon/model/currency.h"  // IWYU pragma: export

namespace kpiwatch {

// A number with six fractional digits in [-1.7e32, 1.7e32]. Addition and subtraction of values
// that came through Parse/FromInt/FromMinor cannot overflow before 1e13 additions of the largest
// accepted input (kMaxInputDigits integer digits); overflow beyond that is a checked failure.
class Decimal {
 public:
  static constexpr int kScaleDigits = 6;
  static constexpr int64_t kOne = 1'000'000;
  static constexpr int kMaxInputDigits = 18;  // integer digits that Parse accepts

  constexpr Decimal() = default;
  static constexpr Decimal FromUnits(__int128 millionths) { return Decimal(millionths); }
  static constexpr Decimal FromInt(int64_t value) {
    return Decimal(static_cast<__int128>(value) * kOne);
  }
  // `minor` counts 10^-digits. REQUIRES: digits (ISO 4217's exponent of the currency) in 0..6.
  static constexpr Decimal FromMinor(int64_t minor, int digits) {
    KPIWATCH_CHECK(0 <= digits && digits <= kScaleDigits, "a currency has 0 to 6 digits");
    constexpr int64_t kUnitsOfMinor[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
    return Decimal(static_cast<__int128>(minor) * kUnitsOfMinor[digits]);
  }
  // Reads "-12.5", "+7", ".5", "1e3", "1.25E-2". Empty, spaces, separators, more than
  // kMaxInputDigits integer digits or a non-zero seventh fractional digit are nullopt (exactness is
  // never lost silently).
  static std::optional<Decimal> Parse(std::string_view text);

  constexpr __int128 units() const { return units_; }
  constexpr bool is_zero() const { return units_ == 0; }
  constexpr bool is_negative() const { return units_ < 0; }

  // Shortest form without trailing zeros: "12.5", "-3", "0".
  std::string ToString() const;
  // Exactly `digits` (0..6) fractional digits, rounded half up (away from zero): "12.50".
  std::string ToFixed(int digits) const;
  double ToDouble() const;  // for Prometheus samples only

  constexpr Decimal& operator+=(Decimal other) {
    KPIWATCH_CHECK(!__builtin_add_overflow(units_, other.units_, &units_), "decimal overflow");
    return *this;
  }
  constexpr Decimal& operator-=(Decimal other) {
    KPIWATCH_CHECK(!__builtin_sub_overflow(units_, other.units_, &units_), "decimal overflow");
    return *this;
  }
  friend constexpr Decimal operator+(Decimal a, Decimal b) { return a += b; }
  friend constexpr Decimal operator-(Decimal a, Decimal b) { return a -= b; }
  friend constexpr Decimal operator-(Decimal a) { return Decimal() - a; }
  friend constexpr auto operator<=>(Decimal a, Decimal b) = default;

 private:
  constexpr explicit Decimal(__int128 units) : units_(units) {}
  __int128 units_ = 0;
};

// An exact quotient of two decimals, both of any sign. Ratios are compared by cross multiplication
// in 256 bits, never divided first. REQUIRES: den != 0, checked where it matters.
struct Rational {
  Decimal num;
  Decimal den = Decimal::FromInt(1);

  static Rational Of(Decimal value) { return {value, Decimal::FromInt(1)}; }
  // `digits` (0..6) fractional digits, half up (away from zero): {2,3} with 6 is "0.666667".
  std::string ToFixed(int digits) const;
  // The decimal nearest to it with at most `digits` (0..6) fractional digits, half up (away from
  // zero): {2,3} with 2 is 0.67. nullopt: more than Decimal::kMaxInputDigits integer digits.
  std::optional<Decimal> Rounded(int digits) const;
  double ToDouble() const;
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);
  friend bool operator==(const Rational& a, const Rational& b) { return (a <=> b) == 0; }
};

}  // namespace kpiwatch
