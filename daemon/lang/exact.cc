#include "daemon/lang/exact.h"

#include <utility>

namespace kpiwatch::lang {
namespace {

using Wide = unsigned __int128;
constexpr Wide kMax = (static_cast<Wide>(1) << 127) - 1;  // what a Decimal holds

// Sign and magnitudes in lowest terms; den > 0.
struct Fraction {
  bool negative = false;
  Wide num = 0;
  Wide den = 1;
};

Wide Magnitude(__int128 v) { return v < 0 ? -static_cast<Wide>(v) : static_cast<Wide>(v); }

// At least 1, so that everything divides by it.
Wide Gcd(Wide a, Wide b) {
  while (b != 0) {
    a = std::exchange(b, a % b);
  }
  return a == 0 ? 1 : a;
}

Fraction Reduced(bool negative, Wide num, Wide den) {
  const Wide g = Gcd(num, den);
  return {.negative = negative && num != 0, .num = num / g, .den = den / g};
}

Fraction FractionOf(const Rational& r) {
  // Both parts count millionths, which cancel.
  return Reduced(r.num.is_negative() != r.den.is_negative(), Magnitude(r.num.units()),
                 Magnitude(r.den.units()));
}

// Divides instead of asking the compiler for overflow: clang's 128-bit check needs a runtime
// library that GCC's does not bring.
std::optional<Wide> Product(Wide a, Wide b) {
  if (a != 0 && b > kMax / a) {
    return std::nullopt;
  }
  return a * b;
}

Decimal Signed(bool negative, Wide magnitude) {
  const auto units = static_cast<__int128>(magnitude);
  return Decimal::FromUnits(negative ? -units : units);
}

// REQUIRES: num and den of `f` are at most kMax.
Rational RationalOf(const Fraction& f) {
  constexpr Wide kOne = Decimal::kOne;
  if (f.den != 0 && kOne % f.den == 0) {
    if (const std::optional<Wide> units = Product(f.num, kOne / f.den)) {
      return Rational::Of(Signed(f.negative, *units));
    }
  }
  return {.num = Signed(f.negative, f.num), .den = Signed(false, f.den)};
}

std::optional<Rational> Sum(const Fraction& a, const Fraction& b) {
  const Wide g = Gcd(a.den, b.den);
  const std::optional<Wide> left = Product(a.num, b.den / g);
  const std::optional<Wide> right = Product(b.num, a.den / g);
  const std::optional<Wide> den = Product(a.den / g, b.den);
  if (!left || !right || !den) {
    return std::nullopt;
  }
  Fraction sum;
  if (a.negative == b.negative) {
    sum = Reduced(a.negative, *left + *right, *den);
  } else if (*left >= *right) {
    sum = Reduced(a.negative, *left - *right, *den);
  } else {
    sum = Reduced(b.negative, *right - *left, *den);
  }
  if (sum.num > kMax) {
    return std::nullopt;
  }
  return RationalOf(sum);
}

std::optional<Rational> Times(const Fraction& a, const Fraction& b) {
  // Common factors leave across first, so that an answer that fits is found.
  const Wide g1 = Gcd(a.num, b.den);
  const Wide g2 = Gcd(b.num, a.den);
  const std::optional<Wide> num = Product(a.num / g1, b.num / g2);
  const std::optional<Wide> den = Product(a.den / g2, b.den / g1);
  if (!num || !den) {
    return std::nullopt;
  }
  return RationalOf(Reduced(a.negative != b.negative, *num, *den));
}

}  // namespace

Rational Normalize(const Rational& value) { return RationalOf(FractionOf(value)); }

std::optional<Rational> Add(const Rational& a, const Rational& b) {
  return Sum(FractionOf(a), FractionOf(b));
}

std::optional<Rational> Subtract(const Rational& a, const Rational& b) {
  Fraction negated = FractionOf(b);
  negated.negative = !negated.negative;
  return Sum(FractionOf(a), negated);
}

std::optional<Rational> Multiply(const Rational& a, const Rational& b) {
  return Times(FractionOf(a), FractionOf(b));
}

std::optional<Rational> Divide(const Rational& a, const Rational& b) {
  const Fraction divisor = FractionOf(b);
  if (divisor.num == 0) {
    return std::nullopt;
  }
  return Times(FractionOf(a),
               {.negative = divisor.negative, .num = divisor.den, .den = divisor.num});
}

}  // namespace kpiwatch::lang
