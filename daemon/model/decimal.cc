#include "daemon/model/decimal.h"

#include "fmt/format.h"

namespace kpiwatch {
namespace {

using U128 = unsigned __int128;

constexpr int kMaxUnitsDigits = Decimal::kMaxInputDigits + Decimal::kScaleDigits;

// 10^n. REQUIRES: 0 <= n <= kMaxUnitsDigits.
U128 PowerOfTen(int n) {
  U128 power = 1;
  for (int i = 0; i < n; ++i) {
    power *= 10;
  }
  return power;
}

U128 Magnitude(__int128 value) {
  return value < 0 ? ~static_cast<U128>(value) + 1 : static_cast<U128>(value);
}

bool IsDigit(char c) { return '0' <= c && c <= '9'; }

// The significant digits of a number's text: value = digits * 10^exponent.
struct Mantissa {
  U128 digits = 0;      // neither leading nor trailing zeros
  int digit_count = 0;  // of `digits`
  int64_t exponent = 0;
  int64_t held_zeros = 0;  // zeros after `digits` that matter once another digit follows

  // False when there are more significant digits than any accepted number has.
  bool Add(char c) {
    if (c == '0') {
      held_zeros += digits != 0 ? 1 : 0;
      exponent += digits != 0 ? 1 : 0;
      return true;
    }
    if (digit_count + held_zeros + 1 > kMaxUnitsDigits) {
      return false;
    }
    digit_count += static_cast<int>(held_zeros) + 1;
    exponent -= held_zeros;
    for (; held_zeros > 0; --held_zeros) {
      digits *= 10;
    }
    digits = digits * 10 + static_cast<U128>(c - '0');
    return true;
  }
};

// Takes a sign off the front; true when it was a minus.
bool TakeSign(std::string_view* text) {
  if (text->empty() || (text->front() != '-' && text->front() != '+')) {
    return false;
  }
  const bool negative = text->front() == '-';
  text->remove_prefix(1);
  return negative;
}

// Takes the digits off the front; returns how many, nullopt when they are too many for any number.
std::optional<int64_t> TakeDigits(std::string_view* text, Mantissa* mantissa) {
  size_t count = 0;
  for (; count < text->size() && IsDigit((*text)[count]); ++count) {
    if (!mantissa->Add((*text)[count])) {
      return std::nullopt;
    }
  }
  text->remove_prefix(count);
  return static_cast<int64_t>(count);
}

// Reads "e-12"; nullopt when it is no exponent. Saturates far beyond any that matters.
std::optional<int64_t> ParseExponent(std::string_view text) {
  constexpr int64_t kFar = int64_t{1} << 40;
  if (text[0] != 'e' && text[0] != 'E') {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const bool negative = TakeSign(&text);
  if (text.empty()) {
    return std::nullopt;
  }
  int64_t exponent = 0;
  for (const char c : text) {
    if (!IsDigit(c)) {
      return std::nullopt;
    }
    exponent = exponent < kFar ? exponent * 10 + (c - '0') : kFar;
  }
  return negative ? -exponent : exponent;
}

// Sign, integer part and exactly `digits` fractional digits; never "-0".
std::string Render(bool negative, U128 whole, U128 fraction, int digits) {
  const std::string_view sign = negative && (whole != 0 || fraction != 0) ? "-" : "";
  if (digits == 0) {
    return fmt::format("{}{}", sign, whole);
  }
  return fmt::format("{}{}.{:0{}}", sign, whole, static_cast<uint64_t>(fraction), digits);
}

struct U256 {
  U128 high = 0;
  U128 low = 0;
  friend auto operator<=>(const U256&, const U256&) = default;
};

U256 Multiply(U128 a, U128 b) {
  constexpr U128 kLow = ~uint64_t{0};
  const U128 low = (a & kLow) * (b & kLow);
  const U128 cross1 = (a >> 64) * (b & kLow) + (low >> 64);  // cannot overflow
  const U128 cross2 = (a & kLow) * (b >> 64) + (cross1 & kLow);
  return {(a >> 64) * (b >> 64) + (cross1 >> 64) + (cross2 >> 64), cross2 << 64 | (low & kLow)};
}

void CheckDigits(int digits) {
  KPIWATCH_CHECK(0 <= digits && digits <= Decimal::kScaleDigits, "0 to 6 digits can be shown");
}

void CheckDenominator(const Rational& r) {
  KPIWATCH_CHECK(!r.den.is_zero(), "a quotient with the denominator zero");
}

bool IsNegative(const Rational& r) {
  return !r.num.is_zero() && r.num.is_negative() != r.den.is_negative();
}

// A magnitude, rounded half up: the part before the point, and the digits after it as a number.
struct RoundedParts {
  U128 whole = 0;
  U128 fraction = 0;
};

RoundedParts RoundParts(const Rational& r, int digits) {
  CheckDigits(digits);
  CheckDenominator(r);
  const U128 divisor = Magnitude(r.den.units());  // at most 2^127, so sums of two remainders fit
  U128 whole = Magnitude(r.num.units()) / divisor;
  U128 rest = Magnitude(r.num.units()) % divisor;
  U128 fraction = 0;
  for (int i = 0; i < digits; ++i) {
    // One step of long division; rest * 10 would not fit, ten additions do.
    U128 digit = 0;
    U128 sum = 0;
    for (int j = 0; j < 10; ++j) {
      sum += rest;
      if (sum >= divisor) {
        sum -= divisor;
        ++digit;
      }
    }
    rest = sum;
    fraction = fraction * 10 + digit;
  }
  if (2 * rest >= divisor && ++fraction == PowerOfTen(digits)) {
    fraction = 0;
    ++whole;
  }
  return {.whole = whole, .fraction = fraction};
}

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  const bool negative = TakeSign(&text);
  Mantissa mantissa;
  std::optional<int64_t> digits = TakeDigits(&text, &mantissa);
  if (digits && !text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    digits = TakeDigits(&text, &mantissa);
    mantissa.exponent -= digits.value_or(0);
  }
  if (!digits || *digits == 0) {
    return std::nullopt;  // too long, empty, or "5."
  }
  if (!text.empty()) {
    const std::optional<int64_t> exponent = ParseExponent(text);
    if (!exponent) {
      return std::nullopt;
    }
    mantissa.exponent += *exponent;
  }
  if (mantissa.digits == 0) {
    return Decimal();
  }
  const int64_t shift = mantissa.exponent + kScaleDigits;
  if (shift < 0 || mantissa.digit_count + shift > kMaxUnitsDigits) {
    return std::nullopt;
  }
  const auto units = static_cast<__int128>(mantissa.digits * PowerOfTen(static_cast<int>(shift)));
  return Decimal(negative ? -units : units);
}

std::string Decimal::ToString() const {
  std::string text = ToFixed(kScaleDigits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') {
    text.pop_back();
  }
  return text;
}

std::string Decimal::ToFixed(int digits) const {
  CheckDigits(digits);
  const U128 step = PowerOfTen(kScaleDigits - digits);
  const U128 rounded = (Magnitude(units_) + step / 2) / step;
  const U128 one = PowerOfTen(digits);
  return Render(is_negative(), rounded / one, rounded % one, digits);
}

double Decimal::ToDouble() const { return static_cast<double>(units_) / kOne; }

std::string Rational::ToFixed(int digits) const {
  const RoundedParts parts = RoundParts(*this, digits);
  return Render(IsNegative(*this), parts.whole, parts.fraction, digits);
}

std::optional<Decimal> Rational::Rounded(int digits) const {
  const RoundedParts parts = RoundParts(*this, digits);
  if (parts.whole >= PowerOfTen(Decimal::kMaxInputDigits)) {
    return std::nullopt;
  }
  const U128 fraction = parts.fraction * PowerOfTen(Decimal::kScaleDigits - digits);
  const auto units = static_cast<__int128>(parts.whole * Decimal::kOne + fraction);
  return Decimal::FromUnits(IsNegative(*this) ? -units : units);
}

double Rational::ToDouble() const {
  CheckDenominator(*this);
  return static_cast<double>(num.units()) / static_cast<double>(den.units());
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  CheckDenominator(a);
  CheckDenominator(b);
  if (IsNegative(a) != IsNegative(b)) {
    return IsNegative(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const U256 left = Multiply(Magnitude(a.num.units()), Magnitude(b.den.units()));
  const U256 right = Multiply(Magnitude(b.num.units()), Magnitude(a.den.units()));
  return IsNegative(a) ? right <=> left : left <=> right;
}

}  // namespace kpiwatch
