#include "daemon/engine/stored_values.h"

#include <string>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/engine/day_row.h"
#include "daemon/engine/id_table.h"
#include "daemon/fold/subject_table.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

// The written names of all subjects, by number.
absl::StatusOr<std::vector<std::string>> SubjectNames(const StateStore& store) {
  std::vector<std::string> names;
  bool damaged = false;
  const std::string_view prefix = "i";
  KPIWATCH_RETURN_IF_ERROR(store.Scan(Family::kMeta, prefix, PrefixEnd(prefix),
                                      [&](std::string_view key, std::string_view value) {
                                        if (const auto id = ParseInternKey(key)) {
                                          wire::Reader reader(value);
                                          SubjectInfo info;
                                          info.kind = static_cast<SubjectKind>(reader.U8());
                                          info.id = std::string(reader.String());
                                          damaged = damaged || !reader.ok() || *id != names.size();
                                          names.push_back(info.Name());
                                        }
                                        return !damaged;
                                      }));
  if (damaged) {
    return absl::DataLossError("the store's table of subjects is damaged");
  }
  return names;
}

}  // namespace

absl::Status VisitStoredValues(const StateStore& store,
                               absl::FunctionRef<void(const StoredValue&)> visit) {
  IdTable kpis('k');
  KPIWATCH_RETURN_IF_ERROR(kpis.Restore(store));
  KPIWATCH_ASSIGN_OR_RETURN(const std::vector<std::string> subjects, SubjectNames(store));
  bool damaged = false;
  bool unknown_kpi = false;
  KPIWATCH_RETURN_IF_ERROR(
      store.Scan(Family::kSeries, "", "", [&](std::string_view key, std::string_view value) {
        const auto parts = ParseSeriesKey(key);
        if (!parts || parts->subject >= subjects.size()) {
          damaged = true;
          return false;
        }
        damaged = !ReadDayRow(value, [&](uint64_t kpi, const Aggregate& gathered) {
          if (kpi >= kpis.size()) {
            unknown_kpi = true;
            return;
          }
          const std::string_view name = kpis.Get(static_cast<uint32_t>(kpi)).name;
          if (kpis.Find(name) == kpi) {
            visit({name, subjects[parts->subject], parts->day, gathered});
          }
        });
        damaged = damaged || unknown_kpi;
        return !damaged;
      }));
  return damaged ? absl::DataLossError("a stored day is damaged") : absl::OkStatus();
}

}  // namespace kpiwatch
