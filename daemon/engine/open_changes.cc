// What another rulebook makes of periods that are open (D-29): rules on them that were changed or
// are new, and those whose targets are others, look at once at what is stored.
#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {

absl::Status Core::EndOpen(const std::set<uint32_t>& gone, const OpenAgain& again) {
  std::map<uint32_t, RuleIndex> known;
  for (const auto& [r, reason] : again) {
    known[rule_id_of_[r]] = r;
  }
  std::vector<std::pair<SubjectId, Period>> stored;
  KPIWATCH_RETURN_IF_ERROR(
      store_->Scan(Family::kLadder, "", "", [&](std::string_view key, std::string_view) {
        const auto parts = ParseLadderKey(key);
        if (const auto period = parts ? ParseOpenLadderKeyRest(parts->rest) : std::nullopt) {
          stored.emplace_back(SubjectId(parts->subject), *period);
        }
        return true;
      }));
  for (const auto& [subject, period] : stored) {
    KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
    std::set<uint32_t> ended;
    for (size_t i = 0; i < open->ladders.size(); ++i) {
      const OpenLadder& ladder = open->ladders.At(i);
      const auto rule = known.find(ladder.rule);
      const bool is_gone = gone.contains(ladder.rule);
      if (!is_gone && (rule == known.end() || LooksAt(rule->second, subject, period))) {
        continue;
      }
      if (ladder.level() != Level::kGreen) {
        const Level told = ladder.told.nothing() ? Level::kGreen : ladder.level();
        LeftFiring left{ladder.rule, subject, period, ladder.level(), told, ladder.since_ms};
        left.value = ladder.value;  // as last said, where nothing says more
        const auto kpi = rulebook_->FindKpi(told_log_.KpiOf(ladder.told));
        if (kpi && IsMeasured(*kpi, period)) {
          left.target = plans_.TargetOf(*rulebook_, *kpi, subjects_.Get(subject).Name(), period);
          KPIWATCH_ASSIGN_OR_RETURN(const KpiReading now,
                                    viewer_->Read(*kpi, subject, {}, period, left.target));
          left.value = now.state == ValueState::kKnown ? std::optional(now.value) : std::nullopt;
        }
        EndLeft(left,
                is_gone                                             ? v1::REASON_RULE_REMOVED
                : again.at(rule->second) == v1::REASON_RULE_CHANGED ? v1::REASON_RULE_CHANGED
                                                                    : v1::REASON_NO_LONGER_COVERED,
                ladder.told);
      }
      ended.insert(ladder.rule);
    }
    if (!ended.empty()) {
      open->ladders.EraseIf([&](const OpenLadder& ladder) { return ended.contains(ladder.rule); });
      ladders_->MarkChanged(open);
    }
  }
  return absl::OkStatus();
}

std::optional<Decimal> Core::TargetIn(RuleIndex r, SubjectId subject, const Period& period) const {
  const Rule& rule = rulebook_->rules[r];
  return rule.period == PeriodKind::kTarget || plans_.needs_target[r]
             ? plans_.TargetOf(*rulebook_, rule.kpi, subjects_.Get(subject).Name(), period)
             : std::nullopt;
}

bool Core::LooksAt(RuleIndex r, SubjectId subject, const Period& period) const {
  const Rule& rule = rulebook_->rules[r];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  const SubjectInfo& info = subjects_.Get(subject);
  const bool is_person = info.kind == SubjectKind::kPerson;
  if (rule.evaluate == EvaluateMode::kOnClose || rule.period != period.kind ||
      (rule.for_each == ForEach::kPerson) != is_person ||
      (group.next && period.end <= *group.next)) {
    return false;
  }
  const bool by_target = period.kind == PeriodKind::kTarget;
  if (!by_target && period.kind != PeriodKind::kDay &&
      rulebook_->calendars[group.calendar].PeriodOf(period.kind, period.begin) != period) {
    return false;
  }
  if (by_target || plans_.needs_target[r]) {
    const std::optional<Decimal> target = TargetIn(r, subject, period);
    if (!target || (plans_.needs_target[r] && target->is_zero())) {
      return false;
    }
  }
  return RuleCovers(*rulebook_, rule, info, period) && IsMeasured(rule.kpi, period);
}

absl::StatusOr<std::vector<std::vector<Day>>> Core::DaysWithData(SubjectId subject,
                                                                 Day from) const {
  std::vector<std::vector<Day>> days(rulebook_->kpis.size());
  KPIWATCH_RETURN_IF_ERROR(
      loader_->Load(subject, from, Day{INT32_MAX}, [&](Day day, std::span<const StoredCell> cells) {
        for (const StoredCell& cell : cells) {
          days[cell.kpi].push_back(day);
        }
      }));
  return days;
}

absl::Status Core::JudgeOpenAgain(const OpenAgain& again) {
  std::optional<Day> from;
  for (const auto& [r, reason] : again) {
    const SealGroup& group = groups_[group_of_kpi_[rulebook_->rules[r].kpi]];
    const std::optional<Day> next = group.next ? group.next : group.earliest;
    if (rulebook_->rules[r].evaluate != EvaluateMode::kOnClose && next) {
      from = from ? std::min(*from, *next) : *next;
    }
  }
  if (!from) {
    return absl::OkStatus();
  }
  for (const SubjectId subject : subjects_.ByName()) {
    KPIWATCH_ASSIGN_OR_RETURN(const auto days, DaysWithData(subject, *from));
    for (const auto& [r, reason] : again) {
      if (rulebook_->rules[r].evaluate != EvaluateMode::kOnClose) {
        KPIWATCH_RETURN_IF_ERROR(JudgeOpenAgain(r, reason, subject, days[rulebook_->rules[r].kpi]));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Core::JudgeOpenAgain(RuleIndex r, v1::Reason reason, SubjectId subject,
                                  const std::vector<Day>& booked) {
  const Rule& rule = rulebook_->rules[r];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  std::set<Period> periods;
  if (rule.period == PeriodKind::kTarget) {
    const auto targets = plans_.targets_of_subject.find(subjects_.Get(subject).Name());
    if (targets == plans_.targets_of_subject.end()) {
      return absl::OkStatus();
    }
    for (const size_t t : targets->second) {
      Period period = rulebook_->targets[t].period;
      period.kind = PeriodKind::kTarget;
      periods.insert(period);  // of another KPI too: LooksAt knows
    }
  } else {
    const auto add = [&](Day day) {
      periods.insert(rule.period == PeriodKind::kDay
                         ? Period{PeriodKind::kDay, day, day + 1}
                         : rulebook_->calendars[group.calendar].PeriodOf(rule.period, day));
    };
    std::for_each(booked.begin(), booked.end(), add);
    if (const std::optional<Day> next = group.next ? group.next : group.earliest) {
      add(*next);
    }
  }
  for (const Period& period : periods) {
    if (LooksAt(r, subject, period)) {
      KPIWATCH_RETURN_IF_ERROR(JudgeOpenAgain(r, reason, subject, period));
    }
  }
  return absl::OkStatus();
}

absl::Status Core::JudgeOpenAgain(RuleIndex r, v1::Reason reason, SubjectId subject,
                                  const Period& period) {
  const Rule& rule = rulebook_->rules[r];
  if (rule.evaluate == EvaluateMode::kOnPace) {
    return JudgePaceAgain(r, reason, subject, period);
  }
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  const std::optional<Decimal> target = TargetIn(r, subject, period);
  const bool may_be_silent = plans_.needs_target[r] && period.kind != PeriodKind::kDay;
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                            series_->Sum(subject, rule.kpi, period.begin, period.end));
  KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
  OpenLadder* ladder = open->ladders.Find(rule_id_of_[r]);
  OpenLadder judged;
  if (ladder != nullptr && reason != v1::REASON_RULE_CHANGED) {
    judged.Latch(ladder->latched);
    judged.reached |= ladder->reached;
  }
  const auto look = [&](const Aggregate& at) {
    judged.Latch(
        AdvanceOpen(rule, judged.state(), InputOf(period, ReadSimple(kpi, at, target))).latched);
  };
  // Day by day, as far as there is anything to see.
  Aggregate at;
  bool seen = false;
  for (Day day = period.begin; day < period.end; ++day) {
    const bool silent = may_be_silent && at == Aggregate() && group.next && day < *group.next;
    if (at == sum && !silent) {
      break;
    }
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate of_day,
                              series_->Sum(subject, rule.kpi, day, day + 1));
    at.Merge(of_day);
    if (of_day == Aggregate() &&
        !(silent && calendar.IsWorkingDay(day) &&
          AnswersForZero(*rulebook_, rule, subjects_.Get(subject), period, day))) {
      continue;
    }
    seen = true;
    if (reason == v1::REASON_RULE_CHANGED) {
      look(at);
    }
  }
  if (seen && reason != v1::REASON_RULE_CHANGED) {
    look(sum);
  }
  ++open_evaluations_[r];
  if (ladder == nullptr && judged.reached == 0) {
    return absl::OkStatus();
  }
  if (ladder == nullptr) {
    ladder = &open->ladders.Add(rule_id_of_[r]);
  }
  const Level was = ladder->level();
  ladder->latched = judged.latched;
  ladder->reached = judged.reached;
  ladders_->MarkChanged(open);
  if (ladder->level() != was) {
    const KpiReading reading = ReadSimple(kpi, sum, target);
    TellOpen(rule, subject, period, was, ladder->level(),
             {.at = Moment(), .reading = &reading, .reason = reason}, ladder);
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
