#include "daemon/evaluate/pace.h"

#include <algorithm>
#include <vector>

#include "daemon/lang/exact.h"
#include "daemon/ledger/kpi_view.h"

namespace kpiwatch {
namespace {

using MaybeRational = std::optional<Rational>;

// So many full days.
Rational DaysOf(int64_t work) { return {Decimal::FromInt(work), Decimal::FromInt(kFullCapacity)}; }

MaybeRational Divide(const MaybeRational& a, const MaybeRational& b) {
  return a && b ? lang::Divide(*a, *b) : std::nullopt;
}

bool IsTooEarly(const PaceLimits& limits, const SoFar& so_far, const MaybeRational& expected) {
  if (so_far.worked >= so_far.all) {
    return false;
  }
  const Rational share{Decimal::FromInt(so_far.worked), Decimal::FromInt(so_far.all)};
  return so_far.worked <= 0 || so_far.worked < int64_t{limits.min_days} * kFullCapacity ||
         share < Rational::Of(limits.min_share) ||
         (expected && *expected < Rational::Of(limits.min_units));
}

void Project(const Kpi& kpi, const SoFar& so_far, Pace* pace) {
  const Rational value = Rational::Of(so_far.value);
  const MaybeRational rate = lang::Divide(value, DaysOf(so_far.worked));
  const Rational left = DaysOf(so_far.all - so_far.worked);
  pace->projection = rate ? lang::Multiply(*rate, DaysOf(so_far.all)) : std::nullopt;
  if (so_far.best_rate) {
    const MaybeRational more = lang::Multiply(left, *so_far.best_rate);
    pace->max_attainable = more ? lang::Add(value, *more) : std::nullopt;
  }
  if (!so_far.target) {
    return;
  }
  if (pace->projection) {
    pace->projected_completion = Completion(kpi.direction, *pace->projection, *so_far.target);
  }
  pace->required_rate = Divide(lang::Subtract(Rational::Of(*so_far.target), value), left);
  pace->effort = Divide(pace->required_rate, rate);
}

}  // namespace

Pace PaceOf(const Kpi& kpi, const SoFar& so_far) {
  Pace pace;
  pace.worked = so_far.worked;
  pace.all = so_far.all;
  if (so_far.all <= 0) {
    return pace;  // nobody works, nothing is due
  }
  MaybeRational expected;
  if (so_far.target) {
    const Rational share{Decimal::FromInt(so_far.worked), Decimal::FromInt(so_far.all)};
    expected = lang::Multiply(Rational::Of(*so_far.target), share);
  }
  pace.too_early = IsTooEarly(kpi.pace, so_far, expected);
  if (pace.too_early) {
    return pace;
  }
  pace.expected = expected;
  pace.index = Divide(Rational::Of(so_far.value), expected);
  pace.gap = expected ? lang::Subtract(Rational::Of(so_far.value), *expected) : std::nullopt;
  Project(kpi, so_far, &pace);
  return pace;
}

std::optional<Rational> BestRate(std::span<const WorkedDay> days) {
  constexpr size_t kDays = 5;
  std::vector<Rational> rates;
  for (size_t end = kDays; end <= days.size(); ++end) {
    Decimal value;
    int64_t work = 0;
    for (const WorkedDay& day : days.subspan(end - kDays, kDays)) {
      value += day.value;
      work += day.capacity;
    }
    if (const MaybeRational rate = lang::Divide(Rational::Of(value), DaysOf(work))) {
      rates.push_back(*rate);
    }
  }
  if (rates.empty()) {
    return std::nullopt;
  }
  const size_t rank = (rates.size() * 9 + 9) / 10;  // from 1
  std::nth_element(rates.begin(), rates.begin() + static_cast<ptrdiff_t>(rank - 1), rates.end());
  return rates[rank - 1];
}

}  // namespace kpiwatch
