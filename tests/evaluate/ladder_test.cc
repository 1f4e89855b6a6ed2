#include "daemon/evaluate/ladder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpiwatch {
namespace {

lang::Program Condition(std::string_view source) {
  lang::Scope scope;
  scope.resolve = [](std::string_view path) -> std::optional<lang::Binding> {
    if (path == "value") {
      return lang::Binding{kSlotValue, lang::Type::kNumber};
    }
    if (path == "miss_streak") {
      return lang::Binding{kSlotMissStreak, lang::Type::kNumber};
    }
    return std::nullopt;
  };
  lang::Error error;
  auto program = lang::Program::Compile(source, scope, lang::Type::kBool, &error);
  EXPECT_TRUE(program.has_value()) << source << ": " << error.message;
  return *std::move(program);
}

Tier MakeTier(Level level, std::string_view when, std::string_view clear = {}) {
  Tier tier{.level = level,
            .when = Condition(when),
            .clear = {},
            .notify = {},
            .via = {},
            .open = {},
            .grant = {}};
  if (!clear.empty()) {
    tier.clear = Condition(clear);
  }
  return tier;
}

PeriodInput DayOf(Day day, int64_t value, std::optional<bool> met = std::nullopt) {
  PeriodInput input;
  input.period = {PeriodKind::kDay, day, day + 1};
  input.value = Decimal::FromInt(value);
  input.met = met;
  return input;
}

// n/a: nothing to divide by.
PeriodInput WithoutAValue(Day day) {
  PeriodInput input = DayOf(day, 0);
  input.known = false;
  return input;
}

// The levels of a series of values, one letter each.
std::string Levels(const Rule& rule, const std::vector<int64_t>& values) {
  LadderState state;
  std::string levels;
  Day day{20000};
  for (const int64_t value : values) {
    state = AdvanceSealed(rule, state, DayOf(day, value));
    levels += "GYOR"[static_cast<int>(state.level())];
    ++day;
  }
  return levels;
}

Rule Thresholds(int yellow_clear, int orange_clear, int red_clear) {
  Rule rule;
  rule.tiers.push_back(
      MakeTier(Level::kYellow, "value > 40", "value < " + std::to_string(yellow_clear)));
  rule.tiers.push_back(
      MakeTier(Level::kOrange, "value > 60", "value < " + std::to_string(orange_clear)));
  rule.tiers.push_back(MakeTier(Level::kRed, "value > 80", "value < " + std::to_string(red_clear)));
  return rule;
}

// conventions.md, "Level semantics", first known answer.
TEST(LadderTest, TiersClearBelowTheirOwnLines) {
  EXPECT_EQ(
      Levels(Thresholds(30, 50, 70), {45, 40, 30, 29, 45, 61, 49, 29, 45, 61, 81, 69, 50, 41, 25}),
      "YYYGYOYGYOROOYG");
}

// conventions.md, "Level semantics", second known answer.
TEST(LadderTest, NoTierClearsAboveItsOwnLine) {
  EXPECT_EQ(Levels(Thresholds(10, 20, 30), {45, 40, 30, 9, 45, 61, 30, 19, 45, 61, 81, 29}),
            "YYYGYOOYYORO");
}

Rule Streaks() {
  Rule rule;
  rule.tiers.push_back(MakeTier(Level::kYellow, "miss_streak >= 2"));
  rule.tiers.push_back(MakeTier(Level::kOrange, "miss_streak >= 3"));
  return rule;
}

std::string StreakLevels(const Rule& rule, const std::string& days) {
  LadderState state;
  std::string levels;
  Day day{20000};
  for (const char c : days) {
    state = AdvanceSealed(rule, state, DayOf(day, 0, c == '+'));
    levels += "GYOR"[static_cast<int>(state.level())];
    ++day;
  }
  return levels;
}

// S-05, S-06: yellow at the second miss, orange at the third; two hits in a row clear both.
TEST(LadderTest, StreaksClimbAndTwoHitsInARowClear) {
  EXPECT_EQ(StreakLevels(Streaks(), "-+---+-++"), "GGGYOOOOG");
}

// S-05: an ineligible day is simply not advanced; a gap beyond max_gap_days begins anew. From
// 02-14 to 02-24 are 10 days.
TEST(LadderTest, AStreakDoesNotReachOverTooLongAGap) {
  const Rule rule = Streaks();
  LadderState state;
  state = AdvanceSealed(rule, state, DayOf(Day{100}, 0, false));
  const LadderState near = AdvanceSealed(rule, state, DayOf(Day{100 + 12}, 0, false));
  EXPECT_EQ(near.miss_streak, 2);
  const LadderState far = AdvanceSealed(rule, state, DayOf(Day{100 + 13}, 0, false));
  EXPECT_EQ(far.miss_streak, 1);
}

TEST(LadderTest, AnOpenPeriodLatchesAndMovesNoStreak) {
  Rule rule;
  rule.tiers.push_back(MakeTier(Level::kRed, "value >= 10"));
  LadderState state = AdvanceOpen(rule, {}, DayOf(Day{1}, 10, false));
  EXPECT_EQ(state.level(), Level::kRed);
  EXPECT_EQ(state.miss_streak, 0);
  state = AdvanceOpen(rule, state, DayOf(Day{1}, 3, false));
  EXPECT_EQ(state.level(), Level::kRed) << "stays until the seal (D-10)";
}

TEST(LadderTest, ABandIsThatOfThePeriodAlone) {
  EXPECT_EQ(BandOf(Thresholds(30, 50, 70), {}, DayOf(Day{1}, 61)), Level::kOrange);
  EXPECT_EQ(BandOf(Thresholds(30, 50, 70), {}, DayOf(Day{1}, 40)), Level::kGreen);
}

// S-13, S-26: a period without a value is neither low, nor a hit that would clear, nor a miss.
TEST(LadderTest, APeriodWithoutAValueMovesNothing) {
  Rule rule;
  rule.tiers.push_back(MakeTier(Level::kRed, "value < 40"));
  rule.clear_after = 2;
  const Day day{20000};
  LadderState state = AdvanceSealed(rule, {}, WithoutAValue(day));
  EXPECT_EQ(state.level(), Level::kGreen);
  state = AdvanceSealed(rule, state, DayOf(day + 1, 39));
  EXPECT_EQ(state.level(), Level::kRed);
  state = AdvanceSealed(rule, state, DayOf(day + 2, 50));
  state = AdvanceSealed(rule, state, WithoutAValue(day + 3));
  EXPECT_EQ(state.level(), Level::kRed) << "one hit so far";
  EXPECT_EQ(AdvanceSealed(rule, state, DayOf(day + 4, 50)).level(), Level::kGreen)
      << "and the second in a row";
}

// Comparisons are on the quotient: 39.9999999 shows as 40 and is below it.
TEST(LadderTest, AQuotientIsComparedExactly) {
  Rule rule;
  rule.tiers.push_back(MakeTier(Level::kRed, "value < 40"));
  PeriodInput input = DayOf(Day{20000}, 40);
  input.quotient = Rational{Decimal::FromInt(399'999'999), Decimal::FromInt(10'000'000)};
  EXPECT_EQ(AdvanceSealed(rule, {}, input).level(), Level::kRed);
  input.quotient = Rational{Decimal::FromInt(400), Decimal::FromInt(10)};
  EXPECT_EQ(AdvanceSealed(rule, {}, input).level(), Level::kGreen);
}

std::string Shown(const PeriodInput& input, uint16_t slot) {
  const lang::Value value = ConditionValue(input, {}, slot);
  return value.kind == lang::ValueKind::kNumber ? value.number.ToFixed(2) : "absent";
}

// At its close all of a target is due.
TEST(ConditionValueTest, TheNamesOfPaceOfAClosedPeriodAreThoseOfItsEnd) {
  PeriodInput input = DayOf(Day{0}, 40);
  EXPECT_EQ(Shown(input, kSlotExpected), "absent");
  EXPECT_EQ(Shown(input, kSlotProjection), "40.00");
  input.target = Decimal::FromInt(50);
  input.completion = Rational{Decimal::FromInt(4), Decimal::FromInt(5)};
  EXPECT_EQ(Shown(input, kSlotExpected), "50.00");
  EXPECT_EQ(Shown(input, kSlotPaceIndex), "0.80");
  EXPECT_EQ(Shown(input, kSlotGap), "-10.00");
  EXPECT_EQ(Shown(input, kSlotProjectedCompletion), "0.80");
  EXPECT_EQ(Shown(input, kSlotMaxAttainable), "40.00");
  EXPECT_EQ(Shown(input, kSlotRequiredRate), "absent");
}

TEST(ConditionValueTest, TheNamesOfPaceOfAnOpenPeriodAreThoseOfItsPace) {
  PeriodInput input = DayOf(Day{0}, 40);
  input.target = Decimal::FromInt(50);
  Pace pace;
  input.pace = &pace;
  EXPECT_EQ(Shown(input, kSlotExpected), "absent");
  EXPECT_EQ(Shown(input, kSlotProjection), "absent");
  pace.expected = Rational::Of(Decimal::FromInt(10));
  pace.required_rate = Rational::Of(Decimal::FromInt(2));
  EXPECT_EQ(Shown(input, kSlotExpected), "10.00");
  EXPECT_EQ(Shown(input, kSlotRequiredRate), "2.00");
  EXPECT_EQ(Shown(input, kSlotPaceIndex), "absent");
}

}  // namespace
}  // namespace kpiwatch
