#include "daemon/engine/measured_days.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kCursor = "unmeasured";

}  // namespace

absl::Status MeasuredDays::Restore(const StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const auto stored, store.Get(Family::kMeta, CursorKey(kCursor)));
  if (!stored) {
    return absl::OkStatus();
  }
  wire::Reader reader(*stored);
  const uint64_t kpis = reader.Varint();
  for (uint64_t k = 0; k < kpis && reader.ok(); ++k) {
    std::vector<Gap>& gaps = gaps_[static_cast<uint32_t>(reader.Varint())];
    const uint64_t count = reader.Varint();
    for (uint64_t g = 0; g < count && reader.ok(); ++g) {
      const Day begin{static_cast<int32_t>(reader.Signed())};
      gaps.push_back({begin, Day{static_cast<int32_t>(reader.Signed())}});
    }
  }
  return reader.AtEnd() ? absl::OkStatus()
                        : absl::DataLossError("the store's record of unmeasured days is damaged");
}

void MeasuredDays::Stop(uint32_t kpi, Day begin) {
  if (IsStopped(kpi)) {
    return;
  }
  std::vector<Gap>& gaps = gaps_[kpi];
  while (!gaps.empty() && begin <= gaps.back().end) {
    begin = std::min(begin, gaps.back().begin);
    gaps.pop_back();
  }
  gaps.push_back({begin, kOpen});
  if (gaps.size() > kMostGaps) {
    gaps[1].begin = gaps[0].begin;
    gaps.erase(gaps.begin());
  }
  changed_ = true;
}

void MeasuredDays::Resume(uint32_t kpi, Day end) {
  if (IsStopped(kpi)) {
    std::vector<Gap>& gaps = gaps_[kpi];
    gaps.back().end = std::max(end, gaps.back().begin);
    changed_ = true;
  }
}

void MeasuredDays::Write(WriteBatch* batch) {
  if (!std::exchange(changed_, false)) {
    return;
  }
  std::string value;
  wire::AppendVarint(gaps_.size(), &value);
  for (const auto& [kpi, gaps] : gaps_) {
    wire::AppendVarint(kpi, &value);
    wire::AppendVarint(gaps.size(), &value);
    for (const Gap& gap : gaps) {
      wire::AppendSigned(gap.begin.number, &value);
      wire::AppendSigned(gap.end.number, &value);
    }
  }
  batch->Put(Family::kMeta, CursorKey(kCursor), value);
}

bool MeasuredDays::Covers(uint32_t kpi, const Period& period) const {
  if (gaps_.empty()) {
    return true;
  }
  const auto found = gaps_.find(kpi);
  return found == gaps_.end() ||
         std::none_of(found->second.begin(), found->second.end(), [&](const Gap& gap) {
           return gap.begin < period.end && period.begin < gap.end;
         });
}

bool MeasuredDays::IsStopped(uint32_t kpi) const {
  const auto found = gaps_.find(kpi);
  return found != gaps_.end() && !found->second.empty() && found->second.back().end == kOpen;
}

}  // namespace kpiwatch
