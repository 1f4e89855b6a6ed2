// Reads the KPI values off a store, without an engine and without its rule files.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// One bucket. Views are valid during the call.
struct StoredValue {
  std::string_view kpi;
  std::string_view subject;  // "person:u102"
  Day day;
  Aggregate value;
};

// Calls `visit` with every bucket, by number of the subject, day and number of the KPI; those that
// an earlier definition of a KPI left behind are passed over (D-29). Errors: the store's; kDataLoss
// for what no engine wrote.
absl::Status VisitStoredValues(const StateStore& store,
                               absl::FunctionRef<void(const StoredValue&)> visit);

}  // namespace kpiwatch
