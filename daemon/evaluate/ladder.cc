#include "daemon/evaluate/ladder.h"

#include <algorithm>

#include "daemon/lang/exact.h"

namespace kpiwatch {
namespace {

constexpr uint8_t Bit(Level level) { return static_cast<uint8_t>(1U << static_cast<int>(level)); }

bool Holds(const lang::Program& condition, const PeriodInput& input, const LadderState& streaks) {
  return condition.EvaluateBool(
      [&](uint16_t slot) { return ConditionValue(input, streaks, slot); });
}

void MoveStreaks(const Rule& rule, const PeriodInput& input, LadderState* state) {
  if (!input.met) {
    return;
  }
  // S-05 counts from date to date: 02-14 to 02-24 is 10 days.
  const bool gap_too_long =
      state->last_end && input.period.begin - (*state->last_end - 1) > rule.max_gap_days;
  if (gap_too_long) {
    state->miss_streak = 0;
    state->hit_streak = 0;
  }
  if (*input.met) {
    state->miss_streak = 0;
    ++state->hit_streak;
  } else {
    ++state->miss_streak;
    state->hit_streak = 0;
  }
  state->last_end = input.period.end;
}

void MoveSince(const LadderState& before, const PeriodInput& input, LadderState* state) {
  if (state->level() == Level::kGreen) {
    state->since.reset();
  } else if (before.level() == Level::kGreen) {
    state->since = input.period.begin;
  }
}

lang::Value ValueOf(const std::optional<Rational>& number) {
  return number ? lang::Value::Of(*number) : lang::Value::Absent();
}

// Of a closed period the target was due, and nothing is to come.
std::optional<Rational> PaceOfClosed(const PeriodInput& input, uint16_t slot) {
  const Rational value = Rational::Of(input.value);
  switch (slot) {
    case kSlotExpected:
      return input.target ? std::optional(Rational::Of(*input.target)) : std::nullopt;
    case kSlotPaceIndex:
      return input.target ? lang::Divide(value, Rational::Of(*input.target)) : std::nullopt;
    case kSlotGap:
      return input.target ? lang::Subtract(value, Rational::Of(*input.target)) : std::nullopt;
    case kSlotProjection:
    case kSlotMaxAttainable:
      return value;
    case kSlotProjectedCompletion:
      return input.completion;
    default:
      return std::nullopt;
  }
}

std::optional<Rational> PaceOfOpen(const Pace& pace, uint16_t slot) {
  switch (slot) {
    case kSlotExpected:
      return pace.expected;
    case kSlotPaceIndex:
      return pace.index;
    case kSlotGap:
      return pace.gap;
    case kSlotProjection:
      return pace.projection;
    case kSlotMaxAttainable:
      return pace.max_attainable;
    case kSlotProjectedCompletion:
      return pace.projected_completion;
    case kSlotRequiredRate:
      return pace.required_rate;
    default:
      return std::nullopt;
  }
}

}  // namespace

Level LadderState::level() const {
  for (const Level level : {Level::kRed, Level::kOrange, Level::kYellow}) {
    if (IsLatched(level)) {
      return level;
    }
  }
  return Level::kGreen;
}

lang::Value ConditionValue(const PeriodInput& input, const LadderState& streaks, uint16_t slot) {
  switch (slot) {
    case kSlotValue:
      return !input.known     ? lang::Value::Absent()
             : input.quotient ? lang::Value::Of(*input.quotient)
                              : lang::Value::Of(input.value);
    case kSlotTarget:
      return input.target ? lang::Value::Of(*input.target) : lang::Value::Absent();
    case kSlotCompletion:
      return input.completion ? lang::Value::Of(*input.completion) : lang::Value::Absent();
    case kSlotMissStreak:
      return lang::Value::Of(Decimal::FromInt(streaks.miss_streak));
    case kSlotHitStreak:
      return lang::Value::Of(Decimal::FromInt(streaks.hit_streak));
    case kSlotCount:
      return lang::Value::Of(Decimal::FromInt(input.count));
    case kSlotNum:
      return ValueOf(input.num);
    case kSlotDen:
      return ValueOf(input.den);
    case kSlotBackLoading:
      return ValueOf(input.back_loading);
    default:
      return ValueOf(input.pace != nullptr ? PaceOfOpen(*input.pace, slot)
                                           : PaceOfClosed(input, slot));
  }
}

LadderState AdvanceSealed(const Rule& rule, const LadderState& before, const PeriodInput& input) {
  LadderState state = before;
  MoveStreaks(rule, input, &state);
  for (const Tier& tier : rule.tiers) {
    uint8_t& hits = state.hits[static_cast<size_t>(tier.level)];
    if (Holds(tier.when, input, state)) {
      state.latched |= Bit(tier.level);
      hits = 0;
    } else if (!state.IsLatched(tier.level)) {
      hits = 0;
    } else if (tier.clear) {
      if (Holds(*tier.clear, input, state)) {
        state.latched &= static_cast<uint8_t>(~Bit(tier.level));
      }
    } else if (input.known) {
      const bool hit = input.met.value_or(true);
      hits = hit ? static_cast<uint8_t>(std::min<int>(hits + 1, UINT8_MAX)) : uint8_t{0};
      if (hits >= rule.clear_after) {
        state.latched &= static_cast<uint8_t>(~Bit(tier.level));
        hits = 0;
      }
    }
  }
  MoveSince(before, input, &state);
  return state;
}

LadderState AdvanceOpen(const Rule& rule, const LadderState& before, const PeriodInput& input) {
  LadderState state = before;
  for (const Tier& tier : rule.tiers) {
    if (state.IsLatched(tier.level)) {
      if (tier.clear && Holds(*tier.clear, input, state)) {
        state.latched &= static_cast<uint8_t>(~Bit(tier.level));
      }
    } else if (Holds(tier.when, input, state)) {
      state.latched |= Bit(tier.level);
    }
  }
  MoveSince(before, input, &state);
  return state;
}

Level BandOf(const Rule& rule, const LadderState& streaks, const PeriodInput& input) {
  Level band = Level::kGreen;
  for (const Tier& tier : rule.tiers) {
    if (Holds(tier.when, input, streaks)) {
      band = std::max(band, tier.level);
    }
  }
  return band;
}

}  // namespace kpiwatch
