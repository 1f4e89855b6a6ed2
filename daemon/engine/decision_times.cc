#include "daemon/engine/decision_times.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kDecided = "decided/";
constexpr int kGapsOfTheOldest = 1000;

std::string KeyOf(uint64_t first) { return CursorKey(kDecided) + OutboxKey(first); }

}  // namespace

absl::Status DecisionTimes::Restore(const StateStore& store, uint64_t last, absl::Time now) {
  last_ = last;
  restored_ = now;
  const std::string prefix = CursorKey(kDecided);
  return store.Scan(Family::kMeta, prefix, PrefixEnd(prefix),
                    [&](std::string_view key, std::string_view value) {
                      if (const auto first = ParseOutboxKey(key.substr(prefix.size()))) {
                        marks_.push_back({.first = *first,
                                          .time = absl::FromUnixMillis(wire::Reader(value).I64()),
                                          .stored = true});
                      }
                      return true;
                    });
}

void DecisionTimes::Note(uint64_t first, uint64_t last, absl::Time now) {
  last_ = last;
  const absl::Duration gap =
      marks_.empty() ? absl::ZeroDuration()
                     : std::max(kLeastGap, (now - marks_.front().time) / kGapsOfTheOldest);
  if (marks_.empty() || now - marks_.back().time >= gap) {
    marks_.push_back({.first = first, .time = now});
  }
}

void DecisionTimes::AddChanges(uint64_t first_waiting, absl::Time now, WriteBatch* batch) {
  const auto is_done = [&] {
    return marks_.size() > 1 ? marks_[1].first <= first_waiting
                             : !marks_.empty() && first_waiting > last_;
  };
  while (is_done()) {
    if (marks_.front().stored) {
      batch->Delete(Family::kMeta, KeyOf(marks_.front().first));
    }
    marks_.pop_front();
  }
  // The newest are not in the store yet.
  for (auto mark = marks_.rbegin(); mark != marks_.rend() && !mark->stored; ++mark) {
    if (now - mark->time >= kLeastGap) {
      std::string value;
      wire::AppendI64(absl::ToUnixMillis(mark->time), &value);
      batch->Put(Family::kMeta, KeyOf(mark->first), value);
      mark->stored = true;
    }
  }
}

absl::Time DecisionTimes::Of(uint64_t seq) const {
  const auto after = std::upper_bound(marks_.begin(), marks_.end(), seq,
                                      [](uint64_t s, const Mark& mark) { return s < mark.first; });
  return after == marks_.begin() ? restored_ : std::prev(after)->time;
}

}  // namespace kpiwatch
