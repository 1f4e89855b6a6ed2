// Mistakes in what rules stand on: calendars, the organisation, KPIs and targets.
#include "tests/rulebook/mistake.h"

namespace kpiwatch {
namespace {

using Case = MistakeCase;

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
    MistakeName);

INSTANTIATE_TEST_SUITE_P(
    Org, Mistake,
    testing::Values(
        Case{"Parent", "org: {units: [{id: east}, {id: west, parent: est}]}",
             "1:46: unknown unit 'est'; did you mean 'east'?", false},
        Case{"IdWithABlank", "org: {people: [{id: 'u 1'}]}",
             "1:21: a person: 'id': expected an id as events have it, without blanks, found 'u 1'",
             false},
        Case{"EmptyId", "org: {units: [{id: ''}]}",
             "1:20: a unit: 'id': expected an id as events have it, without blanks, found ''",
             false},
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
    MistakeName);

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
        Case{"NoEvent", "kpis: [{name: k, event: [], measure: count()}]",
             "1:25: 'event': expected event types such as crm.activity.completed or erp.order.*, "
             "found "
             "an empty list",
             false},
        Case{"NoReverse", "kpis: [{name: k, event: x, reverse: [], measure: count()}]",
             "1:37: 'reverse': expected event types such as crm.activity.completed or erp.order.*, "
             "found "
             "an empty list",
             false},
        Case{"KeyTwice", "kpis: [{name: k, event: x, event: y, measure: count()}]",
             "1:28: KPI 'k': key 'event' stands twice; first at r.yaml:1:18", false},
        Case{"NotAMapping", "kpis: [touches]",
             "1:8: a KPI: expected a mapping of keys to values, found 'touches'", false},
        Case{"LaterType", "kpis: [{name: k, type: cumulative, of: a}]",
             "1:24: KPI type 'cumulative' is not supported by this version", false},
        Case{"UnknownType", "kpis: [{name: k, type: sinple, event: x, measure: count()}]",
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
        Case{"ReverseOfLast", "kpis: [{name: k, event: x, reverse: y, measure: last(data.n)}]",
             "1:37: 'reverse' takes a value back, and first(…) and last(…) are those of an event: "
             "there is nothing that it could take back",
             false},
        Case{"RetractWithoutAnEntity", "kpis: [{name: k, event: x, measure: count(), retract: y}]",
             "1:55: 'retract' is about states of entities: name the field that tells one from the "
             "other, such as entity: data.order_id",
             false},
        Case{"UnknownStates",
             "kpis: [{name: k, event: x, measure: count(), entity: data.id, states: first}]",
             "1:71: 'states': expected 'latest' or 'ever', found 'first'", false},
        Case{
            "ReverseDayOfNothing",
            "kpis: [{name: k, event: x, measure: count(), entity: data.id, reverse_day: original}]",
            "1:76: 'reverse_day' says when the events of 'reverse' count, and there are none",
            false},
        Case{"EntityThatIsNoField",
             "kpis: [{name: k, event: x, measure: count(), entity: order_id}]",
             "1:54: unknown name 'order_id'; a field of the event's data is written data.<field>",
             false},
        Case{"QuantileWithoutANumber", "kpis: [{name: k, event: x, measure: quantile(data.n)}]",
             "1:37: expected a quantile such as quantile(0.9, data.hours), with a number from 0 to "
             "1, found 'quantile(data.n)'",
             false},
        Case{"QuantileAbove1", "kpis: [{name: k, event: x, measure: 'quantile(95, data.n)'}]",
             "1:37: expected a quantile such as quantile(0.9, data.hours), with a number from 0 to "
             "1, found 'quantile(95, data.n)'",
             false},
        Case{"QuantileOfNothing", "kpis: [{name: k, event: x, measure: 'quantile(0.9, amount)'}]",
             "1:52: unknown name 'amount'; a field of the event's data is written data.<field>",
             false},
        Case{"LiveMedian",
             "kpis:\n  - {name: k, owner: o, event: x, measure: median(data.n)}\n"
             "rules: [{name: r, kpi: k, evaluate: intraday, levels: {red: {when: value > 1}}}]",
             "3:24: KPI 'k' is measured when a period is over; 'evaluate: intraday' is not "
             "supported for it",
             false},
        Case{"UnknownMeasure", "kpis: [{name: k, event: x, measure: summe(data.n)}]",
             "1:37: unknown measure 'summe'; there are count(), share(condition), quantile(0.9, "
             "field), "
             "and sum, avg, min, max, first, last, distinct, median of a field",
             false},
        Case{"ShareOfNumber", "kpis: [{name: k, event: x, measure: share(data.n + 1)}]",
             "1:43: expected a bool expression, found a number", false},
        Case{"MeasureField", "kpis: [{name: k, event: x, measure: sum(amount)}]",
             "1:41: unknown name 'amount'; a field of the event's data is written data.<field>",
             false},
        Case{"MeasureExpression", "kpis: [{name: k, event: x, measure: sum(data.a - 'b')}]",
             "1:50: '-' needs a number, found a string", false},
        Case{"MeasureOfText", "kpis: [{name: k, event: x, measure: sum(event.type)}]",
             "1:41: sum() needs a number or money, found a string", false},
        Case{"MeasureOfADuration",
             "kpis: [{name: k, event: x, measure: sum(event.time - timestamp(data.since))}]",
             "1:41: sum() needs a number or money, found a duration; divide it by a unit, as in "
             "sum((…) / 1h)",
             false},
        Case{"WhereOfAFieldAndADuration",
             "kpis: [{name: k, event: x, measure: count(), where: data.minutes > 90m}]",
             "1:66: '>' compares a field with a duration; say what the field counts: data.minutes "
             "* 1m",
             false},
        Case{"WhereOfATimeAndAText",
             "kpis: [{name: k, event: x, measure: count(), where: \"event.time > '2026-01-01'\"}]",
             "1:65: '>' compares a time with a string; a time is written "
             "timestamp(\"2026-01-31T09:00:00+08:00\")",
             false},
        Case{"WhereOfAnUnknownFunction",
             "kpis: [{name: k, event: x, measure: count(), where: data.no.startWith('x')}]",
             "1:61: unknown function 'startWith'; did you mean 'startsWith'?", false},
        Case{"WhereOfABadPattern",
             "kpis: [{name: k, event: x, measure: count(), where: data.no.matches('(')}]",
             "1:69: '(' is not a regular expression: a '(' without ')'", false},
        Case{"SubjectOfTheTime",
             "kpis: [{name: k, event: x, measure: count(), subject: event.time}]",
             "1:55: expected a field such as data.owner_id, found 'event.time'; a subject is no "
             "expression",
             false},
        Case{"CountOfSomething", "kpis: [{name: k, event: x, measure: count(data.n)}]",
             "1:37: count() takes nothing, found 'data.n'; what is counted is chosen by 'where'",
             false},
        Case{"CurrencyOfCount", "kpis: [{name: k, event: x, measure: count(), currency: CNY}]",
             "1:56: count(), share(…) and distinct(…) have no currency", false},
        Case{"Calendar",
             "calendars: [{name: cn}]\nkpis: [{name: k, event: x, measure: count(), calendar: ch}]",
             "2:56: unknown calendar 'ch'; did you mean 'cn'?", false},
        Case{"Direction", "kpis: [{name: k, event: x, measure: count(), direction: range}]",
             "1:57: direction 'range' is not supported by this version", false},
        Case{"Dimensions", "kpis: [{name: k, event: x, measure: count(), dimensions: {a: b}}]",
             "1:46: KPI 'k': 'dimensions' is not supported by this version", false},
        Case{"PaceOfAnAverage",
             "kpis: [{name: k, owner: o, event: e, measure: avg(data.x), pace: {min_days: 3}}]",
             "1:66: 'pace' is that of a KPI whose days add up: one of count() or sum(…)", false},
        Case{"PaceShare",
             "kpis: [{name: k, owner: o, event: e, measure: count(), pace: {min_share: 15}}]",
             "1:74: 'min_share': expected a share such as 15%, found '15'", false},
        Case{"PaceUnits",
             "kpis: [{name: k, owner: o, event: e, measure: count(), pace: {min_units: 1 CNY}}]",
             "1:74: 'min_units': KPI 'k' is a plain number; expected no currency, found '1 CNY'",
             false},
        Case{"PaceKey",
             "kpis: [{name: k, owner: o, event: e, measure: count(), pace: {min_day: 3}}]",
             "1:63: 'pace': unknown key 'min_day'; did you mean 'min_days'?", false},
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
             "1:103: 'v' is a verdict itself; 'all_of' takes simple KPIs", false},
        Case{"VerdictOnAnAverage",
             "kpis: [{name: k, event: x, measure: avg(data.n)}, "
             "{name: v, all_of: [k], floors: [1]}]",
             "1:70: 'k' has no value where nothing happened; 'all_of' takes simple KPIs with "
             "count() "
             "or sum(field)",
             false}),
    MistakeName);

// KPIs made of other KPIs (S-13). The first line behind these is the fifth.
const std::string kParts =
    "kpis:\n"
    "  - {name: touches, owner: o, event: t, measure: count()}\n"
    "  - {name: revenue, owner: o, event: e, measure: sum(data.amount)}\n"
    "  - {name: verdict, owner: o, all_of: [touches], floors: [8]}\n";

INSTANTIATE_TEST_SUITE_P(
    CompoundKpis, Mistake,
    testing::Values(
        Case{"NoDenominator", kParts + "  - {name: k, type: ratio, numerator: touches}",
             "5:5: KPI 'k': 'denominator' is missing", false},
        Case{"UnknownNumerator",
             kParts + "  - {name: k, type: ratio, numerator: touchs, denominator: revenue}",
             "5:39: unknown KPI 'touchs'; did you mean 'touches'?", false},
        Case{"RatioOfAVerdict",
             kParts + "  - {name: k, type: ratio, numerator: touches, denominator: verdict}",
             "5:61: 'verdict' is a verdict; 'denominator' takes a KPI that is a number", false},
        Case{"MinDen",
             kParts + "  - {name: k, type: ratio, numerator: touches, denominator: touches, "
                      "min_den: 0}",
             "5:79: 'min_den': expected a number above 0, found '0'", false},
        Case{"UnknownOperand", kParts + "  - {name: k, type: derived, expr: revenu / touches}",
             "5:36: unknown name 'revenu'; did you mean 'revenue'?", false},
        Case{"NoOperand", kParts + "  - {name: k, type: derived, expr: 1 + 2}",
             "5:36: 'expr' names no KPI", false},
        Case{"DerivedIsABool", kParts + "  - {name: k, type: derived, expr: revenue > 2}",
             "5:36: expected a number or money, found a bool", false},
        Case{"MadeOfItself",
             kParts + "  - {name: k, type: derived, expr: l + 1}\n"
                      "  - {name: l, type: ratio, numerator: k, denominator: touches}",
             "6:5: KPI 'l' is made of itself, by way of 'k'", false},
        Case{"MixedMoney",
             kParts + "  - {name: usd, owner: o, event: x, measure: sum(data.amount), currency: "
                      "USD}\n  - {name: k, type: derived, expr: usd + revenue}",
             "6:40: '+' mixes money in USD and money in CNY", false},
        Case{"MixedRatio",
             kParts + "  - {name: usd, owner: o, event: x, measure: sum(data.amount), currency: "
                      "USD}\n  - {name: k, type: ratio, numerator: usd, denominator: revenue}",
             "6:5: KPI 'k' mixes USD with CNY ('revenue')", false},
        Case{"MoneyAndANumber", kParts + "  - {name: k, type: derived, expr: revenue + touches}",
             "5:44: '+' mixes money in CNY and a number", false},
        Case{"CurrencyOfAnotherMoney",
             kParts + "  - {name: k, type: derived, expr: revenue / touches, currency: USD}",
             "5:5: KPI 'k' is in USD, but what it is made of is in CNY", false},
        Case{"NumeratorOfNone",
             kParts + "rules:\n  - {name: r, kpi: touches, for_each: person, period: day, levels: "
                      "{red: {when: den < 5}}}",
             "6:81: unknown name 'den'; 'num' and 'den' are those of a KPI of type ratio", false},
        Case{"DistinctOfACalculation",
             "kpis: [{name: k, event: x, measure: distinct(data.a + data.b)}]",
             "1:46: distinct() takes a field such as data.customer, found 'data.a + data.b'",
             false},
        Case{"AverageOfADuration",
             "kpis: [{name: k, event: x, measure: avg(event.time - event.time)}]",
             "1:41: avg() needs a number or money, found a duration; divide it by a unit, as in "
             "avg((…) / 1h)",
             false},
        Case{"CurrencyOfAPlainNumber",
             kParts + "  - {name: k, type: derived, expr: touches * 2, currency: CNY}",
             "5:5: KPI 'k' is in CNY, but what it is made of is no money", false},
        Case{"PartsOnTwoCalendars",
             "calendars: [{name: cn}, {name: us}]\n" + kParts +
                 "  - {name: other, owner: o, event: x, measure: count(), calendar: us}\n"
                 "  - {name: k, type: ratio, numerator: touches, denominator: other}",
             "7:5: KPI 'k' is on calendar 'cn', its part 'other' on 'us'", false},
        Case{"LiveRatio",
             kParts + "  - {name: k, owner: o, type: ratio, numerator: touches, denominator: "
                      "touches}\nrules: [{name: r, kpi: k, evaluate: intraday, levels: {red: "
                      "{when: value > 1}}}]",
             "6:24: KPI 'k' is made of other KPIs; 'evaluate: intraday' is not supported for it",
             false},
        Case{"TargetInMoney",
             kParts + "  - {name: k, owner: o, type: ratio, numerator: touches, denominator: "
                      "touches}\ntargets: [{kpi: k, person: u1, period: 2026-06, target: 5 CNY}]",
             "6:57: 'target': KPI 'k' is a plain number; expected no currency, found '5 CNY'",
             false}),
    MistakeName);

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
    MistakeName);

}  // namespace
}  // namespace kpiwatch
