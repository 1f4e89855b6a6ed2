// What another rulebook makes of KPIs (D-29): a new or changed one begins a series of its own, one
// that is taken out stops. What was not measured is not known, and never a miss (S-26).
#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

void Core::TakeKpiChanges(size_t known) {
  if (step_ == 0) {
    return;  // nothing was read before
  }
  // Of a day that has begun events may have been read before.
  absl::Time begun = progress_.NewestRecord();
  if (progress_.newest_event_ms() != kNoTime) {
    begun = std::min(begun, absl::FromUnixMillis(progress_.newest_event_ms()));
  }
  begun = std::max(begun, Moment());
  const auto first_whole_day = [&](KpiIndex k) {
    return rulebook_->calendars[rulebook_->kpis[k].calendar].DayOf(begun) + 1;
  };
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const uint32_t id = kpi_id_of_[k];
    const std::vector<uint32_t>& sources = groups_[group_of_kpi_[k]].sources;
    // What is made of other KPIs has no series of its own.
    const bool begins = id >= known && rulebook_->kpis[k].type == KpiType::kSimple &&
                        std::any_of(sources.begin(), sources.end(),
                                    [&](uint32_t source) { return progress_.HasRead(source); });
    if (begins) {
      measured_.Stop(id, Day{INT32_MIN});
    }
    if (measured_.IsStopped(id)) {
      const Day from = first_whole_day(k);
      measured_.Resume(id, from);
      Log(LogLevel::kWarn,
          "a KPI is new or changed, or was not there for a while: periods before this day are not "
          "judged by it",
          {{"kpi", rulebook_->kpis[k].name}, {"from", from.ToString()}});
    }
  }
  // Days that are sealed are whole; of the others events may come that nobody takes.
  std::optional<Day> open;
  for (const SealGroup& group : groups_) {
    if (const std::optional<Day> next = group.next ? group.next : group.earliest) {
      open = std::min(open.value_or(*next), *next);
    }
  }
  for (uint32_t id = 0; id < kpi_of_id_.size(); ++id) {
    if (kpi_of_id_[id] == UINT32_MAX && kpi_ids_.Find(kpi_ids_.Get(id).name) == id) {
      measured_.Stop(id, open.value_or(Day{INT32_MIN}));
    }
  }
  measured_.Write(&names_);
}

absl::Time Core::Moment() const {
  for (const absl::Time moment : {now_, progress_.NewestRecord(), live_from_}) {
    if (moment != absl::InfinitePast()) {
      return moment;
    }
  }
  return absl::UnixEpoch();
}

bool Core::IsMeasured(KpiIndex k, const Period& period) const {
  const Kpi& kpi = rulebook_->kpis[k];
  return measured_.Covers(kpi_id_of_[k], period) &&
         std::all_of(kpi.parts.begin(), kpi.parts.end(),
                     [&](KpiIndex part) { return measured_.Covers(kpi_id_of_[part], period); });
}

absl::StatusOr<KpiReading> Core::ReadRecord(const Rule& rule, SubjectId subject,
                                            const SealedRecord& record) {
  if (IsMeasured(rule.kpi, record.period)) {
    return ReadFor(rule, subject, record.period, record.target,
                   record.capacity
                       ? record.capacity
                       : FloorsOf(*rulebook_, rule, subjects_.Get(subject), record.period));
  }
  KpiReading reading;
  reading.value = record.value;
  reading.target = record.target;
  reading.met = record.met;
  if (record.target) {
    reading.completion =
        Completion(rulebook_->kpis[rule.kpi].direction, record.value, *record.target);
  }
  return reading;
}

}  // namespace kpiwatch
