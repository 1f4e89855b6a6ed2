// Mistakes in what decides about time: fiscal years, layers, part time, calendars of units, due
// times.
#include "tests/rulebook/mistake.h"

namespace kpiwatch {
namespace {

using Case = MistakeCase;

INSTANTIATE_TEST_SUITE_P(
    FiscalYears, Mistake,
    testing::Values(
        Case{"Month", "calendars: [{name: cn, fiscal_year_start: aprill}]",
             "12:43: expected a month such as april, found 'aprill'; did you mean 'april'?"},
        Case{"MonthByNumber", "calendars: [{name: cn, fiscal_year_start: 4}]",
             "12:43: expected a month such as april, found '4'"},
        Case{"NamedAfter",
             "calendars: [{name: cn, fiscal_year_start: april, fiscal_year_named_after: first}]",
             "12:75: expected end or start, found 'first'"},
        Case{"NamedAfterNothing", "calendars: [{name: cn, fiscal_year_named_after: end}]",
             "12:49: a calendar without 'fiscal_year_start' has no fiscal years"},
        Case{
            "Key", "calendars: [{name: cn, fiscal_year_star: april}]",
            "12:24: a calendar: unknown key 'fiscal_year_star'; did you mean 'fiscal_year_start'?"},
        Case{
            "PlainYear",
            "calendars: [{name: cn, fiscal_year_start: april}]\n"
            "targets: [{kpi: touches, person: u1, period: 2026, target: 1}]",
            "13:46: \"2026\" may be two periods: calendar 'cn' has fiscal years, which are written "
            "FY2026"},
        Case{"NoFiscalYears", "targets: [{kpi: touches, person: u1, period: FY2026, target: 1}]",
             "12:46: \"FY2026\" is no period of calendar 'default', whose years begin in January"}),
    MistakeName);

INSTANTIATE_TEST_SUITE_P(
    Layers, Mistake,
    testing::Values(
        Case{"NoCompanyFile", "calendars: [{name: cn, company_days: none-*.yaml}]",
             "12:38: no holiday file matches 'none-*.yaml' (seen from .)"},
        Case{"CompanyDaysAreFiles", "calendars: [{name: cn, company_days: {a: b}}]",
             "12:38: 'company_days': expected a text or a list of texts, found a mapping"},
        Case{"UnitCalendar", "calendars: [{name: cn}]\norg: {units: [{id: company, calendar: ch}]}",
             "2:39: unknown calendar 'ch'; did you mean 'cn'?", false},
        Case{"UnitWeeks",
             "calendars: [{name: cn}, {name: us, week_start: sunday}]\n"
             "org: {units: [{id: company, calendar: us}]}",
             "2:39: calendar 'us' has another 'week_start' than 'cn', the first one; weeks and "
             "years are those of the whole company",
             false},
        Case{"UnitYears",
             "calendars: [{name: cn}, {name: us, fiscal_year_start: july}]\n"
             "org: {units: [{id: company, calendar: us}]}",
             "2:39: calendar 'us' has another 'fiscal_year_start' than 'cn', the first one; weeks "
             "and years are those of the whole company",
             false}),
    MistakeName);

INSTANTIATE_TEST_SUITE_P(
    Capacity, Mistake,
    testing::Values(
        Case{"TooMuch", "org: {people: [{id: u1, capacity: 150%}]}",
             "1:35: expected a share of a full day such as 50% or 0.5, found '150%'", false},
        Case{"Negative", "org: {people: [{id: u1, capacity: -1}]}",
             "1:35: expected a share of a full day such as 50% or 0.5, found '-1'", false},
        Case{"TooFine", "org: {people: [{id: u1, capacity: 0.00001}]}",
             "1:35: expected a share of a full day such as 50% or 0.5, found '0.00001'", false},
        Case{"Weekday", "org: {people: [{id: u1, capacity: {wednsday: 0}}]}",
             "1:36: 'capacity': unknown key 'wednsday'; did you mean 'wednesday'?", false},
        Case{
            "Nothing", "org: {people: [{id: u1, capacity: 0}]}",
            "1:35: a person without any capacity; say by 'to' that he has left, by 'leave' that he "
            "is away",
            false},
        Case{"OfALeave",
             "org: {people: [{id: u1, leave: [{from: 2026-09-01, to: 2026-09-02, capacity: x}]}]}",
             "1:78: expected a share of a full day such as 50% or 0.5, found 'x'", false}),
    MistakeName);

constexpr char kOpens[] =
    "rules: [{name: r, kpi: touches, levels: {red: {when: value > 1, open: talk}}}]\n"
    "playbooks: [{name: talk, due: 4wh}]\n";

INSTANTIATE_TEST_SUITE_P(
    Due, Mistake,
    testing::Values(
        Case{"NoWorkingHours", kOpens,
             "12:71: playbook 'talk' is due in working hours, but calendar 'default' of KPI "
             "'touches' has no 'working_hours'"},
        Case{
            "NoWorkingHoursAtASite",
            std::string("calendars: [{name: cn, working_hours: [\"09:00-18:00\"]}, {name: us}]\n"
                        "kpis: [{name: touches, owner: o, event: x, measure: count()}]\n"
                        "org: {units: [{id: company}, {id: a, parent: company, calendar: us}]}\n") +
                kOpens,
            "4:71: playbook 'talk' is due in working hours, but calendar 'us' of KPI 'touches' has "
            "no 'working_hours'",
            false},
        Case{"NoHours", "playbooks: [{name: talk, due: 0wh}]",
             "12:31: expected working days such as 1wd, at most 365wd, or working hours such as "
             "4wh, at most 999wh, found '0wh'"}),
    MistakeName);

}  // namespace
}  // namespace kpiwatch
