// What sound rule files become.
#include "daemon/rulebook/loader.h"

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Decimal Dec(std::string_view text) { return *Decimal::Parse(text); }
Day OnDay(std::string_view text) { return *Day::Parse(text); }

TEST(Loader, NothingIsASoundRulebookWithDefaults) {
  const auto book = MustLoad("");
  ASSERT_THAT(book->calendars, SizeIs(1));
  EXPECT_EQ(book->calendars[0].name(), "default");
  EXPECT_EQ(book->calendars[0].options().zone.name(), "Asia/Shanghai");
  EXPECT_TRUE(book->calendars[0].IsWorkingDay(OnDay("2026-10-01")));  // no holidays given
  EXPECT_EQ(book->currency, "CNY");
  EXPECT_FALSE(book->data_steward.has_value());
  EXPECT_FALSE(book->org.given);
  EXPECT_EQ(book->org.units.at(0).id, "company");
}

TEST(Loader, FiltersReadTheFieldsOfThePlan) {
  const auto book = MustLoad(R"(
kpis:
  - name: calls
    event: [crm.activity.completed, "crm.call.*"]
    where: data.direction == "out" && data.kind in ["call", "visit"] && person != "u9"
    measure: count()
    subject: data.seller
)");
  const Kpi& kpi = book->kpis[0];
  const std::vector<std::string>& paths = book->fields.paths();
  EXPECT_EQ(paths[kpi.subject.value()], "data.seller");
  EXPECT_FALSE(kpi.by_unit);
  EXPECT_THAT(kpi.events, ElementsAre("crm.activity.completed", "crm.call.*"));
  ASSERT_TRUE(kpi.where);
  std::map<std::string, std::string_view> fields = {
      {"data.seller", "u1"}, {"data.direction", "out"}, {"data.kind", "visit"}};
  const auto env = [&](uint16_t slot) { return lang::Value::Of(fields.at(paths[slot])); };
  EXPECT_TRUE(kpi.where->EvaluateBool(env));
  fields["data.seller"] = "u9";
  EXPECT_FALSE(kpi.where->EvaluateBool(env));
}

TEST(Loader, SumsOfAmountsAreMoney) {
  const auto book = MustLoad(R"(
currency: USD
kpis:
  - {name: money, event: a, measure: sum(data.amount)}
  - {name: nested, event: a, measure: sum(data.order.amount)}
  - {name: given, event: a, measure: sum(data.total), currency: EUR}
  - {name: number, event: a, measure: sum(data.hours)}
  - {name: counted, event: a, measure: count()}
)");
  EXPECT_EQ(book->kpis[0].currency, "USD");
  EXPECT_EQ(book->kpis[1].currency, "USD");
  EXPECT_EQ(book->kpis[2].currency, "EUR");
  EXPECT_EQ(book->kpis[3].currency, "");
  EXPECT_EQ(book->kpis[4].currency, "");
  EXPECT_EQ(book->fields.paths()[book->kpis[3].measure.field.value()], "data.hours");
}

TEST(Loader, SumsMayBeCalculated) {
  const auto book = MustLoad(R"(
kpis:
  - {name: net, event: a, measure: sum(data.amount - data.discount.amount)}
  - {name: hours, event: a, measure: 'sum((event.time - timestamp(data.since)) / 1h)'}
  - {name: plain, event: a, measure: sum((data.points))}
)");
  ASSERT_EQ(book->kpis.size(), 3U);
  ASSERT_TRUE(book->kpis[0].measure.expression);
  EXPECT_EQ(book->kpis[0].currency, "CNY") << "it reads amounts";
  ASSERT_TRUE(book->kpis[1].measure.expression);
  EXPECT_EQ(book->kpis[1].currency, "");
  EXPECT_FALSE(book->kpis[2].measure.expression) << "a field in parentheses is a field";
  EXPECT_EQ(book->fields.paths()[book->kpis[2].measure.field.value()], "data.points");
}

TEST(Loader, OtherMeasuresMayBeOfCalculationsToo) {
  const auto book = MustLoad(R"(
kpis:
  - {name: mean, event: a, measure: avg(data.amount - data.discount.amount)}
  - {name: slowest, event: a, measure: 'max((event.time - timestamp(data.since)) / 1h)'}
  - {name: p90, event: a, measure: 'quantile(0.9, (event.time - timestamp(data.since)) / 1h)'}
  - {name: fast, event: a, measure: share(event.time - timestamp(data.since) <= 24h)}
)");
  ASSERT_EQ(book->kpis.size(), 4U);
  EXPECT_EQ(book->kpis[0].currency, "CNY") << "it reads amounts";
  for (const Kpi& kpi : book->kpis) {
    EXPECT_TRUE(kpi.measure.expression) << kpi.name;
  }
  EXPECT_EQ(book->kpis[2].measure.quantile.ToString(), "0.9");
}

TEST(Loader, MoneyOfADerivedKpiIsThatOfItsParts) {
  const auto book = MustLoad(R"(
kpis:
  - {name: margin, type: derived, expr: per_order / usd}
  - {name: per_order, type: derived, expr: usd / orders}
  - {name: bonus, type: derived, expr: orders * 10 EUR}
  - {name: usd, event: a, measure: sum(data.amount), currency: USD}
  - {name: orders, event: a, measure: count()}
targets:
  - {kpi: per_order, person: u1, period: 2026-09, target: 5 USD}
  - {kpi: margin, person: u1, period: 2026-09, target: 5%}
)");
  const auto currency = [&](std::string_view kpi) {
    return book->kpis[*book->FindKpi(kpi)].currency;
  };
  EXPECT_EQ(currency("per_order"), "USD");
  EXPECT_EQ(currency("margin"), "") << "an amount for an amount is a number";
  EXPECT_EQ(currency("bonus"), "EUR");
}

TEST(Loader, TheExampleOfTheLanguageIsSound) {
  std::ifstream in("docs/EXPRESSIONS.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const size_t begin = page.find("```yaml\n");
  ASSERT_NE(begin, std::string::npos);
  const size_t end = page.find("\n```", begin);
  const auto book = MustLoad(page.substr(begin + 8, end - begin - 8));
  EXPECT_EQ(book->kpis.size(), 3U);
  EXPECT_EQ(book->rules.size(), 1U);
}

TEST(Loader, ConditionsCalculateWithMoney) {
  const auto book = MustLoad(R"(
kpis: [{name: revenue, event: a, measure: sum(data.amount), currency: USD}]
rules:
  - name: r
    kpi: revenue
    levels:
      yellow: {when: value < 1000 USD && count > 0}
      orange: {when: "value < 500 || value / max(count, 1) < 20 USD"}
      red: {when: "value < min(target * 40%, 300 USD) || abs(value - target) > 900"}
)");
  ASSERT_EQ(book->rules.size(), 1U);
  const auto env = [](uint16_t slot) {
    return slot == kSlotValue ? lang::Value::Of(Decimal::FromInt(600))
                              : lang::Value::Of(Decimal::FromInt(slot == kSlotTarget ? 1200 : 40));
  };
  const std::vector<Tier>& tiers = book->rules[0].tiers;
  EXPECT_TRUE(tiers[0].when.EvaluateBool(env));
  EXPECT_TRUE(tiers[1].when.EvaluateBool(env)) << "15 USD each";
  EXPECT_FALSE(tiers[2].when.EvaluateBool(env));
}

TEST(Loader, UnitKpisReadTheOwnersUnit) {
  const auto book = MustLoad("kpis: [{name: k, event: a, measure: count(), subject: unit}]");
  EXPECT_TRUE(book->kpis[0].by_unit);
  EXPECT_EQ(book->fields.paths()[book->kpis[0].subject.value()], "data.owner_unit");
}

TEST(Loader, VerdictsStandAfterTheirParts) {
  const auto book = MustLoad(R"(
kpis:
  - {name: v, all_of: [b, a], floors: {junior: [2, 1.5], any: [1, 1]}}
  - {name: a, event: x, measure: count()}
rules:
  - {name: r, kpi: v, levels: {yellow: {when: miss_streak >= 2}}}
---
kpis:
  - {name: b, event: y, measure: count()}
)");
  ASSERT_THAT(book->kpis, SizeIs(3));
  EXPECT_EQ(book->kpis[2].name, "v");
  EXPECT_THAT(book->kpis[2].all_of, ElementsAre(*book->FindKpi("b"), *book->FindKpi("a")));
  EXPECT_EQ(book->kpis[2].floors[0].values[1], Dec("1.5"));
  EXPECT_EQ(book->kpis[2].floors[1].level, "");
  EXPECT_THAT(book->kpis[0].periods, ElementsAre(PeriodKind::kDay));
}

TEST(Loader, TargetsAreFoundByKpiSubjectAndPeriod) {
  const auto book = MustLoad(R"(
kpis:
  - {name: revenue, event: x, measure: sum(data.amount), currency: USD}
  - {name: rate, event: x, measure: sum(data.rate)}
targets:
  - {kpi: revenue, person: "274", from: 2013-08-30, to: 2013-11-30, target: 849000 USD}
  - {kpi: rate, unit: company, period: 2026-Q3, target: 8%, floor: 5%, stretch: 10%}
  - {kpi: rate, person: u1, period: 2026, target: 1}
  - {kpi: rate, person: u1, period: 2026-W40, target: 2}
  - {kpi: rate, person: u1, period: 2026-06-15, target: 3}
)");
  const KpiIndex revenue = *book->FindKpi("revenue");
  const KpiIndex rate = *book->FindKpi("rate");
  const Period days{PeriodKind::kTarget, OnDay("2013-08-30"), OnDay("2013-11-30")};
  ASSERT_NE(book->FindTarget(revenue, "person:274", days), nullptr);
  EXPECT_EQ(book->FindTarget(revenue, "person:274", days)->value, Dec("849000"));
  const BusinessCalendar& calendar = book->calendars[0];
  const Target* quarter = book->FindTarget(rate, "unit:company", *calendar.ParsePeriod("2026-Q3"));
  ASSERT_NE(quarter, nullptr);
  EXPECT_EQ(quarter->value, Dec("0.08"));
  EXPECT_EQ(quarter->floor, Dec("0.05"));
  EXPECT_EQ(quarter->stretch, Dec("0.1"));
  for (const auto& [period, value] :
       std::map<std::string, std::string>{{"2026", "1"}, {"2026-W40", "2"}, {"2026-06-15", "3"}}) {
    const Target* target = book->FindTarget(rate, "person:u1", *calendar.ParsePeriod(period));
    ASSERT_NE(target, nullptr) << period;
    EXPECT_EQ(target->value, Dec(value));
  }
  EXPECT_EQ(book->FindTarget(rate, "person:u2", *calendar.ParsePeriod("2026")), nullptr);
  EXPECT_THAT(book->kpis[rate].periods, ElementsAre(PeriodKind::kDay, PeriodKind::kWeek,
                                                    PeriodKind::kQuarter, PeriodKind::kYear));
}

TEST(Loader, RulesKeepTheirLevelsInOrder) {
  const auto book = MustLoad(R"(
kpis: [{name: k, event: x, measure: count()}]
rules:
  - name: r
    kpi: k
    for_each: unit
    period: week
    evaluate: intraday
    where: unit.id == "company"
    levels:
      red: {when: value < 4, notify: [manager+2, boss], via: webhook}
      yellow: {when: value < 8, clear: value >= 9, grant: help}
      orange: {when: value < 6, grant: {name: help, title: {zh: 协助, en: Help}}}
    clear_after: 3
    max_gap_days: 20
    labels: {team: a}
    annotations: {summary: 少了, description: {zh: 补上, en: Catch up}}
)");
  const Rule& rule = book->rules[0];
  EXPECT_EQ(rule.for_each, ForEach::kUnit);
  EXPECT_EQ(rule.period, PeriodKind::kWeek);
  EXPECT_EQ(rule.evaluate, EvaluateMode::kIntraday);
  ASSERT_THAT(rule.tiers, SizeIs(3));
  EXPECT_EQ(rule.tiers[0].level, Level::kYellow);
  EXPECT_EQ(rule.tiers[0].grant, "help");
  EXPECT_EQ(rule.tiers[0].grant_title.For("zh"), "");
  EXPECT_EQ(rule.tiers[1].grant, "help");
  EXPECT_EQ(rule.tiers[1].grant_title.For("zh"), "协助");
  EXPECT_EQ(rule.tiers[1].grant_title.For("en"), "Help");
  EXPECT_EQ(rule.tiers[2].notify[0].steps, 3);
  EXPECT_EQ(rule.tiers[2].notify[1].person, "boss");
  EXPECT_THAT(rule.tiers[2].via, ElementsAre("webhook"));
  EXPECT_EQ(rule.clear_after, 3);
  EXPECT_EQ(rule.max_gap_days, 20);
  EXPECT_EQ(rule.labels.at("team"), "a");
  EXPECT_EQ(rule.annotations.at("summary").For("en"), "少了") << "one text serves both";
  EXPECT_EQ(rule.annotations.at("description").For("zh"), "补上");
  EXPECT_EQ(rule.annotations.at("description").For("en"), "Catch up");
  EXPECT_EQ(rule.file, "r.yaml");
  EXPECT_EQ(rule.line, 4);
}

TEST(Loader, RoutesInheritTheirReceiver) {
  const auto book = MustLoad(R"(
receivers:
  - name: all
    email: {smarthost: "mail:587", from: a@b, to: c@d, language: zh-CN, auth_username: u, auth_password_file: /run/pw}
    webhook:
      - {url: "http://a", bearer_token: {env: TOKEN}, max_alerts: 5, language: en}
      - {url: "https://b"}
  - {name: red, send_resolved: false}
  - {name: data_steward}
route:
  receiver: all
  group_by: [recipient]
  group_wait: 0s
  routes:
    - {matchers: ['level="red"', unit!=east, 'kpi=~"a|b"'], receiver: red, continue: true,
       routes: [{matchers: ['unit!~x.*']}]}
)");
  EXPECT_EQ(book->receivers[0].email[0].auth_password.file, "/run/pw");
  EXPECT_EQ(book->receivers[0].email[0].to, "c@d");
  EXPECT_EQ(book->receivers[0].email[0].language, "zh");
  EXPECT_EQ(book->receivers[0].webhook[0].language, "en");
  EXPECT_EQ(book->receivers[0].webhook[1].language, "") << "the daemon's";
  EXPECT_TRUE(book->receivers[0].email[0].require_tls);
  ASSERT_THAT(book->receivers[0].webhook, SizeIs(2));
  EXPECT_EQ(book->receivers[0].webhook[0].bearer_token.env, "TOKEN");
  EXPECT_EQ(book->receivers[0].webhook[0].max_alerts, 5);
  EXPECT_FALSE(book->receivers[1].send_resolved);
  EXPECT_EQ(book->data_steward, 2U);
  ASSERT_THAT(book->route.routes, SizeIs(1));
  const Route& red = book->route.routes[0];
  EXPECT_EQ(red.receiver, 1U);
  EXPECT_TRUE(red.continue_matching);
  ASSERT_THAT(red.matchers, SizeIs(3));
  EXPECT_EQ(red.matchers[1].op, "!=");
  EXPECT_EQ(red.matchers[2].value, "a|b");
  EXPECT_EQ(red.routes[0].receiver, 1U);
  EXPECT_EQ(red.routes[0].matchers[0].op, "!~");
}

TEST(Loader, AnchorsAreFollowed) {
  const auto book = MustLoad(R"(
kpis:
  - {name: a, owner: &who sales-ops, event: x, measure: count()}
  - {name: b, owner: *who, event: y, measure: count()}
)");
  EXPECT_EQ(book->kpis[1].owner, "sales-ops");
}

TEST(Loader, ByteOrderMarksAndWindowsLineEndsAreRead) {
  const auto book = MustLoad("\xEF\xBB\xBFkpis:\r\n  - {name: k, event: x, measure: count()}\r\n");
  EXPECT_THAT(book->kpis, SizeIs(1));
}

TEST(Loader, ScenarioTestsAndHolidayFilesAreLeftOut) {
  const LoadResult result = LoadRulebook(
      {{.path = "a.yaml", .text = "kpis: [{name: k, owner: o, event: x, measure: count()}]"},
       {.path = "t.yaml", .text = "rule_files: [a.yaml]\ntests: []"},
       {.path = "h.yaml", .text = "known_through: 2026-12-31\ndays: []"}});
  EXPECT_THAT(result.diagnostics, IsEmpty());
  EXPECT_THAT(result.rulebook->files, ElementsAre("a.yaml"));
}

TEST(Loader, TakesAHundredThousandTargets) {
  const std::string head = "kpis: [{name: k, owner: o, event: x, measure: count()}]\n";
  std::string one = head + "targets:\n";
  std::string two = "targets:\n";
  for (int i = 0; i < 100'000; ++i) {
    (i % 2 == 0 ? one : two) +=
        "- {kpi: k, person: u" + std::to_string(i) + ", period: 2026-09, target: 7}\n";
  }
  const LoadResult result =
      LoadRulebook({{.path = "1.yaml", .text = one}, {.path = "2.yaml", .text = two}});
  ASSERT_NE(result.rulebook, nullptr);
  const Period month = *result.rulebook->calendars[0].ParsePeriod("2026-09");
  EXPECT_NE(result.rulebook->FindTarget(0, "person:u99999", month), nullptr);
}

}  // namespace
}  // namespace kpiwatch
