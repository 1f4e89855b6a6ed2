// Which rule looks at which KPI, and at what of it: worked out of a rulebook when it enters.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/string_map.h"
#include "daemon/model/day.h"
#include "daemon/model/decimal.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// A tier of an intraday rule that says `value >= number`.
struct ValueLine {
  Decimal value;
  RuleIndex rule = 0;
};

// What the intraday rules of a KPI need to know of the events of a step.
enum class WatchedFor : uint8_t {
  kNothing,  // there are none
  kLines,    // when a value reaches the next line
  kEvents,   // everything
};

struct RulePlans {
  std::vector<std::vector<RuleIndex>> open_rules_of_kpi;    // intraday
  std::vector<std::vector<RuleIndex>> sealed_rules_of_kpi;  // on_close
  std::vector<std::vector<RuleIndex>> pace_rules_of_kpi;    // on_pace
  std::vector<WatchedFor> watched_for;                      // by KPI
  std::vector<bool> keeps_ids;                              // by KPI: of events, for some rule
  // By KPI: the lines, ascending, where its intraday rules are all of the form `value >= line` on a
  // person's day and never clear. Then nothing happens until a value reaches the next line, which a
  // cell's `armed` says (1-based; 0: no event has come since the cell is in memory).
  std::vector<std::vector<ValueLine>> lines;
  std::vector<bool> needs_target;     // by rule
  std::vector<bool> reads_best_rate;  // by rule
  std::vector<bool> reads_back_loading;
  // By rule: the latches of all its tiers when none has a clear line; 0: some latch may open.
  std::vector<uint8_t> all_tiers;
  // Places in the rulebook's targets.
  std::map<std::pair<Day, KpiIndex>, std::vector<size_t>> targets_by_end;
  StringMap<std::vector<size_t>> targets_of_subject;

  void Build(const Rulebook& book);
  // The subject's target for the period; of kTarget, for the same days, whatever names them.
  // REQUIRES: built of `book`.
  std::optional<Decimal> TargetOf(const Rulebook& book, KpiIndex kpi, const std::string& subject,
                                  const Period& period) const;

 private:
  std::vector<ValueLine> LinesOf(const Rulebook& book, KpiIndex kpi) const;
};

}  // namespace kpiwatch
