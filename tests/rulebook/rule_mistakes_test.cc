// Mistakes in rules, and in who is sent what they say.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/mistake.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using Case = MistakeCase;

INSTANTIATE_TEST_SUITE_P(
    Rules, Mistake,
    testing::Values(
        Case{"Kpi", "rules: [{name: r, kpi: tuches, levels: {red: {when: value > 1}}}]",
             "12:24: unknown KPI 'tuches'; did you mean 'touches'?"},
        Case{"Annotation",
             "rules:\n- name: r\n  kpi: touches\n  levels: {red: {when: value > 1}}\n"
             "  annotations:\n    summary: \"{{ .Subject.Nam }} is behind\"",
             "17:14: 'summary': at byte 1: unknown name '.Subject.Nam'; did you mean "
             "'.Subject.Name'?"},
        Case{"AnnotationInALanguage",
             "rules:\n- name: r\n  kpi: touches\n  levels: {red: {when: value > 1}}\n"
             "  annotations:\n    summary: {zh: '{{ .Level }}', en: '{{ .Levl }}'}",
             "17:39: 'summary': at byte 1: unknown name '.Levl'; did you mean '.Level'?"},
        Case{"AnnotationsLanguage",
             "rules:\n- name: r\n  kpi: touches\n  levels: {red: {when: value > 1}}\n"
             "  annotations:\n    summary: {zh: 少了, fr: peu}",
             "17:23: 'annotations': 'summary': unknown key 'fr'; known keys are zh, en"},
        Case{"NotifyNobody",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value > 1, notify: []}}}]",
             "12:73: 'notify' names nobody; a level without it tells nobody"},
        Case{"LabelOfEveryAlert",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value > 1}}, "
             "labels: {level: high}}]",
             "12:76: every alert has a label 'level' of its own"},
        Case{"LabelsThatAreOne",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value > 1}}, "
             "labels: {a-b: x, c: y, a_b: z}}]",
             "12:90: labels 'a-b' and 'a_b' are one to Prometheus: 'a_b'"},
        Case{"Kind", "rules: [{name: r, kind: inactivity, since: x}]",
             "12:25: rules of kind 'inactivity' are not supported by this version"},
        Case{"ForEach",
             "rules: [{name: r, kpi: touches, for_each: prson, "
             "levels: {red: {when: value > 1}}}]",
             "12:43: 'for_each': expected one of person, unit, found 'prson'; did you mean "
             "'person'?"},
        Case{"Evaluate",
             "rules: [{name: r, kpi: touches, evaluate: on_place, "
             "levels: {red: {when: value > 1}}}]",
             "12:43: 'evaluate': expected one of on_close, intraday, on_pace, found 'on_place'; "
             "did you mean 'on_pace'?"},
        Case{"PaceOfDays",
             "rules: [{name: r, kpi: touches, evaluate: on_pace, "
             "levels: {red: {when: pace_index < 1}}}]",
             "12:24: 'evaluate: on_pace' looks at longer periods whenever a day closes; this rule "
             "has 'period: day'"},
        Case{"PaceOfWhatDoesNotAddUp",
             "kpis: [{name: k, owner: o, event: e, measure: avg(data.x)}]\n"
             "rules: [{name: r, kpi: k, period: week, evaluate: on_pace, "
             "levels: {red: {when: value < 1}}}]",
             "2:24: the days of KPI 'k' do not add up to its periods, so that nothing says what "
             "is due by a day: 'evaluate: on_pace' is for KPIs of count() or sum(…)",
             false},
        Case{"PaceNameOfWhatDoesNotAddUp",
             "kpis: [{name: k, owner: o, event: e, measure: avg(data.x)}]\n"
             "rules: [{name: r, kpi: k, period: week, levels: {red: {when: pace_index < 1}}}]",
             "2:62: unknown name 'pace_index'; 'num' and 'den' are those of a KPI of type ratio; "
             "pace and projection are those of a KPI whose days add up: of count() or sum(…)",
             false},
        Case{"PaceIntraday",
             "rules: [{name: r, kpi: touches, period: week, evaluate: intraday, "
             "levels: {red: {when: gap < 0}}}]",
             "12:88: pace counts days that are closed; this rule is 'evaluate: intraday', and "
             "'evaluate: on_pace' looks whenever a day closes"},
        Case{"EndOnPace",
             "rules: [{name: r, kpi: touches, period: week, evaluate: on_pace, "
             "levels: {red: {when: back_loading > 50%}}}]",
             "12:87: how much came at the end is known when a period closes; this rule is "
             "'evaluate: on_pace'"},
        Case{"StreakOnPace",
             "rules: [{name: r, kpi: touches, period: week, evaluate: on_pace, "
             "levels: {red: {when: miss_streak > 0}}}]",
             "12:87: streaks change only when a period closes; this rule is 'evaluate: on_pace'"},
        Case{"Level", "rules: [{name: r, kpi: touches, levels: {purple: {when: value > 1}}}]",
             "12:42: 'levels': unknown key 'purple'; known keys are yellow, orange, red"},
        Case{"NoLevels", "rules: [{name: r, kpi: touches, levels: {}}]",
             "12:41: 'levels' needs at least one of yellow, orange, red"},
        Case{"NoWhen", "rules: [{name: r, kpi: touches, levels: {red: {notify: owner}}}]",
             "12:47: level 'red': 'when' is missing"},
        Case{"GrantWithoutAName",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value > 1, "
             "grant: {title: {zh: 协助, en: Help}}}}}]",
             "12:72: 'grant': 'name' is missing"},
        Case{"ConditionOfTwoCurrencies",
             "rules: [{name: r, kpi: revenue, levels: {red: {when: value < 100 USD}}}]",
             "12:60: '<' compares money in CNY with money in USD"},
        Case{"ConditionOfMoneyAndACount",
             "rules: [{name: r, kpi: revenue, levels: {red: {when: value < count}}}]",
             "12:60: '<' compares money in CNY with a number"},
        Case{"ConditionOfACountAndMoney",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value < 100 CNY}}}]",
             "12:60: '<' compares a number with money in CNY"},
        Case{"ConditionOfAnUnknownKpi",
             "rules: [{name: r, kpi: tuches, levels: {red: {when: value < 100 CNY}}}]",
             "12:24: unknown KPI 'tuches'; did you mean 'touches'?"},
        Case{"ConditionOfADuration",
             "rules: [{name: r, kpi: touches, levels: {red: {when: value > 7d}}}]",
             "12:60: '>' compares a number with a duration"},
        Case{"ConditionOverAnotherKpi",
             "rules: [{name: r, kpi: touches, levels: {red: {when: kpi('revenue').value > 1}}}]",
             "12:54: the function 'kpi' is not supported by this version"},
        Case{"Condition",
             "rules: [{name: r, kpi: touches, levels: {red: {when: completon < 40%}}}]",
             "12:54: unknown name 'completon'; did you mean 'completion'?"},
        Case{"LaterName", "rules: [{name: r, kpi: touches, levels: {red: {when: stretch < 1}}}]",
             "12:54: 'stretch' is not supported by this version"},
        Case{"TypeMix", "rules: [{name: r, kpi: touches, levels: {red: {when: value == 'x'}}}]",
             "12:60: '==' compares a number with a string"},
        Case{"Streak",
             "rules: [{name: r, kpi: touches, evaluate: intraday, "
             "levels: {red: {when: miss_streak > 1}}}]",
             "12:74: streaks change only when a period closes; this rule is 'evaluate: intraday'"},
        Case{"Playbook",
             "playbooks: [{name: review}]\nrules: [{name: r, kpi: touches, "
             "levels: {red: {when: value > 1, open: revew}}}]",
             "13:71: unknown playbook 'revew'; did you mean 'review'?"},
        Case{"Notify",
             "rules: [{name: r, kpi: touches, "
             "levels: {red: {when: value > 1, notify: [managr]}}}]",
             "12:74: expected owner, manager, manager+1 … or the id of a person, found 'managr'; "
             "did you mean 'manager'?"},
        Case{"Channel",
             "rules: [{name: r, kpi: touches, "
             "levels: {red: {when: value > 1, via: [emial]}}}]",
             "12:70: unknown channel 'emial'; did you mean 'email'?; this version has email, "
             "webhook"},
        Case{"LaterChannel",
             "rules: [{name: r, kpi: touches, "
             "levels: {red: {when: value > 1, via: wecom}}}]",
             "12:70: channel 'wecom' is not supported by this version"},
        Case{"Where",
             "rules: [{name: r, kpi: touches, where: person.lvl == 'x', "
             "levels: {red: {when: value > 1}}}]",
             "12:40: unknown name 'person.lvl'; did you mean 'person.level'?"},
        Case{"WhereOfUnits",
             "rules: [{name: r, kpi: touches, for_each: unit, "
             "where: person.level == 'x', levels: {red: {when: value > 1}}}]",
             "12:56: unknown name 'person.level'; a rule for_each: unit can ask for unit.id"},
        Case{"VerdictOfWeeks",
             "rules: [{name: r, kpi: verdict, period: week, "
             "levels: {red: {when: miss_streak > 1}}}]",
             "12:24: KPI 'verdict' is a verdict of days; its rules have 'period: day'"},
        Case{"ClearAfter",
             "rules: [{name: r, kpi: touches, clear_after: 0, "
             "levels: {red: {when: value > 1}}}]",
             "12:46: rule 'r': 'clear_after': expected a whole number from 1 to 366, found '0'"},
        Case{"Twice",
             "rules:\n  - {name: r, kpi: touches, levels: {red: {when: value > 1}}}\n"
             "  - {name: r, kpi: touches, levels: {red: {when: value > 2}}}",
             "14:12: duplicate rule 'r'; first at r.yaml:13:12"},
        Case{"Due", "playbooks: [{name: review, due: 3d}]",
             "12:33: expected working days such as 1wd, at most 365wd, or working hours such as "
             "4wh, at most 999wh, found '3d'"}),
    MistakeName);

constexpr char kNoUrl[] =
    "12:41: 'webhook': expected a URL such as https://example.com/hook, that begins with http:// "
    "or https:// and names a host";

INSTANTIATE_TEST_SUITE_P(
    Routing, Mistake,
    testing::Values(
        Case{"Receiver", "receivers: [{name: team}]\nroute: {receiver: tem}",
             "13:19: unknown receiver 'tem'; did you mean 'team'?"},
        Case{"LaterChannel", "receivers: [{name: team, wecom_robot: {key_file: x}}]",
             "12:26: a receiver: 'wecom_robot' is not supported by this version"},
        Case{"Url", "receivers: [{name: team, webhook: {url: 'ftp://x'}}]", kNoUrl},
        Case{"UrlWithoutHost", "receivers: [{name: team, webhook: {url: 'http://'}}]", kNoUrl},
        Case{"UrlOfAPathAlone", "receivers: [{name: team, webhook: {url: 'http:///hook'}}]",
             kNoUrl},
        Case{"UrlWithoutPort", "receivers: [{name: team, webhook: {url: 'http://x:/hook'}}]",
             kNoUrl},
        Case{"EmailFrom", "receivers: [{name: team, email: {smarthost: 'm:25', from: ''}}]",
             "12:59: 'email': expected an address such as kpiwatch@example.com, found ''"},
        Case{"Smarthost", "receivers: [{name: team, email: {smarthost: mail, from: a@b}}]",
             "12:45: expected a server such as \"smtp.example.com:587\", found 'mail'"},
        Case{"To",
             "receivers: [{name: team, email: {smarthost: 'm:25', from: a@b, to: 'a@b, c@d'}}]",
             "12:68: 'email': expected one address such as data@example.com, found 'a@b, c@d'"},
        Case{"Language",
             "receivers: [{name: team, email: {smarthost: 'm:25', from: a@b, language: fr}}]",
             "12:74: expected the language zh-CN or en, found 'fr'"},
        Case{"Password",
             "receivers: [{name: team, email: {smarthost: 'm:25', from: a@b, "
             "auth_username: u, auth_password: s3cret}}]",
             "12:97: 'auth_password': a secret does not stand in a rule file; write auth_password: "
             "{file: PATH} or auth_password: {env: NAME}"},
        Case{"GroupBy", "receivers: [{name: team}]\nroute: {receiver: team, group_by: [kpi]}",
             "13:35: 'group_by': only [recipient] is supported by this version"},
        Case{"GroupWait", "receivers: [{name: team}]\nroute: {receiver: team, group_wait: 10m}",
             "13:37: 'group_wait': only 0s is supported by this version"},
        Case{"Repeat", "receivers: [{name: team}]\nroute: {receiver: team, repeat_interval: 1d}",
             "13:25: section 'route': 'repeat_interval' is not supported by this version"},
        Case{"Matcher",
             "receivers: [{name: team}]\n"
             "route: {receiver: team, routes: [{matchers: ['level red']}]}",
             "13:46: expected a matcher such as level=\"red\", with = != =~ or !~, found 'level "
             "red'"}),
    MistakeName);

TEST(Mistakes, BrokenPatternsAreTold) {
  const LoadResult result = LoadText(
      "receivers: [{name: team}]\nroute: {receiver: team, "
      "routes: [{matchers: ['unit=~\"(\"']}]}");
  // What the library says of them is its own affair.
  EXPECT_THAT(Errors(result),
              ElementsAre(testing::StartsWith("2:46: '(' is not a regular expression: ")));
}

}  // namespace
}  // namespace kpiwatch
