// What the intraday rules of a step look at event by event (open_walk.cc). Plain values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "daemon/engine/cause_log.h"
#include "daemon/engine/ladder_table.h"
#include "daemon/evaluate/pace.h"
#include "daemon/fold/subject_table.h"
#include "daemon/ledger/kpi_view.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// A cell that reached lines in the present step.
struct ReachedCell {
  size_t cell = 0;  // place in the series' touched()
  LadderTable::Open* open = nullptr;
};

// Whether everything is latched and stays so until the seal. `all_tiers`: the rule's, if none of
// them clears; else 0.
inline bool IsAtEnd(uint8_t all_tiers, uint8_t latched) {
  return all_tiers != 0 && latched == all_tiers;
}

// The rules whose open periods are to be judged again, and why.
using OpenAgain = std::map<RuleIndex, v1::Reason>;

// One rule on one open period of a subject that the step has touched.
struct OpenWalk {
  RuleIndex rule = 0;
  SubjectId subject;
  Period period;
  std::optional<Decimal> target;
};

// Where a ladder turned, or is at the end of the step.
struct OpenTurn {
  Level from = Level::kGreen;
  Level to = Level::kGreen;
  const CauseLog::Event* cause = nullptr;  // null: facts that had waited for a seal
  Aggregate at;                            // what the period held then
};

// Why a ladder of an open period moves.
struct OpenNews {
  absl::Time at;
  const KpiReading* reading = nullptr;
  const Pace* pace = nullptr;              // of a rule on pace
  const CauseLog::Event* cause = nullptr;  // null where it was no event, but the moment `at`
  v1::Reason reason = v1::REASON_THRESHOLD;
  std::string_view not_sent = {};  // not empty: it is recorded only
  bool never_true = false;         // of an end by correction: by that it was green all along
};

// A cell with causes, seen from a unit above its subject.
struct CellBelow {
  SubjectId unit;
  KpiIndex kpi = 0;
  Day day;
  size_t cell = 0;  // place in the series' touched()
  friend auto operator<=>(const CellBelow&, const CellBelow&) = default;
};

// The walks of one step. The memory is kept for the next one; what is in it is bounded by the cells
// that a step touches, times the rules that look at each, and by the causes of a step.
struct OpenWalks {
  struct Key {
    SubjectId subject;
    RuleIndex rule = 0;
    Period period;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.subject, key.rule, key.period.begin.number,
                        key.period.end.number);
    }
  };
  struct Cell {
    size_t walk = 0;  // place in `list`
    size_t cell = 0;  // place in the series' touched(): of its subject and KPI, in its period
  };

  void Add(OpenWalk walk, size_t cell) {
    const auto [it, is_new] =
        numbers.try_emplace(Key{walk.subject, walk.rule, walk.period}, list.size());
    if (is_new) {
      list.push_back(std::move(walk));
    }
    cells.push_back({it->second, cell});
  }
  void Clear() {
    list.clear();
    cells.clear();
    numbers.clear();
    below.clear();
  }

  std::vector<OpenWalk> list;  // in order of first change
  std::vector<Cell> cells;
  absl::flat_hash_map<Key, size_t> numbers;
  std::vector<CellBelow> below;  // sorted
  std::vector<uint32_t> causes;  // of one walk, in applied order
  std::vector<OpenTurn> turns;   // of one walk
};
using WalkCells = std::span<const OpenWalks::Cell>;

}  // namespace kpiwatch
