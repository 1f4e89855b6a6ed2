// Every mistake is answered at its place, with what was found, what was expected and the nearest
// known name.
#include <string>
#include <vector>

#include "daemon/rulebook/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

// A sound KPI and rule, to which a case adds its own mistake.
constexpr std::string_view kBase = R"(
kpis:
  - {name: touches, owner: o, event: crm.activity.completed, measure: count()}
  - {name: revenue, owner: o, event: erp.order.confirmed, measure: sum(data.amount), currency: CNY}
  - {name: by_unit, owner: o, event: mkt.spend.recorded, measure: sum(data.amount), subject: unit}
  - {name: verdict, owner: o, all_of: [touches], floors: [8]}
org:
  people:
    - {id: u1}
    - {id: u2}
)";

struct Case {
  std::string name;
  std::string text;   // begins at line 12
  std::string error;  // the only one
  bool with_base = true;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Mistake : public testing::TestWithParam<Case> {};

TEST_P(Mistake, IsAnsweredAtItsPlace) {
  const Case& c = GetParam();
  const LoadResult result = LoadText((c.with_base ? std::string(kBase) + "\n" : "") + c.text);
  EXPECT_THAT(Errors(result), ElementsAre(c.error));
  EXPECT_EQ(result.rulebook, nullptr);
}

std::string Name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

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
    Name);

INSTANTIATE_TEST_SUITE_P(Currency, Mistake,
                         testing::Values(Case{
                             "Code", "currency: YUAN",
                             "12:11: expected a currency code such as CNY, found 'YUAN'"}),
                         Name);

INSTANTIATE_TEST_SUITE_P(
    Calendars, Mistake,
    testing::Values(
        Case{"Zone", "calendars:\n  - {name: cn, time_zone: Asia/Shangai}",
             "13:27: unknown time zone 'Asia/Shangai'; did you mean 'Asia/Shanghai'?"},
        Case{"Weekday", "calendars:\n  - {name: cn, week_start: mon}",
             "13:28: expected a weekday such as monday, found 'mon'"},
        Case{"Close", "calendars:\n  - {name: cn, day_close: 24:30}",
             "13:27: 'day_close': expected a time of day such as \"20:00\", at most \"24:00\", "
             "found '24:30'"},
        Case{"Grace", "calendars:\n  - {name: cn, grace: 2wh}",
             "13:23: a calendar: 'grace': expected a duration such as 90s, 30m, 2h or 1d, found "
             "'2wh'"},
        Case{"CloseBeforeCutoff", "calendars:\n  - {name: cn, day_close: 03:00, day_cutoff: 04:00}",
             "13:27: a calendar: 'day_close' must come after 'day_cutoff'"},
        Case{"CutoffAtTheDaysEnd", "calendars:\n  - {name: cn, day_cutoff: \"24:00\"}",
             "13:28: a calendar: 'day_close' must come after 'day_cutoff'"},
        Case{"CloseAtTheDaysBegin", "calendars:\n  - {name: cn, day_close: \"00:00\"}",
             "13:27: a calendar: 'day_close' must come after 'day_cutoff'"},
        Case{"NegativeCutoff", "calendars:\n  - {name: cn, day_cutoff: -01:00}",
             "13:28: 'day_cutoff': expected a time of day such as \"20:00\", at most \"24:00\", "
             "found '-01:00'"},
        Case{"CloseIsAList", "calendars:\n  - {name: cn, day_close: [\"20:00\"]}",
             "13:27: 'day_close': expected a time of day such as \"20:00\", at most \"24:00\", "
             "found a list"},
        Case{"NegativeGrace", "calendars:\n  - {name: cn, grace: -2h}",
             "13:23: a calendar: 'grace': expected a duration such as 90s, 30m, 2h or 1d, found "
             "'-2h'"},
        Case{"GraceWithoutEnd", "calendars:\n  - {name: cn, grace: 999999999d999999999d}",
             "13:23: a calendar: a 'grace' of more than 31d: no day would be judged within its "
             "correction window"},
        Case{"WeekStartByNumber", "calendars:\n  - {name: cn, week_start: 7}",
             "13:28: expected a weekday such as monday, found '7'"},
        Case{"WeekendByNumber", "calendars:\n  - {name: cn, weekend: [sunday, 7]}",
             "13:34: expected a weekday such as monday, found '7'"},
        Case{"NoZone", "calendars:\n  - {name: cn, time_zone: \"\"}",
             "13:27: unknown time zone ''"},
        Case{"HoursOverlap",
             "calendars:\n  - {name: cn, working_hours: [\"09:00-12:00\", \"11:00-18:00\"]}",
             "13:47: working hours '11:00-18:00' begin before the hours above end"},
        Case{"HoursPastMidnight", "calendars:\n  - {name: cn, working_hours: [\"20:00-25:00\"]}",
             "13:32: expected hours such as \"09:00-12:00\", found '20:00-25:00'"},
        Case{"WorkingHours", "calendars:\n  - {name: cn, working_hours: [\"12:00-09:00\"]}",
             "13:32: expected hours such as \"09:00-12:00\", found '12:00-09:00'"},
        Case{"NoWorkingDay",
             "calendars:\n  - {name: cn, weekend: [monday, tuesday, wednesday, thursday, friday, "
             "saturday, sunday]}",
             "13:25: all seven days are weekend; at least one must work"},
        Case{"NoHolidayFile", "calendars:\n  - {name: cn, holidays: none-*.yaml}",
             "13:26: no holiday file matches 'none-*.yaml' (seen from .)"},
        Case{"Twice", "calendars:\n  - {name: cn}\n  - {name: cn}",
             "14:5: duplicate calendar 'cn'; first at r.yaml:13:5"}),
    Name);

INSTANTIATE_TEST_SUITE_P(
    Org, Mistake,
    testing::Values(
        Case{"Parent", "org: {units: [{id: east}, {id: west, parent: est}]}",
             "1:46: unknown unit 'est'; did you mean 'east'?", false},
        Case{"Cycle", "org: {units: [{id: a, parent: a}, {id: c}]}",
             "1:15: unit 'a' lies below itself", false},
        Case{"Manager", "org: {units: [{id: a, manager: u9}], people: [{id: u8}]}",
             "1:32: unknown person 'u9'; did you mean 'u8'?", false},
        Case{"Overlap", "org: {people: [{id: u, to: 2026-06-01}, {id: u, from: 2026-05-01}]}",
             "1:41: duplicate person 'u': these days overlap those at r.yaml:1:16", false},
        Case{"Email", "org: {people: [{id: u, email: nobody}]}",
             "1:31: expected an e-mail address, found 'nobody'", false},
        Case{"Leave", "org: {people: [{id: u, leave: [{from: 2026-06-02, to: 2026-06-02}]}]}",
             "1:32: a leave: 'to' (the first day back) must come after 'from'", false},
        Case{"Wecom", "org: {people: [{id: u, wecom: x}]}",
             "1:24: a person: 'wecom' is not supported by this version", false},
        Case{"Language", "org: {people: [{id: u, language: fr}]}",
             "1:34: expected the language zh or en, found 'fr'", false},
        Case{"Date", "org: {people: [{id: u, from: 2026-02-30}]}",
             "1:30: a person: 'from': expected a date such as 2026-09-28, found '2026-02-30'",
             false}),
    Name);

INSTANTIATE_TEST_SUITE_P(
    Kpis, Mistake,
    testing::Values(
        Case{"UnknownKey", "kpis: [{name: k, evnt: x, event: x, measure: count()}]",
             "1:18: KPI 'k': unknown key 'evnt'; did you mean 'event'?", false},
        Case{"NoName", "kpis: [{event: x, measure: count()}]", "1:8: a KPI: 'name' is missing",
             false},
        Case{"NoMeasure", "kpis: [{name: k, event: x}]", "1:8: KPI 'k': 'measure' is missing",
             false},
        Case{"NoValue", "kpis: [{name: k, event: , measure: count()}]",
             "1:25: KPI 'k': 'event' has no value", false},
        Case{"KeyTwice", "kpis: [{name: k, event: x, event: y, measure: count()}]",
             "1:28: KPI 'k': key 'event' stands twice; first at r.yaml:1:18", false},
        Case{"NotAMapping", "kpis: [touches]",
             "1:8: a KPI: expected a mapping of keys to values, found 'touches'", false},
        Case{"LaterType", "kpis: [{name: k, type: ratio, numerator: a}]",
             "1:24: KPI type 'ratio' is not supported by this version", false},
        Case{"UnknownType", "kpis: [{name: k, type: sinple}]",
             "1:24: expected a KPI type such as simple, found 'sinple'; did you mean 'simple'?",
             false},
        Case{"Twice",
             "kpis: [{name: k, event: x, measure: count()}, {name: k, event: y, measure: count()}]",
             "1:54: duplicate KPI 'k'; first at r.yaml:1:15", false},
        Case{"Where",
             "kpis:\n  - name: k\n    event: x\n    measure: count()\n"
             "    where: data.direction == \"out\" && kind == 'call'",
             "5:39: unknown name 'kind'; a field of the event's data is written data.<field>",
             false},
        Case{"QuotedWhere", "kpis: [{name: k, event: x, measure: count(), where: 'data.n < 3 &'}]",
             "1:65: found '&'; 'and' is written '&&'", false},
        Case{"FoldedWhere",
             "kpis:\n  - name: k\n    event: x\n    measure: count()\n"
             "    where: >-\n      data.n < 3 &&\n      kind == 1",
             "5:12: unknown name 'kind'; a field of the event's data is written data.<field> (at "
             "byte 15 of the expression)",
             false},
        Case{"WhereOfOtherType", "kpis: [{name: k, event: x, measure: count(), where: 1 + 2}]",
             "1:53: expected a bool expression, found a number", false},
        Case{"LaterMeasure", "kpis: [{name: k, event: x, measure: avg(data.n)}]",
             "1:37: measure 'avg' is not supported by this version", false},
        Case{"UnknownMeasure", "kpis: [{name: k, event: x, measure: summe(data.n)}]",
             "1:37: unknown measure 'summe'; this version has count() and sum(field)", false},
        Case{"MeasureField", "kpis: [{name: k, event: x, measure: sum(amount)}]",
             "1:41: unknown name 'amount'; a field of the event's data is written data.<field>",
             false},
        Case{"MeasureExpression", "kpis: [{name: k, event: x, measure: sum(data.a - data.b)}]",
             "1:41: expected a field such as data.amount, found 'data.a - data.b'; expressions are "
             "not supported here by this version",
             false},
        Case{"CountOfSomething", "kpis: [{name: k, event: x, measure: count(data.n)}]",
             "1:37: count() takes nothing, found 'data.n'; what is counted is chosen by 'where'",
             false},
        Case{"CurrencyOfCount", "kpis: [{name: k, event: x, measure: count(), currency: CNY}]",
             "1:56: only a sum has a currency", false},
        Case{"Calendar",
             "calendars: [{name: cn}]\nkpis: [{name: k, event: x, measure: count(), calendar: ch}]",
             "2:56: unknown calendar 'ch'; did you mean 'cn'?", false},
        Case{"Direction", "kpis: [{name: k, event: x, measure: count(), direction: range}]",
             "1:57: direction 'range' is not supported by this version", false},
        Case{"Dimensions", "kpis: [{name: k, event: x, measure: count(), dimensions: {a: b}}]",
             "1:46: KPI 'k': 'dimensions' is not supported by this version", false},
        Case{"Event", "kpis: [{name: k, event: 'a, b', measure: count()}]",
             "1:25: 'event': expected event types such as crm.activity.completed or erp.order.*, "
             "found 'a, b'",
             false},
        Case{"Part",
             "kpis: [{name: k, event: x, measure: count()}, "
             "{name: v, all_of: [kk], floors: [1]}]",
             "1:66: unknown KPI 'kk'; did you mean 'k'?", false},
        Case{"Floors",
             "kpis: [{name: k, event: x, measure: count()}, "
             "{name: v, all_of: [k], floors: {junior: [1, 2]}}]",
             "1:87: expected 1 floors, one per KPI of 'all_of', found 2", false},
        Case{"VerdictOfVerdict",
             "kpis: [{name: k, event: x, measure: count()}, "
             "{name: v, all_of: [k], floors: [1]}, "
             "{name: w, all_of: [v], floors: [1]}]",
             "1:103: 'v' is a verdict itself; 'all_of' takes simple KPIs", false}),
    Name);

INSTANTIATE_TEST_SUITE_P(
    Targets, Mistake,
    testing::Values(
        Case{"Kpi", "targets: [{kpi: tuches, person: u1, period: 2026, target: 1}]",
             "12:17: unknown KPI 'tuches'; did you mean 'touches'?"},
        Case{"Person", "targets: [{kpi: touches, person: u3, period: 2026, target: 1}]",
             "12:34: unknown person 'u3'; did you mean 'u1'?"},
        Case{"NoSubject", "targets: [{kpi: touches, period: 2026, target: 1}]",
             "12:11: a target: give one of 'person' and 'unit'"},
        Case{"Period", "targets: [{kpi: touches, person: u1, period: 2026-13, target: 1}]",
             "12:46: expected a period such as 2026, 2026-Q3, 2026-06, 2026-W40 or 2026-06-15, "
             "found '2026-13'"},
        Case{"BothPeriods",
             "targets: [{kpi: touches, person: u1, period: 2026, from: 2026-01-01, target: 1}]",
             "12:11: a target: give either 'period' or 'from' and 'to'"},
        Case{"OnlyFrom", "targets: [{kpi: touches, person: u1, from: 2026-01-01, target: 1}]",
             "12:11: a target: 'to' is missing"},
        Case{"Backwards",
             "targets: [{kpi: touches, person: u1, from: 2026-01-02, to: 2026-01-02, target: 1}]",
             "12:11: a target: 'to' (the first day after) must come after 'from'"},
        Case{"Currency", "targets: [{kpi: revenue, person: u1, period: 2026, target: 5 USD}]",
             "12:60: 'target': KPI 'revenue' is in CNY; expected '5 CNY', found '5 USD'"},
        Case{"NoCurrency", "targets: [{kpi: revenue, person: u1, period: 2026, target: 500}]",
             "12:60: 'target': KPI 'revenue' is in CNY; expected '500 CNY', found '500'"},
        Case{"MoneyForNumber",
             "targets: [{kpi: touches, person: u1, period: 2026, target: 500 CNY}]",
             "12:60: 'target': KPI 'touches' is a plain number; expected no currency, found "
             "'500 CNY'"},
        Case{"Negative", "targets: [{kpi: touches, person: u1, period: 2026, target: -1}]",
             "12:60: 'target': a target is not negative, found '-1'"},
        Case{"Text", "targets: [{kpi: touches, person: u1, period: 2026, target: many}]",
             "12:60: 'target': expected a number such as 100, 8% or 849000 CNY, found 'many'"},
        Case{"Verdict", "targets: [{kpi: verdict, person: u1, period: 2026, target: 1}]",
             "12:17: KPI 'verdict' is a verdict; it has floors, not targets"},
        Case{"PersonOfUnitKpi",
             "targets: [{kpi: by_unit, person: u1, period: 2026, target: 1 CNY}]",
             "12:34: KPI 'by_unit' is a KPI of units; it has no targets of persons"},
        Case{"Growth", "targets: [{kpi: touches, person: u1, period: 2026, target: 1, growth: x}]",
             "12:63: a target: 'growth' is not supported by this version"},
        Case{"Twice",
             "targets:\n  - {kpi: touches, person: u1, period: 2026-09, target: 1}\n"
             "  - {kpi: touches, person: u1, period: 2026-09, target: 2}",
             "14:5: duplicate target of KPI 'touches' for person:u1 in 2026-09; first at "
             "r.yaml:13:5"},
        Case{"SameDays",
             "targets:\n  - {kpi: touches, person: u1, period: 2026-09, target: 1}\n"
             "  - {kpi: touches, person: u1, from: 2026-09-01, to: 2026-10-01, target: 2}",
             "14:5: the target of KPI 'touches' for person:u1 in 2026-09-01/2026-10-01 is for the "
             "days of that in 2026-09; at r.yaml:13:5"}),
    Name);

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
             "rules: [{name: r, kpi: touches, evaluate: on_pace, "
             "levels: {red: {when: value > 1}}}]",
             "12:43: 'evaluate': 'on_pace' is not supported by this version"},
        Case{"Level", "rules: [{name: r, kpi: touches, levels: {purple: {when: value > 1}}}]",
             "12:42: 'levels': unknown key 'purple'; known keys are yellow, orange, red"},
        Case{"NoLevels", "rules: [{name: r, kpi: touches, levels: {}}]",
             "12:41: 'levels' needs at least one of yellow, orange, red"},
        Case{"NoWhen", "rules: [{name: r, kpi: touches, levels: {red: {notify: owner}}}]",
             "12:47: level 'red': 'when' is missing"},
        Case{"Condition",
             "rules: [{name: r, kpi: touches, levels: {red: {when: completon < 40%}}}]",
             "12:54: unknown name 'completon'; did you mean 'completion'?"},
        Case{"LaterName", "rules: [{name: r, kpi: touches, levels: {red: {when: pace_index < 1}}}]",
             "12:54: 'pace_index' is not supported by this version"},
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
             "12:33: expected working days such as 1wd, at most 365wd, found '3d'"}),
    Name);

INSTANTIATE_TEST_SUITE_P(
    Routing, Mistake,
    testing::Values(
        Case{"Receiver", "receivers: [{name: team}]\nroute: {receiver: tem}",
             "13:19: unknown receiver 'tem'; did you mean 'team'?"},
        Case{"LaterChannel", "receivers: [{name: team, wecom_robot: {key_file: x}}]",
             "12:26: a receiver: 'wecom_robot' is not supported by this version"},
        Case{"Url", "receivers: [{name: team, webhook: {url: 'ftp://x'}}]",
             "12:41: 'webhook': expected a URL that begins with http:// or https://"},
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
    Name);

TEST(Mistakes, BrokenPatternsAreTold) {
  const LoadResult result = LoadText(
      "receivers: [{name: team}]\nroute: {receiver: team, "
      "routes: [{matchers: ['unit=~\"(\"']}]}");
  // What the library says of them is its own affair.
  EXPECT_THAT(Errors(result),
              ElementsAre(testing::StartsWith("2:46: '(' is not a regular expression: ")));
}

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
                  "a.yaml:3:35: unknown measure 'total'; this version has count() and sum(field)",
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
  EXPECT_THAT(Errors(LoadText("kpis: [{type: ratio, direction: both, numerator: a}]")),
              ElementsAre("1:8: a KPI: 'name' is missing",
                          "1:15: KPI type 'ratio' is not supported by this version",
                          "1:33: expected the direction up or down, found 'both'"));
}

TEST(Mistakes, OfATemplateAreToldAtOnce) {
  EXPECT_THAT(
      Errors(LoadText(std::string(kBase) +
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
