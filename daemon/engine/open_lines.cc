// Intraday rules that are lines (`value >= line`): when a step ends, those that values have reached
// in it are looked at, and nothing else.
#include <algorithm>
#include <span>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::Status Core::LookAtReached() {
  // Finding ladders is mostly waiting for memory: several are looked for at once.
  constexpr size_t kAtOnce = 16;
  const std::vector<Touched>& touched = series_->touched();
  const auto period_of = [&](const ReachedCell& reached) {
    const Day day = touched[reached.cell].day;
    return Period{PeriodKind::kDay, day, day + 1};
  };
  for (size_t begin = 0; begin < reached_.size(); begin += kAtOnce) {
    const auto block =
        std::span(reached_).subspan(begin, std::min(kAtOnce, reached_.size() - begin));
    for (const ReachedCell& reached : block) {
      ladders_->PrefetchOpen(touched[reached.cell].subject, period_of(reached));
      __builtin_prefetch(&reaches_.Get(SeriesTable::CellOf(touched[reached.cell]).note));
    }
    for (ReachedCell& reached : block) {
      const Touched& cell = touched[reached.cell];
      const SealGroup& group = groups_[group_of_kpi_[cell.kpi]];
      if (subjects_.Get(cell.subject).kind != SubjectKind::kPerson ||
          (group.next && cell.day < *group.next)) {
        continue;
      }
      KPIWATCH_ASSIGN_OR_RETURN(reached.open, ladders_->FindOpen(cell.subject, period_of(reached)));
      reached.open->ladders.Prefetch();
    }
    for (const ReachedCell& reached : block) {
      if (reached.open != nullptr) {
        KPIWATCH_RETURN_IF_ERROR(LookAtLines(reached));
      }
    }
  }
  reached_.clear();
  return absl::OkStatus();
}

absl::Status Core::LookAtLines(const ReachedCell& reached) {
  const Touched& cell = series_->touched()[reached.cell];
  cell_reaches_.clear();
  for (uint32_t n = SeriesTable::CellOf(cell).note; n != ReachLog::kNone;
       n = cell_reaches_.back()->previous) {
    cell_reaches_.push_back(&reaches_.Get(n));
  }
  std::reverse(cell_reaches_.begin(), cell_reaches_.end());
  const Period period{PeriodKind::kDay, cell.day, cell.day + 1};
  const std::vector<ValueLine>& lines = plans_.lines[cell.kpi];
  for (size_t line = cell_reaches_.front()->begin; line < cell_reaches_.back()->end; ++line) {
    KPIWATCH_RETURN_IF_ERROR(LookAtLine(reached, lines[line].rule, period));
  }
  return absl::OkStatus();
}

absl::Status Core::LookAtLine(const ReachedCell& reached, RuleIndex r, const Period& period) {
  const Touched& touched = series_->touched()[reached.cell];
  const Rule& rule = rulebook_->rules[r];
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  OpenLadder* ladder = reached.open->ladders.Find(rule_id_of_[r]);
  if (ladder != nullptr && IsAtEnd(plans_.all_tiers[r], ladder->latched)) {
    return absl::OkStatus();
  }
  if (!IsMeasured(rule.kpi, period) ||
      !RuleCovers(*rulebook_, rule, subjects_.Get(touched.subject), period)) {
    return absl::OkStatus();
  }
  const LadderState before = ladder == nullptr ? LadderState() : ladder->state();
  const auto after = [&](const Aggregate& at) {
    return AdvanceOpen(rule, before, InputOf(period, ReadSimple(kpi, at, std::nullopt)));
  };
  ++open_evaluations_[r];
  // The last reach was that of the highest line.
  const LadderState state = after(cell_reaches_.back()->at);
  if (state.latched == before.latched) {
    return absl::OkStatus();
  }
  if (ladder == nullptr) {
    ladder = &reached.open->ladders.Add(rule_id_of_[r]);
  }
  ladder->Latch(state.latched);
  ladders_->MarkChanged(reached.open);
  const Level from = before.level();
  const Level to = state.level();
  if (from == to) {
    return absl::OkStatus();
  }
  // The event with which it came to that level (D-09).
  const auto at =
      cell_reaches_.size() == 1
          ? cell_reaches_.begin()
          : std::find_if(cell_reaches_.begin(), cell_reaches_.end(),
                         [&](const auto* reach) { return after(reach->at).level() == to; });
  // What the step leaves is told where it says the same by itself.
  KpiReading reading = ReadSimple(kpi, SeriesTable::CellOf(touched).value, std::nullopt);
  if (reading.value < MeasuredValue(kpi, cell_reaches_.back()->at) &&
      after(SeriesTable::CellOf(touched).value).level() != to) {
    reading = ReadSimple(kpi, (*at)->at, std::nullopt);
  }
  const CauseLog::Event& cause = causes_.EventAt((*at)->event);
  TellOpen(rule, touched.subject, period, from, to,
           {.at = absl::FromUnixMillis(cause.time_ms), .reading = &reading, .cause = &cause},
           ladder);
  return absl::OkStatus();
}

}  // namespace kpiwatch
