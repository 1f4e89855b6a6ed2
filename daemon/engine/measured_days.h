// Which days the series of a KPI has measured (D-29, S-26): one that begins in a store that had
// read events before knows nothing of the days until then, and one whose KPI was taken out of the
// rules nothing of the days meanwhile. Such days are neither zero nor missed.
//
// Limits: of a KPI kMostGaps gaps are kept; beyond them the two oldest become one.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/model/period.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class MeasuredDays {
 public:
  static constexpr size_t kMostGaps = 32;

  // Errors: the store's; kDataLoss.
  absl::Status Restore(const StateStore& store);

  // The series of that stored number measures nothing from `begin` on, until Resume. No effect on
  // one that has stopped before.
  void Stop(uint32_t kpi, Day begin);
  // It measures `end` and the days from there on. No effect on one that has not stopped.
  void Resume(uint32_t kpi, Day end);
  // Puts what was changed since the last call into *batch.
  void Write(WriteBatch* batch);

  bool Covers(uint32_t kpi, const Period& period) const;
  bool IsStopped(uint32_t kpi) const;

 private:
  struct Gap {
    Day begin;
    Day end;  // not included; kOpen: it has not ended
  };
  static constexpr Day kOpen{INT32_MAX};

  std::map<uint32_t, std::vector<Gap>> gaps_;  // ascending
  bool changed_ = false;
};

}  // namespace kpiwatch
