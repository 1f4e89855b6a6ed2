// The events of a step that corrected sealed days, so that a restatement can name its cause (S-18).
//
// Limits: kMost days of KPIs and subjects a step; what corrects others then is not kept.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/functional/function_ref.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/day.h"
#include "daemon/model/event.h"
#include "daemon/model/period.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

class CorrectionLog {
 public:
  static constexpr size_t kMost = 100'000;

  struct Event {
    uint64_t order = 0;  // ascending
    std::string id;
    int64_t record_ms = kNoTime;
  };

  // `id`: the event that corrected the KPI's day of the subject; the last one is kept.
  void Add(KpiIndex kpi, SubjectId subject, Day day, std::string_view id, int64_t record_ms);
  // The last event that corrected a day of the period; where there is none, and the period only
  // counts on, the last of the days before it. `counts` says of which KPIs and subjects. Null:
  // none did. Valid until the next Add or Clear.
  const Event* LastOf(const Period& period,
                      absl::FunctionRef<bool(KpiIndex, SubjectId, Day)> counts) const;
  void Clear() { events_.clear(); }

 private:
  std::map<std::tuple<KpiIndex, SubjectId, Day>, Event> events_;
  uint64_t order_ = 0;
};

}  // namespace kpiwatch
