#include "daemon/fold/dedup_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
constexpr size_t kPrefetchDistance = 16;

// Segments of one class are merged when there are kFanIn of them; the result is of the next class.
constexpr size_t kFanIn = 16;
constexpr int kLastingClass = 3;
int ClassOf(size_t ids) {
  static_assert(DedupWindow::kLeastLastingIds == 64 * kFanIn * kFanIn);
  return ids < 64 ? 0 : ids < 64 * kFanIn ? 1 : ids < DedupWindow::kLeastLastingIds ? 2 : 3;
}

absl::Status Damaged(uint64_t segment, std::string_view what) {
  return absl::DataLossError(fmt::format("segment {} of stored event ids {}", segment, what));
}

}  // namespace

DedupWindow::DedupWindow(Options options)
    : options_(options), window_start_us_(kNever), last_arrival_us_(kNever) {
  KPIWATCH_CHECK(options.max_ids >= 1 && options.max_ids <= kMaxIds, "max_ids out of range");
}

absl::Time DedupWindow::window_start() const {
  return window_start_us_ == kNever ? absl::InfinitePast() : absl::FromUnixMicros(window_start_us_);
}

// How many of the last small segments the open one takes in. Afterwards classes descend from old to
// new with fewer than kFanIn of each, and nothing small stands before something lasting. An id
// moves to a higher class whenever it is written again.
size_t DedupWindow::CountToMerge() const {
  size_t merged = 0;
  size_t total = open_.size();
  const auto next_size = [&] { return small_[small_.size() - 1 - merged].size(); };
  const auto take_while = [&](auto wanted) {
    while (merged < small_.size() && wanted(ClassOf(next_size()))) {
      total += next_size();
      ++merged;
    }
  };
  for (;;) {
    take_while([&](int its_class) { return its_class < ClassOf(total); });
    const int own_class = ClassOf(total);
    size_t alike = 0;
    while (merged + alike < small_.size() &&
           ClassOf(small_[small_.size() - 1 - merged - alike].size()) == own_class) {
      ++alike;
    }
    if (alike + 1 < kFanIn) {
      return merged;
    }
    for (; alike > 0; --alike) {
      total += next_size();
      ++merged;
    }
  }
}

// Moves the ids of the last small segments before those of the open one.
void DedupWindow::TakeSmall(size_t segments, WriteBatch* batch) {
  if (segments == 0) {
    return;
  }
  IdList all;
  for (auto it = small_.end() - static_cast<ptrdiff_t>(segments); it != small_.end(); ++it) {
    all.Append(*it);
  }
  all.Append(open_);
  open_.Swap(all);
  for (; segments > 0; --segments) {
    batch->Delete(Family::kDedup, DedupKey(segments_.back().number));
    segments_.pop_back();
    small_.pop_back();
  }
}

void DedupWindow::PutSegment(size_t begin, size_t end, int64_t arrival_us, WriteBatch* batch) {
  PackSegment(arrival_us, open_.Bytes(begin, end), &value_);
  batch->Put(Family::kDedup, DedupKey(next_number_), value_);
  segments_.push_back({next_number_, arrival_us, static_cast<uint32_t>(end - begin)});
  ++next_number_;
}

void DedupWindow::SealSegment(absl::Time arrival, WriteBatch* batch) {
  if (open_.empty()) {
    return;
  }
  last_arrival_us_ = std::max(last_arrival_us_, absl::ToUnixMicros(arrival));
  TakeSmall(CountToMerge(), batch);
  const size_t count = open_.size();
  const size_t parts = (count + kMostSegmentIds - 1) / kMostSegmentIds;
  for (size_t part = 0; part < parts; ++part) {
    PutSegment(count * part / parts, count * (part + 1) / parts, last_arrival_us_, batch);
  }
  if (count < kLeastLastingIds) {
    small_.push_back(open_);
  }
  open_.Clear();
  PutState(batch);
}

absl::Status DedupWindow::DropOldest(const StateStore& store, WriteBatch* batch) {
  const Segment oldest = segments_.front();
  const std::string key = DedupKey(oldest.number);
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(Family::kDedup, key));
  if (!value) {
    return Damaged(oldest.number, "is missing");
  }
  KPIWATCH_RETURN_IF_ERROR(UnpackSegment(*value, &unpacked_).status());
  for (size_t i = 0; i < unpacked_.size(); ++i) {
    ids_.Prefetch(unpacked_[std::min(i + kPrefetchDistance, unpacked_.size() - 1)]);
    if (!ids_.Erase(unpacked_[i])) {
      return Damaged(oldest.number, "holds an id that is not in the window");
    }
  }
  batch->Delete(Family::kDedup, key);
  if (small_.size() == segments_.size()) {
    small_.pop_front();
  }
  segments_.pop_front();
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  window_start_us_ = std::min(oldest.newest_arrival_us, kLast - 1) + 1;
  return absl::OkStatus();
}

absl::Status DedupWindow::Expire(absl::Time now, const StateStore& store, WriteBatch* batch,
                                 size_t budget) {
  const int64_t keep_from_us = absl::ToUnixMicros(now - options_.min_age);
  const size_t size_before = size();
  while (!segments_.empty() && size_before - size() < budget &&
         (size() > options_.max_ids || segments_.front().newest_arrival_us < keep_from_us)) {
    KPIWATCH_RETURN_IF_ERROR(DropOldest(store, batch));
  }
  if (size() != size_before) {
    PutState(batch);
  }
  return absl::OkStatus();
}

// The number of ids counts the open ones too: they are sealed in the same batch.
void DedupWindow::PutState(WriteBatch* batch) const {
  std::string state;
  wire::AppendU64(next_number_, &state);
  wire::AppendI64(window_start_us_, &state);
  wire::AppendVarint(size(), &state);
  batch->Put(Family::kMeta, kDedupStateKey, state);
}

absl::Status DedupWindow::ReadState(const StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<std::string> state,
                            store.Get(Family::kMeta, kDedupStateKey));
  if (!state) {
    return absl::OkStatus();
  }
  wire::Reader reader(*state);
  next_number_ = reader.U64();
  window_start_us_ = reader.I64();
  const uint64_t ids = reader.Varint();
  if (!reader.AtEnd()) {
    return absl::DataLossError("the stored state of the window of event ids cannot be read");
  }
  ids_.Reserve(std::min<uint64_t>(ids, kMaxIds));
  return absl::OkStatus();
}

absl::Status DedupWindow::RestoreSegment(std::string_view key, std::string_view value) {
  const std::optional<uint64_t> number = ParseDedupKey(key);
  if (!number || *number >= next_number_) {
    return absl::DataLossError("a stored segment of event ids has an impossible number");
  }
  KPIWATCH_ASSIGN_OR_RETURN(const SegmentHead head, UnpackSegment(value, &unpacked_));
  for (size_t i = 0; i < unpacked_.size(); ++i) {
    ids_.Prefetch(unpacked_[std::min(i + kPrefetchDistance, unpacked_.size() - 1)]);
    if (!ids_.Insert(unpacked_[i])) {
      return Damaged(*number, "holds an id of another segment");
    }
  }
  segments_.push_back({*number, head.newest_arrival_us, head.count});
  last_arrival_us_ = std::max(last_arrival_us_, head.newest_arrival_us);
  if (head.count >= kLeastLastingIds) {
    return small_.empty() ? absl::OkStatus() : Damaged(*number, "follows a small one");
  }
  IdList& ids = small_.emplace_back();
  for (const Fingerprint id : unpacked_) {
    ids.Append(id);
  }
  return absl::OkStatus();
}

absl::Status DedupWindow::Restore(const StateStore& store) {
  KPIWATCH_CHECK(size() == 0 && segments_.empty(), "Restore comes first");
  KPIWATCH_RETURN_IF_ERROR(ReadState(store));
  absl::Status restored;
  KPIWATCH_RETURN_IF_ERROR(
      store.Scan(Family::kDedup, "", "", [&](std::string_view key, std::string_view value) {
        restored = RestoreSegment(key, value);
        return restored.ok();
      }));
  return restored;
}

}  // namespace kpiwatch
