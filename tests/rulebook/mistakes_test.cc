// Every mistake is answered at its place, with what was found, what was expected and the nearest
// known name. Here: those of files as a whole; those of sections are in files of their own.
#include <string>
#include <vector>

#include "daemon/rulebook/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/mistake.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Case = MistakeCase;

TEST_P(Mistake, IsAnsweredAtItsPlace) {
  const MistakeCase& c = GetParam();
  const LoadResult result =
      LoadText((c.with_base ? std::string(kMistakeBase) + "\n" : "") + c.text);
  EXPECT_THAT(Errors(result), ElementsAre(c.error));
  EXPECT_EQ(result.rulebook, nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, Mistake,
    testing::Values(
        Case{"UnknownSection", "rulez: []", "12:1: unknown section 'rulez'; did you mean 'rules'?"},
        Case{"LaterSection", "scorecards: []",
             "12:1: section 'scorecards' is not supported by this version"},
        Case{"SectionTwice", "rules: []\nrules: []",
             "13:1: section 'rules' stands twice in this file; first at r.yaml:12:1"},
        Case{"SectionOfWrongKind", "rules: {}",
             "12:8: section 'rules': expected a list, found a mapping"},
        Case{"NotSections", "hello",
             "1:1: expected sections such as 'kpis:' and 'rules:', found "
             "'hello'",
             false},
        Case{"Broken", "rules: [", "1:9: not valid YAML: end of sequence flow not found", false},
        Case{"Tab", "rules:\n\t- {name: a}",
             "2:2: not valid YAML: illegal block entry; indent with spaces, not with tabs", false},
        Case{"ColonInText", "rules:\n  - name: a\n    where: a ? b : c",
             "3:18: not valid YAML: illegal map value; a text that holds ': ' needs quotes", false},
        Case{"BackQuote", "rules: [`a b`]",
             "1:9: not valid YAML: unknown token; a text that begins with '`', '@' or '%' needs "
             "quotes",
             false},
        Case{
            "Tag", "rules: !x []",
            "1:8: not valid YAML: the tag '!x' is not supported; a text that begins with '!' needs "
            "quotes",
            false},
        Case{"OpenQuote", "kpis: []\ncurrency: 'CNY\n\n",
             "2:11: not valid YAML: the text has no closing '", false},
        Case{"OpenDoubleQuote", "currency: \"CNY\\\"\n",
             "1:11: not valid YAML: the text has no closing \"", false},
        Case{"NotUtf8", "kpis:\n  - {name: \xB4\xA5}",
             "2:12: the file is not UTF-8 here; save it as UTF-8", false},
        Case{"Nul", std::string("a: b\0c", 6), "1:5: control character 0x00", false},
        Case{"Deep", "kpis: " + std::string(70, '[') + std::string(70, ']'),
             "1:70: not valid YAML: the file nests deeper than 64 levels", false},
        Case{"Brackets", "kpis: " + std::string(5000, '['), "1:1031: too many open brackets",
             false},
        Case{"Large", std::string(5 << 20, '#'), "1:1: the file is larger than 4 MiB", false}),
    MistakeName);

INSTANTIATE_TEST_SUITE_P(Currency, Mistake,
                         testing::Values(Case{
                             "Code", "currency: YUAN",
                             "12:11: expected a currency code such as CNY, found 'YUAN'"}),
                         MistakeName);

TEST(Mistakes, AreAllReportedInOnePass) {
  const LoadResult result = LoadRulebook(
      {{.path = "b.yaml",
        .text = "rules:\n  - {name: r, kpi: custmer_touches, levels: {red: "
                "{when: completon < 40%, open: revew}}}\nscorecards: []\n"},
       {.path = "c.yaml", .text = "kpis: [\n"},
       {.path = "a.yaml",
        .text = "kpis:\n  - {name: customer_touches, evnt: x, measure: count()}\n"
                "  - {name: 客户, event: x, measure: total(), owner: 张三, sbject: data.y}\n"}});
  std::vector<std::string> lines;
  for (const Diagnostic& d : result.diagnostics) {
    lines.push_back(d.ToString());
  }
  EXPECT_THAT(
      lines,
      ElementsAre("a.yaml:2:5: KPI 'customer_touches': 'event' is missing",
                  "a.yaml:2:30: KPI 'customer_touches': unknown key 'evnt'; did you mean 'event'?",
                  "a.yaml:3:35: unknown measure 'total'; there are count(), share(condition), "
                  "quantile(0.9, field), and sum, avg, min, max, first, last, distinct, "
                  "median of a field",
                  "a.yaml:3:55: KPI '客户': unknown key 'sbject'; did you mean 'subject'?",
                  "b.yaml:2:20: unknown KPI 'custmer_touches'; did you mean 'customer_touches'?",
                  "b.yaml:2:58: unknown name 'completon'; did you mean 'completion'?",
                  "b.yaml:2:81: unknown playbook 'revew'",
                  "b.yaml:3:1: section 'scorecards' is not supported by this version",
                  "c.yaml:2:1: not valid YAML: end of sequence flow not found"));
  EXPECT_EQ(result.rulebook, nullptr);
}

TEST(Mistakes, DuplicatesNameTheFirstFile) {
  const std::string text = "kpis: [{name: k, owner: o, event: x, measure: count()}]\n";
  const LoadResult result =
      LoadRulebook({{.path = "one.yaml", .text = text}, {.path = "two.yaml", .text = text}});
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].ToString(),
            "two.yaml:1:15: duplicate KPI 'k'; first at one.yaml:1:15");
}

TEST(Mistakes, OfAKpiAreToldBesideItsUnknownType) {
  EXPECT_THAT(Errors(LoadText("kpis: [{type: stock, direction: both, opens: a}]")),
              ElementsAre("1:8: a KPI: 'name' is missing",
                          "1:15: KPI type 'stock' is not supported by this version",
                          "1:33: expected the direction up or down, found 'both'"));
}

TEST(Mistakes, OfTheKeysAreToldBesideAMisspeltTypeOrKind) {
  EXPECT_THAT(
      Errors(LoadText("kpis: [{name: k, type: smple, event: x, measure: summ()},\n"
                      "  {name: v, type: verdct, all_of: [k], flors: 1}]\n"
                      "rules: [{name: r, kind: kpi, kpi: touchs, levels: {rd: {when: 1}}}]\n")),
      ElementsAre(
          HasSubstr("1:24: expected a KPI type such as simple, found 'smple'"),
          HasSubstr("1:50: unknown measure 'summ'"), HasSubstr("2:3: KPI 'v': 'floors' is missing"),
          HasSubstr("2:19: expected a KPI type such as simple, found 'verdct'"),
          HasSubstr("2:40: KPI 'v': unknown key 'flors'"), HasSubstr("3:25: unknown kind 'kpi'"),
          HasSubstr("3:35: unknown KPI 'touchs'"), HasSubstr("unknown key 'rd'")));
}

TEST(Mistakes, AreToldOnceWhereAKeyHasNoValue) {
  EXPECT_THAT(Errors(LoadText("kpis:\n  - {name: k, event: x, measure: count()}\n"
                              "targets:\n  - {kpi: k, person: u1, period: 2026-10, target: }\n")),
              ElementsAre(HasSubstr("'target' has no value")));
}

TEST(Mistakes, OfATemplateAreToldAtOnce) {
  EXPECT_THAT(
      Errors(LoadText(std::string(kMistakeBase) +
                      "\nrules: [{name: r, kpi: touches, levels: {red: {when: value > 1}}, "
                      "annotations: {summary: '{{ .Vale }} {{ .Levl }}'}}]")),
      ElementsAre("12:90: 'summary': at byte 1: unknown name '.Vale'; did you mean '.Value'?",
                  "12:90: 'summary': at byte 13: unknown name '.Levl'; did you mean '.Level'?"));
}

TEST(Mistakes, AreBoundedInNumber) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "k" + std::to_string(i) + ": 1\n";
  }
  const LoadResult result = LoadText(text);
  ASSERT_EQ(result.diagnostics.size(), 1001U);
  EXPECT_EQ(result.diagnostics.back().message, "and 4000 more findings");
}

TEST(Mistakes, KpisBeyondTheLimitAreRefusedAtTheFirstOfThem) {
  // Each is a mistake of its own too, which spares the time to read so many good ones.
  std::string text = "kpis:\n";
  for (size_t i = 0; i < kMaxKpis; ++i) {
    text += "  - k\n";
  }
  const std::string error = "65536:5: the rule files have more than 65534 KPIs";
  EXPECT_THAT(Errors(LoadText(text)), Not(Contains(error)));
  EXPECT_THAT(Errors(LoadText(text + "  - k\n")), Contains(error));
}

TEST(Mistakes, ExpandingAliasesIsBounded) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) {
      text += (k > 0 ? "," : "") + last;
    }
    text += "]\n";
  }
  EXPECT_THAT(Errors(LoadText(text)),
              ElementsAre(testing::HasSubstr("the file has more than 2000000 values")));
}

}  // namespace
}  // namespace kpiwatch
