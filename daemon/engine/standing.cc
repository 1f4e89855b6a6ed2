// How what a ladder left firing ends where nothing judges it any more.
#include <algorithm>
#include <optional>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {
namespace {

// The last day of somebody who has left by `day`; nullopt: he has not.
std::optional<Day> LastDayOf(const Org& org, const SubjectInfo& subject, Day day) {
  const auto entries = org.people_by_id.find(subject.id);
  if (subject.kind != SubjectKind::kPerson || entries == org.people_by_id.end() ||
      org.FindPerson(subject.id, day) != nullptr) {
    return std::nullopt;
  }
  std::optional<Day> last;
  for (const PersonIndex p : entries->second) {
    if (const std::optional<Day>& to = org.people[p].to; to && *to <= day) {
      last = std::max(last.value_or(*to - 1), *to - 1);
    }
  }
  return last;
}

}  // namespace

absl::Status Core::EndUncovered(RuleIndex r, SubjectId subject, Day day, absl::Time at) {
  const Rule& rule = rulebook_->rules[r];
  if (RuleWatchesFrom(*rulebook_, rule, subjects_.Get(subject), day)) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(const bool known, ladders_->Has(subject, rule_id_of_[r]));
  if (!known) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
  if (!ladder->records.empty()) {
    const SubjectInfo& info = subjects_.Get(subject);
    const auto last_day = LastDayOf(rulebook_->org, info, day);
    if (last_day && !ladder->told.nothing()) {
      // What he leaves open is his manager's (S-21).
      const Notify manager{.steps = 1, .person = {}};
      for (const std::string& person : Recipients(rulebook_->org, info, {manager}, *last_day)) {
        ladder->told.AddPerson(person);
      }
    }
    // All of it goes, whatever it says now: what is late for it would find nobody to tell.
    EndStanding(rule, subject, at, v1::REASON_NO_LONGER_COVERED, ladder);
    *ladder = Ladder();
    ladders_->MarkChanged(subject, rule_id_of_[r]);
  }
  return absl::OkStatus();
}

void Core::EndStanding(const Rule& rule, SubjectId subject, absl::Time at, v1::Reason reason,
                       Ladder* ladder) {
  for (size_t i = FirstStanding(*ladder); i < ladder->records.size(); ++i) {
    SealedRecord& record = ladder->records[i];
    if (const auto telling = TellingOf(record.after.level(), Level::kGreen, {}, &record.told)) {
      Told told = ladder->told;
      v1::Transition& ended = NewTransition(rule, subject, record.period, telling->from,
                                            Level::kGreen, reason, at, ladder->since_ms);
      // The rule may be about another KPI by now.
      if (const std::string of = told_log_.KpiOf(told); of.empty() || of == ended.kpi()) {
        FillFigures(*rulebook_, record.known ? std::optional(record.value) : std::nullopt,
                    record.target, &ended);
      }
      FillConsequences(rule, subject, record.period, telling->from, Level::kGreen, at,
                       telling->not_sent, &told, &ended);
      Emit(&ended);
    }
  }
  ladder->told = Told();
}

}  // namespace kpiwatch
