// Exact arithmetic of expressions. A result that does not fit 128 bits is none at all: nothing is
// ever rounded on the way to a verdict.
#pragma once

#include <optional>

#include "daemon/model/decimal.h"

namespace kpiwatch::lang {

// The same ratio in lowest terms with a positive denominator; over 1 when six fractional digits
// hold it.
Rational Normalize(const Rational& value);

// nullopt: the result does not fit. All results are normalized.
std::optional<Rational> Add(const Rational& a, const Rational& b);
std::optional<Rational> Subtract(const Rational& a, const Rational& b);
std::optional<Rational> Multiply(const Rational& a, const Rational& b);
// nullopt also for a zero divisor.
std::optional<Rational> Divide(const Rational& a, const Rational& b);

}  // namespace kpiwatch::lang
