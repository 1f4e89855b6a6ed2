// Durations, times and money: what goes together and what does not. The values are those of
// program_test.cc.
#include "daemon/lang/quantities.h"

#include "tests/lang/meaning.h"

namespace kpiwatch::lang {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Durations, Meaning,
    testing::Values(Case{"7d == 168h", "true"}, Case{"24h", "86400000 ms"}, Case{"500ms", "500 ms"},
                    Case{"1h30m == 90m", "true"}, Case{"1.5h == 90m", "true"},
                    Case{"2w - 13d", "86400000 ms"}, Case{"-1h + 1h == 0s", "true"},
                    Case{"1h / 4 == 15m", "true"}, Case{"1d / 1h", "24"},
                    Case{"2 * 30m == 1h", "true"}, Case{"2wd", "2 wd"},
                    Case{"4wh + 4wh > 7wh", "true"}, Case{"3wd / 2wd", "1.5"},
                    Case{"data.seconds * 1s > 1m", "true"}, Case{"data.no * 1s > 1m", "false"},
                    Case{"abs(-1h) == 1h", "true"}, Case{"max(1h, 61m) == 61m", "true"},
                    Case{"duration('1h30m') == 90m", "true"}, Case{"duration('-1s') < 0s", "true"},
                    Case{"1/3 * 1h == 20m", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Times, Meaning,
    testing::Values(Case{"at - 1h < at", "true"}, Case{"timestamp(data.due) - at", "86400000 ms"},
                    Case{"timestamp(data.due) - at > 20h", "true"},
                    Case{"at == timestamp('2026-01-01T01:00:00Z')", "true"},
                    Case{"data.due > at", "true"}, Case{"at < data.due", "true"},
                    Case{"data.kind > at", "false"}, Case{"data.kind != at", "true"},
                    Case{"data.no < at", "false"}, Case{"timestamp(data.kind)", "absent"},
                    Case{"timestamp(data.kind) < at", "false"},
                    Case{"timestamp(data.seconds)", "@90000"},
                    Case{"timestamp(90) + 10s", "@100000"}, Case{"10s + timestamp(90)", "@100000"},
                    Case{"timestamp(at) == at", "true"},
                    Case{"max(at, timestamp(data.due)) == at + 1d", "true"},
                    Case{"timestamp('9999-12-31T23:59:59Z') + 1s", "absent"},
                    Case{"timestamp('0001-01-01T00:00:00Z') - 1s", "absent"}));

INSTANTIATE_TEST_SUITE_P(
    MoneyOfOneCurrency, Meaning,
    testing::Values(Case{"100 CNY", "100 CNY"}, Case{"-100 CNY", "-100 CNY"},
                    Case{"data.fee * 2", "25 CNY"}, Case{"2 * data.fee", "25 CNY"},
                    Case{"data.fee + data.fee", "25 CNY"}, Case{"data.fee + 1", "13.5 CNY"},
                    Case{"data.fee / 5", "2.5 CNY"}, Case{"data.fee / data.fee", "1"},
                    Case{"data.fee > 12", "true"}, Case{"data.fee == 12.5 CNY", "true"},
                    Case{"data.fee == data.cell", "true"}, Case{"data.fee in [12.5]", "true"},
                    Case{"-data.fee", "-12.5 CNY"}, Case{"yuan > 100 CNY", "true"},
                    Case{"yuan > 100", "true"}, Case{"yuan / 100 CNY", "1.5"},
                    Case{"yuan * 40% < 100", "true"}, Case{"min(data.fee, 3)", "3 CNY"},
                    Case{"b ? yuan : 0", "150"}));

INSTANTIATE_TEST_SUITE_P(
    MoneyOfTwoCurrencies, Meaning,
    testing::Values(Case{"data.fee + 1 USD", "absent"}, Case{"data.fee > 1 USD", "false"},
                    Case{"data.fee == 12.5 USD", "false"}, Case{"data.fee != 12.5 USD", "true"},
                    Case{"data.fee / 1 USD", "absent"}, Case{"max(data.fee, 1 USD)", "absent"},
                    Case{"data.fee * data.fee", "absent"}, Case{"25 / data.fee", "2"}));

INSTANTIATE_TEST_SUITE_P(
    OfQuantities, Mistakes,
    testing::Values(
        Mistake{"n > 7d", 2, "'>' compares a number with a duration"},
        Mistake{"data.x > 7d", 7,
                "'>' compares a field with a duration; say what the field counts: data.minutes * "
                "1m"},
        Mistake{"2wd > 7d", 4, "'>' compares working days with a duration"},
        Mistake{"2wd + 4wh", 4, "'+' mixes working days and working hours"},
        Mistake{"1h + 1", 3, "'+' mixes a duration and a number"},
        Mistake{"1h * 1h", 3, "'*' mixes a duration and a duration"},
        Mistake{"1 / 1h", 2, "'/' mixes a number and a duration"},
        Mistake{"1h + data.x", 3, "'+' mixes a duration and a field"},
        Mistake{"at + at", 3, "'+' mixes a time and a time"},
        Mistake{"at * 2", 3, "'*' mixes a time and a number"},
        Mistake{"1h - at", 3, "'-' mixes a duration and a time"},
        Mistake{"-at", 1, "'-' needs a number, found a time"},
        Mistake{"at - data.x", 3,
                "'-' mixes a time and a field; a field that holds a time is written "
                "timestamp(data.<field>)"},
        Mistake{"at > '2026-01-01'", 3,
                "'>' compares a time with a string; a time is written "
                "timestamp(\"2026-01-31T09:00:00+08:00\")"},
        Mistake{"at > timestamp('2026-01-01')", 15,
                "'2026-01-01' is not a time such as 2026-01-31T09:00:00+08:00"},
        Mistake{"timestamp(1h) < at", 10,
                "'timestamp' needs a string or a number of seconds, found a duration"},
        Mistake{"duration('2wd')", 9, "'2wd' is not a duration such as 24h or 1h30m"},
        Mistake{"duration(s)", 9, "'duration' needs a text that is written out, such as \"1h30m\""},
        Mistake{"yuan + 1 USD", 5, "'+' mixes money in CNY and money in USD"},
        Mistake{"yuan < 1 USD", 5, "'<' compares money in CNY with money in USD"},
        Mistake{"yuan < n", 5, "'<' compares money in CNY with a number"},
        Mistake{"yuan + n", 5, "'+' mixes money in CNY and a number"},
        Mistake{"yuan * yuan", 5, "'*' mixes money in CNY and money in CNY"},
        Mistake{"yuan == 's'", 5, "'==' compares money in CNY with a string"},
        Mistake{"data.x * 2 == 's'", 11, "'==' compares a number with a string"},
        Mistake{"100 XYZ", 4, "expected an operator or the end, found 'XYZ'"},
        Mistake{"b ? 1h : 1", 9, "'?:' chooses between a duration and a number"},
        Mistake{"24h", 0, "expected a bool expression, found a duration", Type::kBool}));

std::string SpanOf(std::string_view text) {
  const std::optional<Span> span = ParseSpan(text);
  return span ? Show({.kind = span->kind, .number = Rational::Of(span->amount)}) : "none";
}

TEST(Spans, AreNumbersWithUnits) {
  EXPECT_EQ(SpanOf("1d12h"), "129600000 ms");
  EXPECT_EQ(SpanOf("0.5wd"), "0.5 wd");
  EXPECT_EQ(SpanOf("4wh"), "4 wh");
  for (const char* const text :
       {"", "d", "7", "7x", "1h2wd", "1wd2wd", "1wd4h", "1..5h", "1h2", "1h1h1h1h1h1h1h1h1h"}) {
    EXPECT_EQ(SpanOf(text), "none") << text;
  }
}

}  // namespace
}  // namespace kpiwatch::lang
