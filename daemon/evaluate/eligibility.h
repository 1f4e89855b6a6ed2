// Whether a period counts for a subject at all (S-05): an ineligible period neither breaks nor
// extends a streak and moves no latch. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/fold/subject_table.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

enum class Eligibility : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kEligible = 0,
  kNotAWorkingDay = 1,
  kNoWorkingDays = 2,  // a week or longer without one: not_applicable (S-03)
  kNotEmployed = 3,
  kOnLeave = 4,
  kNoTarget = 5,
  kNoFloors = 6,  // the person's level has no floors: the role does not have the KPI
  kBeforeFirstSight = 7,
  kInsufficient = 8,  // not measured: the KPI is new or changed, or was not there (D-29)
  kPartTimeOff = 9,   // a weekday on which the person does not work
  kNotWatched = 10,   // the rule did not look at the subject then: another level, unit or role
  kNoValue = 11,      // nothing to divide by, or too little (S-13)
};

// "eligible", "not_a_working_day", "not_applicable" …: the names of SkippedPeriod.reason.
std::string_view EligibilityName(Eligibility eligibility);

// True when the rule's conditions or streaks need a target (it reads completion, target, what is
// due of it, or a streak of a simple KPI).
bool NeedsTarget(const Rulebook& rulebook, const Rule& rule);

// True when the rule's conditions look at earlier periods too: at streaks.
bool ReadsStreaks(const Rule& rule);

// Everything but the target, which the caller looks up. `info` is the subject.
Eligibility CalendarEligibility(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                                const Period& period);

// The person's level on the period's last day on which he was employed; empty for units and where
// no org is given.
std::string_view LevelOfPerson(const Rulebook& rulebook, const SubjectInfo& info,
                               const Period& period);

// What the subject works of a full day, in kFullCapacity parts: the person's share of a period of
// one day, of longer ones full days; nothing where the org does not employ him in it (S-05). Units,
// and everybody where no org is given, work full days.
int CapacityOf(const Rulebook& rulebook, const SubjectInfo& info, const Period& period);

// Of a rule on a verdict, what of a full day the floors are in a period that is judged, in
// kFullCapacity parts; nullopt for the others. A day off is not judged: one that was, before leave
// for it was entered, was a full one.
std::optional<int> FloorsOf(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                            const Period& period);

// True when the rule watches the subject in that period: kind, known to the org where one is given
// (and employed in it), `where`.
bool RuleCovers(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                const Period& period);

// Whether, by what is known of the org, the rule watches the subject on `day` or will do so later:
// false for who has left and whose level, unit or role it does not watch any more. Leave and
// missing targets do not matter.
bool RuleWatchesFrom(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info, Day day);

// Whether the subject has to answer for it that nothing was booked in the open period up to `day`.
bool AnswersForZero(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                    const Period& period, Day day);

}  // namespace kpiwatch
