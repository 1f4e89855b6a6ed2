#include "daemon/engine/correction_log.h"

namespace kpiwatch {

void CorrectionLog::Add(KpiIndex kpi, SubjectId subject, Day day, std::string_view id,
                        int64_t record_ms) {
  const std::tuple key(kpi, subject, day);
  if (events_.size() >= kMost && !events_.contains(key)) {
    return;
  }
  Event& event = events_[key];
  event.order = ++order_;
  event.id = id;
  event.record_ms = record_ms;
}

const CorrectionLog::Event* CorrectionLog::LastOf(
    const Period& period, absl::FunctionRef<bool(KpiIndex, SubjectId, Day)> counts) const {
  const Event* last = nullptr;
  std::pair<bool, uint64_t> best;
  for (const auto& [key, event] : events_) {
    const auto& [kpi, subject, day] = key;
    const std::pair rank(day >= period.begin, event.order);
    if (day < period.end && (last == nullptr || best < rank) && counts(kpi, subject, day)) {
      last = &event;
      best = rank;
    }
  }
  return last;
}

}  // namespace kpiwatch
