// The words of messages, in the languages of the product.
#pragma once

#include <array>
#include <string_view>

#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

struct Words {
  std::string_view language;                         // "zh", "en"
  std::array<std::string_view, kLevelCount> levels;  // by Level
  std::string_view resolved;                         // in place of a level: the alert is over
  std::string_view withdrawn;                        // the alert is over because it never held
  std::string_view data;                             // in place of a level: about the data

  // Names of rows.
  std::string_view kpi, subject, period, change, value, restated, target, completion, expected,
      pace, projection, required, attainable, back_loading, since, streak, why, shortfall, detail,
      counted, skipped, grant, rule, task, assignee, due, checklist;

  std::string_view colon;        // behind the name of a row
  std::string_view met, missed;  // a counted period
  std::string_view more;         // behind a number: rows that were left out
  std::string_view more_alerts;
  std::string_view cause;  // name of a row: the event that corrected a value
  // What counts as one in a streak of periods of this kind, by PeriodKind: "个工作日".
  std::array<std::string_view, 6> streak_units;
  // fmt: number, unit. Says how the streak counts (S-06).
  std::string_view streak_format;
  std::string_view short_format;    // fmt: KPI, value, floor, what is missing
  std::string_view unit_format;     // fmt: name, unit
  std::string_view range_format;    // fmt: first, last, count
  std::string_view quoted_format;   // fmt: level
  std::string_view several_format;  // fmt: headline, number of alerts
  std::string_view next;            // name of the row with the rule's description
  std::string_view footer;
};

// English for anything that is not "zh".
const Words& WordsOf(std::string_view language);

// Why it happened, as a sentence.
std::string_view ReasonSentence(const v1::Transition& transition, std::string_view language);

// Why a period did not count ("not_a_working_day"); an unknown reason comes back as it is.
std::string_view SkipReasonText(std::string_view reason, std::string_view language);

}  // namespace kpiwatch
