#include "daemon/lang/program.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/lang/meaning.h"
#include "tests/lang/testing.h"

namespace kpiwatch::lang {
namespace {

TEST_P(Meaning, IsAsWritten) {
  World world;
  world.Set("n", Value::Of(Dec("12")))
      .Set("m", Value::Of(Dec("0")))
      .Set("s", Value::Of(std::string_view("call")))
      .Set("b", Value::Of(true))
      .Set("completion", Value::Of(Rational{Dec("39.996"), Dec("100")}))
      .Set("data.kind", Value::Of(std::string_view("visit")))
      .Set("data.cell", Value::Of(std::string_view("12.50")))
      .Set("data.amount", Value::Of(Dec("12.5")))
      .Set("data.客户", Value::Of(std::string_view("甲")))
      .Set("data.fee", Value::Money(Rational::Of(Dec("12.5")), "CNY"))
      .Set("data.due", Value::Of(std::string_view("2026-01-02T09:00:00+08:00")))
      .Set("data.seconds", Value::Of(Dec("90")))
      .Set("yuan", Value::Of(Dec("150")))
      .Set("at", Value::Time(1'767'229'200'000))  // 2026-01-01T09:00:00+08:00
      .Set("Case ID", Value::Of(std::string_view("77")));
  const Program program = world.Compile(GetParam().source);
  EXPECT_EQ(Show(program.Evaluate(world)), GetParam().result) << GetParam().source;
}

INSTANTIATE_TEST_SUITE_P(Literals, Meaning,
                         testing::Values(Case{"12", "12"}, Case{"1.5", "1.5"}, Case{".5", "0.5"},
                                         Case{"1e3", "1000"}, Case{"-3", "-3"}, Case{"40%", "0.4"},
                                         Case{"0.00001%", "1/10000000"}, Case{"true", "true"},
                                         Case{"false", "false"},
                                         Case{R"("a\"b\n\x41\u4e2d\101")", "'a\"b\nA中A'"},
                                         Case{"'it\\'s'", "'it's'"}, Case{"1 // one", "1"},
                                         Case{" ( 1 ) ", "1"}, Case{R"(r"\d\")", R"('\d\')"},
                                         Case{"\'\'\'it's \'\' so\'\'\'", "'it's \'\' so'"},
                                         Case{"\"\"\"a\nb\"\"\"", "'a\nb'"},
                                         Case{"r\'\'\'a\\\'\'\'", "'a\\'"}, Case{"R\'\'", "\'\'"}));

INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Meaning,
    testing::Values(Case{"1 + 2 * 3", "7"}, Case{"(1 + 2) * 3", "9"}, Case{"7 - 2 - 1", "4"},
                    Case{"1 / 3", "1/3"}, Case{"1 / 3 * 3", "1"}, Case{"1/3 + 1/6", "0.5"},
                    Case{"2 / 4 / 2", "0.25"}, Case{"n / m", "absent"}, Case{"-n + 2", "-10"},
                    Case{"0.1 + 0.2 == 0.3", "true"}, Case{"data.cell * 2", "25"},
                    Case{"data.kind * 2", "absent"}, Case{"1 - 1/3", "2/3"},
                    Case{"999999999999999999 * 999999999999999999 * 999999999999999999", "absent"},
                    Case{"1000000000 * 1000000000 / 1000000000 == 1000000000", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Comparisons, Meaning,
    testing::Values(Case{"completion < 40%", "true"}, Case{"completion >= 40%", "false"},
                    Case{"n == 12.0", "true"}, Case{"n != 12", "false"},
                    Case{"s == 'call'", "true"}, Case{"s < 'calm'", "true"},
                    Case{"n > 11 && n <= 12", "true"}, Case{"b == true", "true"},
                    Case{"n + 1 > 12", "true"}, Case{"s in ['visit', 'call']", "true"},
                    Case{"s in []", "false"}, Case{"n in [1, 2, 12,]", "true"},
                    Case{"!(n in [1])", "true"}, Case{"1/3 < 0.333334", "true"},
                    Case{"1/3 > 0.333333", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Fields, Meaning,
    testing::Values(Case{"data.cell == 12.5", "true"}, Case{"data.cell > 12", "true"},
                    Case{"data.cell == '12.5'", "false"}, Case{"data.cell == '12.50'", "true"},
                    Case{"data.amount == '12.50'", "true"}, Case{"data.kind == 12", "false"},
                    Case{"data.kind != 12", "true"}, Case{"data.kind < 12", "false"},
                    Case{"data.kind >= 12", "false"}, Case{"data.cell in [1, 12.5]", "true"},
                    Case{"data.客户 == '甲'", "true"}, Case{"`Case ID` == 77", "true"},
                    Case{"data.kind in ['call', 'visit', 'wecom']", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Absence, Meaning,
    testing::Values(Case{"data.no == 1", "false"}, Case{"data.no != 1", "true"},
                    Case{"data.no < 1", "false"}, Case{"data.no in ['x']", "false"},
                    Case{"data.no == data.none", "false"}, Case{"data.no == null", "true"},
                    Case{"null != data.no", "false"}, Case{"data.kind != null", "true"},
                    Case{"null == null", "true"}, Case{"null != null", "false"},
                    Case{"data.no + 1", "absent"}, Case{"data.no + 1 > 0", "false"},
                    Case{"!data.no", "absent"}, Case{"data.no && false", "false"},
                    Case{"data.no && true", "absent"}, Case{"data.no || true", "true"},
                    Case{"data.no || false", "absent"}, Case{"data.no ? 1 : 2", "absent"},
                    Case{"!(data.no == 1)", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Logic, Meaning,
    testing::Values(Case{"true || false && false", "true"}, Case{"!true || true", "true"},
                    Case{"!(true || true)", "false"}, Case{"b && n > 1 && s == 'call'", "true"},
                    Case{"b ? 1 : 2", "1"}, Case{"false ? 1 : true ? 2 : 3", "2"},
                    Case{"(b ? n : m) == 12", "true"}, Case{"!!b", "true"}));

TEST_P(Mistakes, SayPlaceFoundAndExpected) {
  World world;
  Error error;
  EXPECT_FALSE(Program::Compile(GetParam().source, world.scope(), GetParam().result, &error));
  EXPECT_EQ(error.message, GetParam().message) << GetParam().source;
  EXPECT_EQ(error.offset, GetParam().offset) << GetParam().source;
}

INSTANTIATE_TEST_SUITE_P(
    Names, Mistakes,
    testing::Values(
        Mistake{"completon < 1", 0, "unknown name 'completon'; did you mean 'completion'?"},
        Mistake{"n > 1 && direction == 'out'", 9,
                "unknown name 'direction'; fields are written data.<field>"},
        Mistake{"gap > 1", 0, "'gap' is not supported by this version"},
        Mistake{"kpi('x') > 1", 0, "the function 'kpi' is not supported by this version"},
        Mistake{"foo(n)", 0, "unknown function 'foo'"},
        Mistake{"s.startWith('x')", 2, "unknown function 'startWith'; did you mean 'startsWith'?"},
        Mistake{"completon.size() > 1", 0, "unknown name 'completon'; did you mean 'completion'?"},
        Mistake{"'x'.size", 4,
                "'.size' stands after what has no fields; a function of that name needs "
                "parentheses"},
        Mistake{"data. == 1", 6, "expected a field name after '.', found '=='"}));

INSTANTIATE_TEST_SUITE_P(
    Types, Mistakes,
    testing::Values(Mistake{"n == 'x'", 2, "'==' compares a number with a string"},
                    Mistake{"s < 3", 2, "'<' compares a string with a number"},
                    Mistake{"n in [1, 'x']", 9, "'in' compares a number with a string"},
                    Mistake{"b < true", 2, "'<' cannot order bools"},
                    Mistake{"n && b", 0, "'&&' needs a bool, found a number"},
                    Mistake{"b || s", 5, "'||' needs a bool, found a string"},
                    Mistake{"!n", 1, "'!' needs a bool, found a number"},
                    Mistake{"s + 1", 0, "'+' needs a number, found a string"},
                    Mistake{"-s", 1, "'-' needs a number, found a string"},
                    Mistake{"1 < n < 3", 6, "'<' compares a bool with a number"},
                    Mistake{"n ? 1 : 2", 0, "'?' needs a bool, found a number"},
                    Mistake{"b ? 1 : 'x'", 8, "'?:' chooses between a number and a string"},
                    Mistake{"null", 0, "'null' can only be compared"},
                    Mistake{"n < null", 2, "'<' cannot compare with null"},
                    Mistake{"n + 1", 0, "expected a bool expression, found a number", Type::kBool},
                    Mistake{"'x'", 0, "expected a number expression, found a string",
                            Type::kNumber}));

INSTANTIATE_TEST_SUITE_P(
    Syntax, Mistakes,
    testing::Values(
        Mistake{"", 0, "expected a value, found the end of the expression"},
        Mistake{"n >", 3, "expected a value, found the end of the expression"},
        Mistake{"n > )", 4, "expected a value, found ')'"},
        Mistake{"(n > 1", 6, "expected ')', found the end of the expression"},
        Mistake{"n 1", 2, "expected an operator or the end, found '1'"},
        Mistake{"n > 1 and b", 6,
                "expected an operator or the end, found 'and'; did you mean '&&'?"},
        Mistake{"n = 1", 2, "found '='; equality is written '=='"},
        Mistake{"b & b", 2, "found '&'; 'and' is written '&&'"},
        Mistake{"n % 2", 2,
                "found '%'; a percentage is written like '40%', and there is no modulo"},
        Mistake{"n > 7x", 4, "'7x' is neither a number nor a duration such as 24h, 7d, 2wd or 4wh"},
        Mistake{"n > 1h2wd", 4,
                "'1h2wd' is neither a number nor a duration such as 24h, 7d, 2wd or 4wh"},
        Mistake{"n > 0.1234567", 4,
                "'0.1234567' is not exact here: at most 18 integer and 6 fractional digits"},
        Mistake{"s == 'call", 5, "the string has no closing '"},
        Mistake{"s == 'a\\q'", 7, "unknown escape '\\q'; a backslash itself is written '\\\\'"},
        Mistake{"s == '\\ud800'", 6, "the escape is not a Unicode character"},
        Mistake{"s == “call”", 5, "found '“'; write the ASCII '\"'"},
        Mistake{"n > 40％", 6, "found '％'; write the ASCII '%'"},
        Mistake{"n > 1 # x", 6, "unexpected character '#'"},
        Mistake{"n in 3", 5, "expected a list such as [\"a\", \"b\"] after 'in', found '3'"},
        Mistake{"n in [1 2]", 8, "expected ',' or ']', found '2'"},
        Mistake{"[1]", 0, "a list can stand only after 'in'"},
        Mistake{"b ? 1", 5, "expected ':', found the end of the expression"},
        Mistake{"not b", 0, "expected a value ('not' is written '!'), found 'not'"}));

TEST(ProgramLimits, NestingIsBoundedButChainsAreNot) {
  World world;
  Error error;
  const std::string deep = std::string(100, '(') + "b" + std::string(100, ')');
  EXPECT_FALSE(Program::Compile(deep, world.scope(), Type::kAny, &error));
  EXPECT_EQ(error.message, "the expression nests deeper than 64 levels");
  EXPECT_FALSE(Program::Compile(std::string(100, '!') + "b", world.scope(), Type::kAny, &error));
  std::string sum = "n";
  std::string chain = "b";
  for (int i = 0; i < 100; ++i) {
    sum += " + n";
    chain += " && b";
  }
  EXPECT_FALSE(Program::Compile(sum, world.scope(), Type::kAny, &error));
  EXPECT_TRUE(Program::Compile(chain, world.scope(), Type::kBool, &error)) << error.message;
  EXPECT_FALSE(Program::Compile(std::string(5000, ' ') + "b", world.scope(), Type::kAny, &error));
  EXPECT_EQ(error.message, "the expression is longer than 4096 bytes");
}

TEST(ProgramLimits, WorkIsBoundedAtLoad) {
  World world;
  Error error;
  EXPECT_EQ(world.Compile("n > 1 && s in ['a', 'b']").work(), 8u);
  EXPECT_EQ(world.Compile("s.matches('^ab$')").work(), 8u);
  std::string patterns = "s.matches('a{200}')";
  for (int i = 1; i < 30; ++i) {
    patterns += " || s.matches('a{200}')";
  }
  EXPECT_FALSE(Program::Compile(patterns, world.scope(), Type::kBool, &error));
  EXPECT_EQ(
      error.message,
      "the expression takes 6121 steps; at most 4096 are allowed, and patterns take the most");
  // Nothing but patterns reaches the bound: the longest source of the shortest operands does not.
  std::string list = "n in [1";
  while (list.size() + 3 < Program::kMaxSourceBytes) {
    list += ",1";
  }
  EXPECT_LT(world.Compile(list + "]").work(), Program::kMaxWork);
}

TEST(ProgramShape, SlotsAreSortedAndUnique) {
  World world;
  const uint16_t n = world.Slot("n");
  const uint16_t m = world.Slot("m");
  EXPECT_EQ(world.Compile("m > 1 && n > 1 || m < n").slots(), (std::vector<uint16_t>{n, m}));
}

TEST(ProgramShape, SingleNamesAndConstantsAreRecognized) {
  World world;
  EXPECT_EQ(world.Compile("n").single_slot(), world.Slot("n"));
  EXPECT_FALSE(world.Compile("n + 1").single_slot());
  EXPECT_EQ(Show(*world.Compile("'x'").constant()), "'x'");
  EXPECT_EQ(Show(*world.Compile("-2").constant()), "-2");
  EXPECT_FALSE(world.Compile("n").constant());
}

TEST(ProgramShape, SimpleComparisonsAreReadFromBothSides) {
  World world;
  const auto left = world.Compile("completion < 40%").simple_comparison();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->slot, world.Slot("completion"));
  EXPECT_EQ(left->comparator, Comparator::kLess);
  EXPECT_EQ(left->threshold.ToFixed(2), "0.40");
  EXPECT_EQ(world.Compile("0.4 > completion").simple_comparison()->comparator, Comparator::kLess);
  EXPECT_EQ(world.Compile("yuan < 100 CNY").simple_comparison()->threshold.ToFixed(0), "100");
  EXPECT_FALSE(world.Compile("at - at < 1h").simple_comparison());
  EXPECT_FALSE(world.Compile("n < m").simple_comparison());
  EXPECT_FALSE(world.Compile("n < 1 && m < 1").simple_comparison());
  EXPECT_FALSE(world.Compile("n in [1]").simple_comparison());
}

TEST(ProgramShape, CanonicalFormForgetsSpelling) {
  World world;
  EXPECT_EQ(world.Compile("(n<40%)&&s=='x'").Canonical(),
            world.Compile("n < 0.40 && (s == \"x\") // why").Canonical());
  EXPECT_NE(world.Compile("n < 40%").Canonical(), world.Compile("n <= 40%").Canonical());
  EXPECT_NE(world.Compile("n < 1").Canonical(), world.Compile("m < 1").Canonical());
  EXPECT_NE(world.Compile("data.a == 'b'").Canonical(),
            world.Compile("data.a == data.b").Canonical());
  EXPECT_EQ(world.Compile("s.matches('a') && size(s) > 1").Canonical(),
            world.Compile("matches(s, \"a\") && s.size() > 1").Canonical());
  EXPECT_NE(world.Compile("s.matches('a')").Canonical(),
            world.Compile("s.matches('b')").Canonical());
  EXPECT_NE(world.Compile("round(n, 1)").Canonical(), world.Compile("round(n, 2)").Canonical());
  EXPECT_NE(world.Compile("100 CNY < yuan").Canonical(), world.Compile("100 < yuan").Canonical());
  EXPECT_EQ(world.Compile("at - at < 24h").Canonical(), world.Compile("at - at < 1d").Canonical());
  EXPECT_NE(world.Compile("1wd").Canonical(), world.Compile("1wh").Canonical());
}

TEST(ProgramShape, TypesAreKnownWhereDataDoesNotDecide) {
  World world;
  EXPECT_EQ(world.Compile("n < 1").type(), Type::kBool);
  EXPECT_EQ(world.Compile("data.a + 1").type(), Type::kNumeric);
  EXPECT_EQ(world.Compile("at - 1h").type(), Type::kTime);
  EXPECT_EQ(world.Compile("b ? data.a : 's'").type(), Type::kAny);
  EXPECT_EQ(world.Compile("yuan * 2").type(), Type::kMoney);
}

TEST(ProgramShape, CopiesOutliveTheOriginal) {
  World world;
  world.Set("s", Value::Of(std::string_view("call")));
  std::optional<Program> original = world.Compile("s == 'call'");
  const Program copy = *original;
  original.reset();
  EXPECT_TRUE(copy.EvaluateBool(world));
}

TEST(ProgramShape, EvaluationStopsAtTheDecisiveOperand) {
  World world;
  std::vector<uint16_t> asked;
  const Program program = world.Compile("b && n > 1");
  const auto env = [&](uint16_t slot) {
    asked.push_back(slot);
    return Value::Of(false);
  };
  EXPECT_FALSE(program.EvaluateBool(env));
  EXPECT_EQ(asked, std::vector<uint16_t>{world.Slot("b")});
}

}  // namespace
}  // namespace kpiwatch::lang
