#include "daemon/ledger/kpi_view.h"

#include <gtest/gtest.h>

#include <string>

namespace kpiwatch {
namespace {

Decimal Dec(std::string_view text) { return *Decimal::Parse(text); }

std::string CompletionOf(Direction direction, std::string_view value, std::string_view target) {
  const auto completion = Completion(direction, Dec(value), Dec(target));
  return completion ? completion->ToFixed(6) : "n/a";
}

// S-07: higher is better: A/T.
TEST(CompletionTest, OfARisingKpiIsActualOverTarget) {
  EXPECT_EQ(CompletionOf(Direction::kUp, "40", "100"), "0.400000");
  EXPECT_EQ(CompletionOf(Direction::kUp, "52", "50"), "1.040000");  // the rate of consumption
  EXPECT_EQ(CompletionOf(Direction::kUp, "-5", "100"), "-0.050000");
}

// S-07: lower is better: 2 - A/T, not below zero. CAC with T = 50, A = 52: 96 %.
TEST(CompletionTest, OfAFallingKpiIsTwoMinusIt) {
  EXPECT_EQ(CompletionOf(Direction::kDown, "52", "50"), "0.960000");
  EXPECT_EQ(CompletionOf(Direction::kDown, "50", "50"), "1.000000");
  EXPECT_EQ(CompletionOf(Direction::kDown, "25", "50"), "1.500000");
  EXPECT_EQ(CompletionOf(Direction::kDown, "101", "50"), "0.000000");
}

TEST(CompletionTest, OfNoTargetIsNotApplicable) {
  EXPECT_EQ(CompletionOf(Direction::kUp, "5", "0"), "n/a");
  EXPECT_EQ(CompletionOf(Direction::kDown, "5", "0"), "n/a");
}

// Comparisons are on the exact value: 39.996 % is below 40 %.
TEST(CompletionTest, IsNotRounded) {
  const Rational line{Dec("40"), Dec("100")};
  EXPECT_LT(*Completion(Direction::kUp, Dec("39.996"), Dec("100")), line);
  EXPECT_EQ(*Completion(Direction::kUp, Dec("40"), Dec("100")), line);
  EXPECT_LT(*Completion(Direction::kUp, Dec("1"), Dec("3")), (Rational{Dec("0.333334"), Dec("1")}));
}

TEST(ReadSimpleTest, EqualityMeets) {
  Kpi kpi;
  kpi.measure.kind = MeasureKind::kCount;
  EXPECT_TRUE(*ReadSimple(kpi, {5, {}}, Decimal::FromInt(5)).met);
  EXPECT_FALSE(*ReadSimple(kpi, {4, {}}, Decimal::FromInt(5)).met);
  kpi.direction = Direction::kDown;
  EXPECT_TRUE(*ReadSimple(kpi, {5, {}}, Decimal::FromInt(5)).met);
  EXPECT_FALSE(*ReadSimple(kpi, {6, {}}, Decimal::FromInt(5)).met);
}

TEST(ReadSimpleTest, WithoutATargetNothingIsMetOrMissed) {
  Kpi kpi;
  kpi.measure.kind = MeasureKind::kSum;
  const KpiReading none = ReadSimple(kpi, {3, Dec("12.5")}, std::nullopt);
  EXPECT_EQ(none.value, Dec("12.5"));
  EXPECT_EQ(none.count, 3);
  EXPECT_FALSE(none.completion || none.met || none.target);
  const KpiReading zero = ReadSimple(kpi, {3, Dec("12.5")}, Decimal());
  EXPECT_TRUE(zero.target.has_value());
  EXPECT_FALSE(zero.completion || zero.met);
}

TEST(ReadSimpleTest, AnAverageIsExactAndShowsSixDigits) {
  Kpi kpi;
  kpi.measure.kind = MeasureKind::kAvg;
  const KpiReading third = ReadSimple(kpi, {3, Dec("100")}, Dec("50"));
  EXPECT_EQ(third.value, Dec("33.333333"));
  EXPECT_EQ(*third.quotient, (Rational{Dec("100"), Dec("3")}));
  EXPECT_EQ(third.completion->ToFixed(6), "0.666667");
  EXPECT_TRUE(*ReadSimple(kpi, {3, Dec("100")}, Dec("33.333333")).met);
  EXPECT_FALSE(*ReadSimple(kpi, {3, Dec("100")}, Dec("33.333334")).met);
  kpi.direction = Direction::kDown;
  EXPECT_EQ(ReadSimple(kpi, {3, Dec("100")}, Dec("25")).completion->ToFixed(6), "0.666667");
  EXPECT_EQ(ReadSimple(kpi, {1, Dec("100")}, Dec("25")).completion->ToFixed(6), "0.000000");
}

// S-13: no facts, or more taken back than came: there is no average, and nothing is missed by it.
TEST(ReadSimpleTest, AnAverageOfNothingIsNotApplicable) {
  Kpi kpi;
  kpi.measure.kind = MeasureKind::kAvg;
  for (const int64_t count : {0, -1}) {
    const KpiReading nothing = ReadSimple(kpi, {count, Dec("-5")}, Dec("50"));
    EXPECT_EQ(nothing.state, ValueState::kNothing);
    EXPECT_TRUE(nothing.target.has_value());
    EXPECT_FALSE(nothing.quotient || nothing.completion || nothing.met);
  }
}

TEST(FloorsTest, AreThoseOfTheLevelOrOfAny) {
  Kpi kpi;
  kpi.floors.push_back({"junior", {Dec("8")}});
  EXPECT_EQ(FloorsFor(kpi, "senior"), nullptr);
  kpi.floors.push_back({"", {Dec("1")}});
  EXPECT_EQ(FloorsFor(kpi, "junior")->values[0], Dec("8"));
  EXPECT_EQ(FloorsFor(kpi, "senior")->values[0], Dec("1"));
}

class NoLoader final : public BucketLoader {
 public:
  absl::Status Load(SubjectId, Day, Day,
                    absl::FunctionRef<void(Day, std::span<const StoredCell>)>) override {
    return absl::OkStatus();
  }
};

// A verdict over two KPIs with floors 2 and 1.5.
class VerdictTest : public testing::Test {
 protected:
  VerdictTest() {
    book_.kpis.resize(3);
    book_.kpis[0].measure.kind = MeasureKind::kCount;
    book_.kpis[1].measure.kind = MeasureKind::kSum;
    book_.kpis[2].type = KpiType::kVerdict;
    book_.kpis[2].all_of = {0, 1};
    book_.kpis[2].floors.push_back({"junior", {Dec("2"), Dec("1.5")}});
  }
  KpiReading Read(const std::string& level, int capacity = kFullCapacity) {
    KpiViewer viewer(&book_, &series_, nullptr);
    const auto reading = viewer.Read(2, SubjectId(0), level, {PeriodKind::kDay, Day{5}, Day{6}},
                                     std::nullopt, capacity);
    EXPECT_TRUE(reading.ok()) << reading.status();
    return reading.value_or(KpiReading());
  }
  void Add(int day, KpiIndex kpi, int64_t count, std::string_view sum) {
    ASSERT_TRUE(series_.Add(SubjectId(0), Day{day}, kpi, {count, Dec(sum)}).ok());
  }

  Rulebook book_;
  NoLoader loader_;
  SeriesTable series_{{}, 3, &loader_};
};

TEST_F(VerdictTest, IsMetWhenEveryFloorIsReached) {
  Add(5, 0, 2, "0");
  Add(5, 1, 1, "1.49");
  Add(6, 1, 1, "9");
  const KpiReading short_of_one = Read("junior");
  EXPECT_FALSE(*short_of_one.met);
  EXPECT_EQ(short_of_one.value, Dec("1"));
  EXPECT_EQ(*short_of_one.target, Dec("2"));
  EXPECT_EQ(short_of_one.count, 3);
  ASSERT_EQ(short_of_one.floors.size(), 2U);
  EXPECT_TRUE(short_of_one.floors[0].met());
  EXPECT_FALSE(short_of_one.floors[1].met());
  Add(5, 1, 1, "0.01");
  EXPECT_TRUE(*Read("junior").met);
}

// S-02: who works half a day needs half the floors, which need not be whole numbers.
TEST_F(VerdictTest, WhoWorksPartOfTheDayNeedsThatPartOfTheFloors) {
  Add(5, 0, 1, "0");
  Add(5, 1, 1, "0.75");
  EXPECT_FALSE(*Read("junior").met);
  const KpiReading half = Read("junior", kFullCapacity / 2);
  EXPECT_TRUE(*half.met);
  EXPECT_EQ(half.floors[0].floor, Dec("1"));
  EXPECT_EQ(half.floors[1].floor, Dec("0.75"));
  EXPECT_EQ(Read("junior", kFullCapacity / 4).floors[0].floor, Dec("0.5"));
  EXPECT_EQ(Read("junior", 1).floors[1].floor, Dec("0.00015"));
}

// S-05: no floor is met by a day off, not even one of zero.
TEST_F(VerdictTest, SaysNothingOfWhoDoesNotWork) {
  book_.kpis[2].floors[0].values = {Dec("2"), Dec("0")};
  EXPECT_EQ(Read("junior").value, Dec("1"));
  const KpiReading reading = Read("junior", 0);
  EXPECT_FALSE(reading.met || reading.target || reading.completion);
  EXPECT_EQ(reading.value, Dec("0"));
}

TEST_F(VerdictTest, SaysNothingOfALevelWithoutFloors) {
  const KpiReading reading = Read("chief");
  EXPECT_FALSE(reading.met || reading.target || reading.completion);
}

// won / leads, and an expression over both.
class CompoundTest : public testing::Test {
 protected:
  CompoundTest() {
    book_.kpis.resize(4);
    book_.kpis[2].type = KpiType::kRatio;
    book_.kpis[2].operands = {0, 1};
    book_.kpis[3].type = KpiType::kDerived;
    book_.kpis[3].operands = {1, 2};
    lang::Scope scope;
    scope.resolve = [](std::string_view name) {
      return std::optional(
          lang::Binding{static_cast<uint16_t>(name == "leads" ? 0 : 1), lang::Type::kNumber});
    };
    lang::Error error;
    book_.kpis[3].expr =
        lang::Program::Compile("leads * rate + 1", scope, lang::Type::kNumber, &error);
  }
  KpiReading Read(KpiIndex kpi, Day begin, Day end, std::optional<Decimal> target = std::nullopt) {
    KpiViewer viewer(&book_, &series_, nullptr);
    const auto reading =
        viewer.Read(kpi, SubjectId(0), "", {PeriodKind::kTarget, begin, end}, target);
    EXPECT_TRUE(reading.ok()) << reading.status();
    return reading.value_or(KpiReading());
  }
  void Add(int day, int won, int leads) {
    ASSERT_TRUE(series_.Add(SubjectId(0), Day{day}, 0, {won, {}}).ok());
    ASSERT_TRUE(series_.Add(SubjectId(0), Day{day}, 1, {leads, {}}).ok());
  }

  Rulebook book_;
  NoLoader loader_;
  SeriesTable series_{{}, 4, &loader_};
};

TEST_F(CompoundTest, AnAmountForAnAmountIsANumber) {
  book_.kpis[0].measure.kind = MeasureKind::kSum;
  book_.kpis[0].currency = "CNY";
  book_.kpis[3].operands = {0};
  lang::Scope scope;
  scope.resolve = [](std::string_view) {
    return std::optional(lang::Binding{0, lang::Type::kMoney, "CNY"});
  };
  lang::Error error;
  book_.kpis[3].expr = lang::Program::Compile("won / 5 CNY", scope, lang::Type::kAny, &error);
  ASSERT_TRUE(book_.kpis[3].expr) << error.message;
  ASSERT_TRUE(series_.Add(SubjectId(0), Day{5}, 0, {1, Dec("30")}).ok());
  EXPECT_EQ(Read(3, Day{5}, Day{6}).value, Dec("6"));
  book_.kpis[3].expr = lang::Program::Compile("won - 5", scope, lang::Type::kAny, &error);
  EXPECT_EQ(Read(3, Day{5}, Day{6}).value, Dec("25")) << "an amount";
}

// S-13: 8/100 and 30/1000 make 3.45 %, not 5.5 %: nothing averages averages.
TEST_F(CompoundTest, ARatioOfDaysIsTheQuotientOfTheirSums) {
  Add(5, 8, 100);
  Add(6, 30, 1000);
  EXPECT_EQ(Read(2, Day{5}, Day{6}).value, Dec("0.08"));
  EXPECT_EQ(Read(2, Day{6}, Day{7}).value, Dec("0.03"));
  const KpiReading both = Read(2, Day{5}, Day{7}, Dec("0.05"));
  EXPECT_EQ(both.value, Dec("0.034545"));
  EXPECT_EQ(*both.quotient, (Rational{Dec("38"), Dec("1100")}));
  EXPECT_EQ(*both.num, Rational::Of(Dec("38")));
  EXPECT_EQ(*both.den, Rational::Of(Dec("1100")));
  EXPECT_EQ(both.completion->ToFixed(6), "0.690909");
  EXPECT_EQ(both.count, 1138);
}

// S-13: min_den, else `insufficient`.
TEST_F(CompoundTest, ARatioBelowMinDenIsInsufficient) {
  book_.kpis[2].min_den = Dec("100");
  Add(5, 8, 99);
  const KpiReading few = Read(2, Day{5}, Day{6}, Dec("0.05"));
  EXPECT_EQ(few.state, ValueState::kInsufficient);
  EXPECT_FALSE(few.quotient || few.completion || few.met);
  Add(5, 0, 1);
  EXPECT_EQ(Read(2, Day{5}, Day{6}).value, Dec("0.08"));
}

TEST_F(CompoundTest, WhatDividesByNothingIsNotApplicable) {
  Add(5, 8, 0);
  EXPECT_EQ(Read(2, Day{5}, Day{6}).state, ValueState::kNothing);
  EXPECT_EQ(Read(3, Day{5}, Day{6}).state, ValueState::kNothing) << "nor is what is made of it";
}

TEST_F(CompoundTest, ADerivedKpiIsCalculatedFromThePeriodsValues) {
  Add(5, 8, 100);
  Add(6, 30, 1000);
  EXPECT_EQ(Read(3, Day{5}, Day{7}).value, Dec("39")) << "1100 * 38/1100 + 1, without rounding";
}

}  // namespace
}  // namespace kpiwatch
