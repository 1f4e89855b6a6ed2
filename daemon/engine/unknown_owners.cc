#include "daemon/engine/unknown_owners.h"

#include <algorithm>
#include <cstdint>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kToldNobody = "told_no_owner";  // persisted
constexpr std::string_view kWaiting = "unknown_owner ";    // persisted
// Where others are told by their ids.
constexpr std::string_view kNobody = "\"\"";

std::string WaitingKey(std::string_view id) {
  return CursorKey(std::string(kWaiting) + std::string(id));
}

}  // namespace

bool UnknownOwners::Days::Contains(Day day) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), day,
                                      [](Day d, const auto& range) { return d < range.first; });
  return after != ranges_.begin() && day < (after - 1)->second;
}

bool UnknownOwners::Days::Add(Day day) {
  if (Contains(day)) {
    return false;
  }
  auto next = std::upper_bound(ranges_.begin(), ranges_.end(), day,
                               [](Day d, const auto& range) { return d < range.first; });
  const bool joins_last = next != ranges_.begin() && (next - 1)->second == day;
  const bool joins_next = next != ranges_.end() && next->first == day + 1;
  if (joins_last && joins_next) {
    (next - 1)->second = next->second;
    ranges_.erase(next);
  } else if (joins_last) {
    (next - 1)->second = day + 1;
  } else if (joins_next) {
    next->first = day;
  } else if (ranges_.size() < kMostRanges) {
    ranges_.insert(next, {day, day + 1});
  } else {
    return false;
  }
  return true;
}

std::string UnknownOwners::Days::Encode() const {
  std::string value;
  wire::AppendVarint(ranges_.size(), &value);
  for (const auto& [begin, end] : ranges_) {
    wire::AppendSigned(begin.number, &value);
    wire::AppendSigned(end.number, &value);
  }
  return value;
}

UnknownOwners::Days UnknownOwners::Days::Decode(std::string_view value) {
  Days days;
  if (value.empty()) {
    days.ranges_.emplace_back(Day{INT32_MIN}, Day{INT32_MAX});
    return days;
  }
  wire::Reader reader(value);
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    const Day begin{static_cast<int32_t>(reader.Signed())};
    const Day end{static_cast<int32_t>(reader.Signed())};
    if (reader.ok()) {
      days.ranges_.emplace_back(begin, end);
    }
  }
  return days;
}

absl::Status UnknownOwners::Restore(const StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const auto told, store.Get(Family::kMeta, CursorKey(kToldNobody)));
  told_nobody_ = told.has_value();
  const std::string prefix = WaitingKey("");
  return store.Scan(Family::kMeta, prefix, PrefixEnd(prefix),
                    [&](std::string_view key, std::string_view value) {
                      waiting_.emplace(key.substr(prefix.size()), Days::Decode(value));
                      return true;
                    });
}

bool UnknownOwners::Knows(std::string_view id, Day day) const {
  const auto found = waiting_.find(id);
  return found != waiting_.end() && found->second.Contains(day);
}

void UnknownOwners::Add(std::string_view id, Day day, bool all, WriteBatch* names) {
  auto found = waiting_.find(id);
  const bool is_new = found == waiting_.end();
  if (is_new) {
    if (waiting_.size() >= kMostOwners) {
      return;
    }
    found = waiting_.emplace(id, Days()).first;
    ids_.emplace_back(id);
  }
  if ((all && found->second.Add(day)) || is_new) {
    names->Put(Family::kMeta, WaitingKey(id), found->second.Encode());
  }
}

void UnknownOwners::Settle(const std::string& id, Days left, WriteBatch* names) {
  if (left.empty()) {
    waiting_.erase(id);
    names->Delete(Family::kMeta, WaitingKey(id));
    return;
  }
  names->Put(Family::kMeta, WaitingKey(id), left.Encode());
  waiting_[id] = std::move(left);
}

void UnknownOwners::AddNobody(WriteBatch* names) {
  ids_.emplace_back(kNobody);
  told_nobody_ = true;
  names->Put(Family::kMeta, CursorKey(kToldNobody), "");
}

}  // namespace kpiwatch
