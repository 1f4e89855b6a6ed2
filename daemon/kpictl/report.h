// Values and transitions as kpictl prints them: JSON lines for scripts, tables for people.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "daemon/engine/core.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

enum class OutputFormat { kNdjson, kTable };

// {"kpi","subject","from","to","value","target","completion","level"}: dates, `to` not included;
// decimals as strings, completion as a ratio with six digits, half up; null where there is none. Of
// a period with working days left, whose KPI adds up and has a target, also "worked_days",
// "working_days", and "too_early": true or those there are of "expected","pace_index","gap",
// "projection","projected_completion","required_rate","effort","max_attainable": as of the day that
// closed last.
std::string ValueJson(const PeriodValue& value);
// {"rule","subject","period","from_level","to_level","at","reason","notified":[…]}; `at` in UTC.
// Of a restated one before "notified" also "value","completion","old_value","old_completion",
// "cause_event_id".
std::string TransitionJson(const v1::Transition& transition);

void PrintValues(const std::vector<PeriodValue>& values, const Rulebook& rulebook,
                 OutputFormat format, bool colours, std::ostream& out);
// The table shows times in the zone of the rulebook's first calendar, and names in Chinese where
// there are any.
void PrintTransitions(const std::vector<v1::Transition>& transitions, const Rulebook& rulebook,
                      OutputFormat format, bool colours, std::ostream& out);

}  // namespace kpiwatch
