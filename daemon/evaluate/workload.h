// How much of the working days of a stretch somebody works: the days by which a target falls due
// (S-02, S-11). Pure.
#pragma once

#include <cstdint>

#include "daemon/fold/subject_table.h"
#include "daemon/model/day.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// What the subject works of [begin, end), in kFullCapacity parts of a day. Of a person whom the org
// knows: the working days of his calendar on which he is employed, each with what he works of it
// (part time, leave). Of a unit, of people whom the org does not know and where no org is given:
// the working days.
int64_t WorkOf(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& info, Day begin,
               Day end);

// The first day of the period before which the subject has worked three quarters of it: from there
// on is its end. The period's end where he works none of it.
Day BeginOfTheEnd(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& info,
                  const Period& period);

}  // namespace kpiwatch
