// One rule's ladder for one subject: latches per tier, streaks, and how a period moves them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/evaluate/pace.h"
#include "daemon/model/day.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// The latches and streaks after a period. A plain value; persisted by store encodings of engine/.
struct LadderState {
  uint8_t latched = 0;                      // bit 1 << Level
  std::array<uint8_t, kLevelCount> hits{};  // sealed hits in a row while latched, by Level
  int32_t miss_streak = 0;                  // trailing sealed misses (S-05)
  int32_t hit_streak = 0;
  std::optional<Day> last_end;  // end of the last period that counted
  std::optional<Day> since;     // begin of the period in which it left green

  Level level() const;
  bool IsLatched(Level level) const { return (latched >> static_cast<int>(level) & 1) != 0; }
  friend bool operator==(const LadderState&, const LadderState&) = default;
};

// What a period says to a ladder.
struct PeriodInput {
  Period period;
  Decimal value;
  std::optional<Decimal> target;
  std::optional<Rational> completion;
  std::optional<bool> met;
  int64_t count = 0;
  bool known = true;  // it has a value; without one nothing is met, missed or compared
  std::optional<Rational> quotient{};  // the exact value, where `value` is its rounded form
  std::optional<Rational> num{}, den{};
  // Of a closed period, where the rule asks: the part of the value that came at its end.
  std::optional<Rational> back_loading{};
  const Pace* pace = nullptr;  // of an open period; null: it is closed, and all of it was due
};

// The environment of a condition: `slot` is a ConditionSlot.
lang::Value ConditionValue(const PeriodInput& input, const LadderState& streaks, uint16_t slot);

// Seals `input` on the ladder (evaluate: on_close): streaks first, then every tier as its own latch
// (conventions.md, "Level semantics"): it sets on `when`; clears on `clear`, or without one after
// rule.clear_after sealed hits in a row. A hit is a met period, or, where nothing measures the
// period, one with `when` false; a period without a value is neither hit nor miss.
LadderState AdvanceSealed(const Rule& rule, const LadderState& before, const PeriodInput& input);

// Looks at a period that is still open (evaluate: intraday or on_pace): tiers latch on `when` and
// clear on `clear`; without one they stay until the period's seal (D-10). Streaks do not move.
LadderState AdvanceOpen(const Rule& rule, const LadderState& before, const PeriodInput& input);

// The band of a period by itself: the highest tier whose `when` is true (D-10's `level` of values).
// `streaks` feeds conditions that look at streaks.
Level BandOf(const Rule& rule, const LadderState& streaks, const PeriodInput& input);

}  // namespace kpiwatch
