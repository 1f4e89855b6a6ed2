// Where a KPI that adds up stands against what is due of its target by now (S-11), and where that
// leads (S-12). Pure: days that are closed, in; exact numbers, out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "daemon/model/decimal.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// A period as far as its days are closed. Work is counted in kFullCapacity parts of a working day
// (evaluate/workload.h).
struct SoFar {
  Decimal value;  // A: of the closed days
  std::optional<Decimal> target;
  int64_t worked = 0;  // W: work of the closed days
  int64_t all = 0;     // N: work of the whole period
  // The most that may be hoped for on a full working day (BestRate).
  std::optional<Rational> best_rate{};
};

// Exact; nullopt: too early, without a target, or beyond what 128 bits hold.
struct Pace {
  int64_t worked = 0, all = 0;  // as in SoFar
  bool too_early = false;
  std::optional<Rational> expected;              // T·W/N
  std::optional<Rational> index;                 // A/expected
  std::optional<Rational> gap;                   // A − expected: what is missing is negative
  std::optional<Rational> projection;            // A·N/W, at the rate so far
  std::optional<Rational> projected_completion;  // of the projection, by the KPI's direction
  // (T−A)/(N−W), on each full working day that is left; not above zero: the target is reached.
  std::optional<Rational> required_rate;
  std::optional<Rational> effort;          // required_rate by the rate so far, A/W
  std::optional<Rational> max_attainable;  // A + (N−W)·best_rate
};

// Too early is less than pace.min_share of N, less than pace.min_days full days, or less than
// pace.min_units expected; never a period whose work is done.
Pace PaceOf(const Kpi& kpi, const SoFar& so_far);

// A working day and what came on it and on the days off behind it.
struct WorkedDay {
  Decimal value;
  int capacity = kFullCapacity;  // what was worked of a full day, above zero
};

// What was reached on a full working day in the best times: of the rates of every five working days
// in a row the 90th percentile, by nearest rank. nullopt: there are fewer than five.
std::optional<Rational> BestRate(std::span<const WorkedDay> days);

}  // namespace kpiwatch
