// Intraday rules for which any event may matter: each open period that a step touched is walked
// event by event, so that what is told does not depend on where batches were cut (D-08).
#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::Status Core::WalkOpenPeriods() {
  // By walk; its cells stay in order of first change.
  std::stable_sort(walks_.cells.begin(), walks_.cells.end(),
                   [](const auto& a, const auto& b) { return a.walk < b.walk; });
  if (std::any_of(walks_.list.begin(), walks_.list.end(), [&](const OpenWalk& walk) {
        return rulebook_->rules[walk.rule].for_each == ForEach::kUnit;
      })) {
    FindCellsBelow();
  }
  const OpenWalk* last = nullptr;  // whose causes are gathered
  auto begin = walks_.cells.begin();
  for (size_t w = 0; w < walks_.list.size(); ++w) {
    const OpenWalk& walk = walks_.list[w];
    const auto end = std::find_if(begin, walks_.cells.end(),
                                  [&](const OpenWalks::Cell& cell) { return cell.walk != w; });
    const WalkCells cells(begin, end);
    begin = end;
    KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open,
                              ladders_->FindOpen(walk.subject, walk.period));
    if (!MayChange(walk, open)) {
      continue;
    }
    const bool same_cells = last != nullptr && last->subject == walk.subject &&
                            last->period == walk.period &&
                            rulebook_->rules[last->rule].kpi == rulebook_->rules[walk.rule].kpi;
    if (!same_cells) {
      GatherCauses(cells);
      last = &walk;
    }
    KPIWATCH_RETURN_IF_ERROR(Walk(walk, cells, open));
  }
  walks_.Clear();
  return absl::OkStatus();
}

// The causes of a unit's cells are noted in those of the people and units below it.
void Core::FindCellsBelow() {
  const std::vector<Touched>& touched = series_->touched();
  for (size_t i = 0; i < touched.size(); ++i) {
    const Touched& cell = touched[i];
    if (plans_.watched_for[cell.kpi] != WatchedFor::kEvents ||
        SeriesTable::CellOf(cell).note == CauseLog::kNone) {
      continue;
    }
    Ancestors(cell.subject, cell.day, &ancestors_);
    for (const SubjectId ancestor : ancestors_) {
      walks_.below.push_back({ancestor, cell.kpi, cell.day, i});
    }
  }
  std::sort(walks_.below.begin(), walks_.below.end());
}

void Core::GatherCauses(WalkCells cells) {
  walks_.causes.clear();
  for (const OpenWalks::Cell& own : cells) {
    AddCauses(own.cell, &walks_.causes);
    const Touched& cell = series_->touched()[own.cell];
    const CellBelow first{cell.subject, cell.kpi, cell.day, 0};
    for (auto it = std::lower_bound(walks_.below.begin(), walks_.below.end(), first);
         it != walks_.below.end() && it->unit == cell.subject && it->kpi == cell.kpi &&
         it->day == cell.day;
         ++it) {
      AddCauses(it->cell, &walks_.causes);
    }
  }
  std::sort(walks_.causes.begin(), walks_.causes.end());
}

bool Core::MayChange(const OpenWalk& walk, LadderTable::Open* open) const {
  const OpenLadder* const ladder = open->ladders.Find(rule_id_of_[walk.rule]);
  return (ladder == nullptr || !IsAtEnd(plans_.all_tiers[walk.rule], ladder->latched)) &&
         IsMeasured(rulebook_->rules[walk.rule].kpi, walk.period) &&
         RuleCovers(*rulebook_, rulebook_->rules[walk.rule], subjects_.Get(walk.subject),
                    walk.period);
}

void Core::AddCauses(size_t cell, std::vector<uint32_t>* causes) const {
  for (uint32_t c = SeriesTable::CellOf(series_->touched()[cell]).note; c != CauseLog::kNone;
       c = causes_.Previous(c)) {
    causes->push_back(c);
  }
}

absl::Status Core::Walk(const OpenWalk& walk, WalkCells cells, LadderTable::Open* open) {
  const Rule& rule = rulebook_->rules[walk.rule];
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate end, series_->Sum(walk.subject, rule.kpi,
                                                              walk.period.begin, walk.period.end));
  Aggregate at = end;  // back to the step's beginning
  for (const OpenWalks::Cell& own : cells) {
    at = at.Since(SeriesTable::Added(series_->touched()[own.cell]));
  }
  OpenLadder* const known = open->ladders.Find(rule_id_of_[walk.rule]);
  OpenLadder ladder;
  if (known != nullptr) {
    ladder = *known;
  }
  ladder.rule = rule_id_of_[walk.rule];
  const LadderState before = ladder.state();
  LadderState state = before;
  // The tiers that it passes on the way up or down are not told (D-09): only where it turns, and
  // where it is in the end.
  std::vector<OpenTurn>& turns = walks_.turns;
  turns.clear();
  const auto look = [&](const CauseLog::Event* cause) {
    const KpiReading reading = ReadSimple(kpi, at, walk.target);
    const Level from = state.level();
    state = AdvanceOpen(rule, state, InputOf(walk.period, reading));
    const Level to = state.level();
    ladder.reached |= state.latched;
    ++open_evaluations_[walk.rule];
    if (from == to) {
      return;
    }
    if (!turns.empty() && (turns.back().from < turns.back().to) == (from < to)) {
      turns.back() = {turns.back().from, to, cause, at};
    } else {
      turns.push_back({from, to, cause, at});
    }
  };
  const std::vector<uint32_t>& causes = walks_.causes;
  for (size_t c = 0; c < causes.size() && !IsAtEnd(plans_.all_tiers[walk.rule], state.latched);) {
    // All that one event has changed, at once.
    const CauseLog::Event& event = causes_.EventOf(causes[c]);
    for (; c < causes.size() && &causes_.EventOf(causes[c]) == &event; ++c) {
      at.Merge(causes_.DeltaOf(causes[c]));
    }
    look(&event);
  }
  if (at != end && !IsAtEnd(plans_.all_tiers[walk.rule], state.latched)) {
    at = end;  // facts that had waited for a seal: booked last, and no event's doing
    look(nullptr);
  }
  if (turns.empty() && state.latched == before.latched &&
      ladder.reached == (known == nullptr ? 0 : known->reached)) {
    return absl::OkStatus();
  }
  ladder.latched = state.latched;
  ladders_->MarkChanged(open);
  for (size_t t = 0; t < turns.size(); ++t) {
    const OpenTurn& turn = turns[t];
    KpiReading reading = ReadSimple(kpi, end, walk.target);
    // What the step leaves is told where it says the same by itself.
    if (t + 1 < turns.size() ||
        AdvanceOpen(rule, before, InputOf(walk.period, reading)).level() != turn.to) {
      reading = ReadSimple(kpi, turn.at, walk.target);
    }
    const absl::Time at =
        turn.cause == nullptr ? Moment() : absl::FromUnixMillis(turn.cause->time_ms);
    TellOpen(rule, walk.subject, walk.period, turn.from, turn.to,
             {.at = at, .reading = &reading, .cause = turn.cause}, &ladder);
  }
  (known != nullptr ? *known : open->ladders.Add(ladder.rule)) = std::move(ladder);
  return absl::OkStatus();
}

}  // namespace kpiwatch
