#include "daemon/engine/completeness.h"

#include <algorithm>

#include "daemon/base/wire.h"

namespace kpiwatch {

SourceCompleteness::SourceCompleteness() {
  static const SourceOptions kUnread;
  options_ = &kUnread;
}

void SourceCompleteness::Push(const Proof& proof, std::deque<Proof>* proofs) {
  if (!proofs->empty() && proof.until <= proofs->back().until) {
    return;  // proves nothing new
  }
  proofs->push_back(proof);
  if (proofs->size() > kMaxPending) {
    // The second proves all that the first did, later.
    proofs->pop_front();
  }
}

std::optional<absl::Time> SourceCompleteness::FirstPast(const std::deque<Proof>& proofs,
                                                        absl::Time close) {
  const auto it = std::lower_bound(proofs.begin(), proofs.end(), close,
                                   [](const Proof& p, absl::Time t) { return p.until < t; });
  if (it == proofs.end()) {
    return std::nullopt;
  }
  return it->sent;
}

void SourceCompleteness::OnHeartbeat(uint32_t partition, bool scoped, absl::Time complete_until,
                                     absl::Time sent, std::span<const PartitionState> partitions) {
  changed_ = true;
  const Proof proof{complete_until, sent};
  if (scoped) {
    if (by_partition_.size() <= partition) {
      by_partition_.resize(partition + 1);
    }
    Push(proof, &by_partition_[partition]);
    return;
  }
  Cut cut{proof, {}};
  for (const PartitionState& state : partitions) {
    cut.ends.push_back(std::max(state.end, state.position));
  }
  waiting_.push_back(std::move(cut));
  if (waiting_.size() > kMaxPending) {
    waiting_.pop_front();
  }
}

void SourceCompleteness::Declare(absl::Time complete_until) {
  changed_ = true;
  Push({complete_until, absl::InfinitePast()}, &whole_);
}

void SourceCompleteness::Update(absl::Time now, std::span<const PartitionState> partitions) {
  partition_count_ = partitions.size();
  while (!waiting_.empty()) {
    const Cut& cut = waiting_.front();
    for (size_t p = 0; p < cut.ends.size() && p < partitions.size(); ++p) {
      if (partitions[p].position < cut.ends[p]) {
        return;
      }
    }
    Push(cut.proof, &whole_);
    waiting_.pop_front();
    changed_ = true;
  }
  const bool at_end = !partitions.empty() &&
                      std::all_of(partitions.begin(), partitions.end(), [](const auto& state) {
                        return !state.failed && state.end >= 0 && state.position >= state.end;
                      });
  if (at_end) {
    caught_up_at_ = now;
  }
}

std::optional<absl::Time> SourceCompleteness::CompletedAt(absl::Time begin, absl::Time close,
                                                          absl::Time not_before,
                                                          bool working) const {
  // Whatever proves it first: a later proof of more changes nothing about a day.
  std::optional<absl::Time> first = FirstPast(whole_, close);
  if (!by_partition_.empty() && by_partition_.size() >= partition_count_) {
    absl::Time last = absl::InfinitePast();
    bool all = true;
    for (const auto& proofs : by_partition_) {
      const auto sent = FirstPast(proofs, close);
      all = all && sent.has_value();
      last = sent ? std::max(last, *sent) : last;
    }
    if (all) {
      first = first ? std::min(*first, last) : last;
    }
  }
  if (first) {
    return first;
  }
  if (options_->complete_by == CompleteBy::kCaughtUp && caught_up_at_ >= not_before &&
      (newest_record_ >= begin || options_->quiet_ok ||
       (!working && newest_record_ > absl::InfinitePast()))) {
    return not_before;
  }
  return std::nullopt;
}

absl::Time SourceCompleteness::complete_until() const {
  absl::Time until = whole_.empty() ? absl::InfinitePast() : whole_.back().until;
  if (!by_partition_.empty() && by_partition_.size() >= partition_count_) {
    absl::Time least = absl::InfiniteFuture();
    for (const auto& proofs : by_partition_) {
      least = std::min(least, proofs.empty() ? absl::InfinitePast() : proofs.back().until);
    }
    until = std::max(until, least);
  }
  return until;
}

absl::Time SourceCompleteness::PartitionCompleteUntil(uint32_t partition) const {
  if (partition >= by_partition_.size() || by_partition_[partition].empty()) {
    return absl::InfinitePast();
  }
  return by_partition_[partition].back().until;
}

void SourceCompleteness::Forget(absl::Time before) {
  const auto trim = [&](std::deque<Proof>* proofs) {
    // The last proof stays: it says how far the source is complete.
    while (proofs->size() > 1 && (*proofs)[0].until < before) {
      proofs->pop_front();
      changed_ = true;
    }
  };
  trim(&whole_);
  for (auto& proofs : by_partition_) {
    trim(&proofs);
  }
}

namespace {

void AppendTime(absl::Time time, std::string* out) {
  wire::AppendI64(time == absl::InfinitePast() ? INT64_MIN : absl::ToUnixMillis(time), out);
}

absl::Time ReadTime(wire::Reader* reader) {
  const int64_t ms = reader->I64();
  return ms == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMillis(ms);
}

}  // namespace

void SourceCompleteness::Encode(std::string* out) {
  changed_ = false;
  const auto append = [out](const std::deque<Proof>& proofs) {
    wire::AppendVarint(proofs.size(), out);
    for (const Proof& proof : proofs) {
      AppendTime(proof.until, out);
      AppendTime(proof.sent, out);
    }
  };
  append(whole_);
  wire::AppendVarint(by_partition_.size(), out);
  for (const auto& proofs : by_partition_) {
    append(proofs);
  }
  wire::AppendVarint(waiting_.size(), out);
  for (const Cut& cut : waiting_) {
    AppendTime(cut.proof.until, out);
    AppendTime(cut.proof.sent, out);
    wire::AppendVarint(cut.ends.size(), out);
    for (const int64_t end : cut.ends) {
      wire::AppendSigned(end, out);
    }
  }
  AppendTime(newest_record_, out);
  wire::AppendU8(late ? 1 : 0, out);
  if (late) {
    AppendTime(late->since, out);
    wire::AppendSigned(late->day, out);
  }
}

bool SourceCompleteness::Decode(std::string_view bytes) {
  wire::Reader reader(bytes);
  const auto read = [&reader](std::deque<Proof>* proofs) {
    const uint64_t count = reader.Varint();
    for (uint64_t i = 0; i < count && reader.ok(); ++i) {
      Proof proof;
      proof.until = ReadTime(&reader);
      proof.sent = ReadTime(&reader);
      proofs->push_back(proof);
    }
  };
  read(&whole_);
  const uint64_t partitions = reader.Varint();
  for (uint64_t i = 0; i < partitions && reader.ok(); ++i) {
    read(&by_partition_.emplace_back());
  }
  const uint64_t cuts = reader.Varint();
  for (uint64_t i = 0; i < cuts && reader.ok(); ++i) {
    Cut cut;
    cut.proof.until = ReadTime(&reader);
    cut.proof.sent = ReadTime(&reader);
    const uint64_t ends = reader.Varint();
    for (uint64_t p = 0; p < ends && reader.ok(); ++p) {
      cut.ends.push_back(reader.Signed());
    }
    waiting_.push_back(std::move(cut));
  }
  newest_record_ = ReadTime(&reader);
  if (reader.U8() != 0) {
    const absl::Time since = ReadTime(&reader);
    late = Late{since, static_cast<int32_t>(reader.Signed())};
  }
  return reader.AtEnd();
}

}  // namespace kpiwatch
