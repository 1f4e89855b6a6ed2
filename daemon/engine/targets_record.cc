#include "daemon/engine/targets_record.h"

#include <string_view>
#include <utility>

#include "daemon/base/hash.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kCursor = "targets";

}  // namespace

absl::StatusOr<bool> TargetsRecord::Take(const StateStore& store, const Rulebook& rulebook,
                                         WriteBatch* names) {
  std::string targets;
  for (const Target& target : rulebook.targets) {
    wire::AppendString(rulebook.kpis[target.kpi].name, &targets);
    wire::AppendString(target.subject, &targets);
    // By its days: what a quarter is called depends on where years begin.
    wire::AppendString(PeriodKindName(target.period.kind), &targets);
    wire::AppendString(target.period.begin.ToString(), &targets);
    wire::AppendString(target.period.end.ToString(), &targets);
    wire::AppendString(target.value.ToString(), &targets);
  }
  std::string fingerprint;
  wire::AppendI64(static_cast<int64_t>(HashOf({targets}).low), &fingerprint);
  if (!fingerprint_) {
    KPIWATCH_ASSIGN_OR_RETURN(fingerprint_, store.Get(Family::kMeta, CursorKey(kCursor)));
  }
  if (fingerprint_ == fingerprint) {
    return false;
  }
  names->Put(Family::kMeta, CursorKey(kCursor), fingerprint);
  // Of an older store it is not known what they were.
  return std::exchange(fingerprint_, fingerprint).has_value();
}

}  // namespace kpiwatch
