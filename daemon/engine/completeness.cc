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
                                     absl::Time sent) {
  changed_ = true;
  const Proof proof{complete_until, sent};
  if (scoped) {
    const size_t least = std::max<size_t>(partition + 1, partition_count_);
    by_partition_.resize(std::max(by_partition_.size(), least));
    Push(proof, &by_partition_[partition]);
    return;
  }
  waiting_.push_back({.proof = proof});
  if (waiting_.size() > kMaxPending) {
    waiting_.pop_front();
  }
}

void SourceCompleteness::Declare(absl::Time complete_until) {
  changed_ = true;
  Push({complete_until, absl::InfinitePast()}, &whole_);
}

void SourceCompleteness::OnRecord(absl::Time transport_time) {
  if (transport_time <= newest_record_) {
    return;
  }
  // Days begin with a minute: what is stored decides as the record itself does.
  const auto minute = [](absl::Time time) {
    return absl::Floor(time - absl::UnixEpoch(), absl::Minutes(1));
  };
  if (options_->complete_by == CompleteBy::kCaughtUp &&
      minute(transport_time) > minute(newest_record_)) {
    changed_ = true;
  }
  newest_record_ = transport_time;
}

bool SourceCompleteness::WantsEnds() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const Cut& cut) { return !cut.taken && !cut.asked; });
}

void SourceCompleteness::EndsAsked(absl::Time asked) {
  for (Cut& cut : waiting_) {
    if (!cut.asked) {
      cut.asked = asked;
    }
  }
}

void SourceCompleteness::Update(absl::Time now, std::span<const PartitionState> partitions,
                                bool all_known) {
  partition_count_ = partitions.size();
  if (!by_partition_.empty() && by_partition_.size() < partitions.size()) {
    by_partition_.resize(partitions.size());  // kept: a restart may know them later than the proofs
    changed_ = true;
  }
  for (Cut& cut : waiting_) {
    if (!TakeCut(partitions, all_known, &cut)) {
      break;
    }
  }
  const auto is_reached = [&](const Cut& cut) {
    for (size_t p = 0; p < cut.ends.size(); ++p) {
      if (p >= partitions.size() || partitions[p].position < cut.ends[p]) {
        return false;
      }
    }
    return cut.taken;
  };
  while (!waiting_.empty() && is_reached(waiting_.front())) {
    Push(waiting_.front().proof, &whole_);
    waiting_.pop_front();
    changed_ = true;
  }
  all_known_ = all_known;
  heard_at_ = now;
  bool at_end = all_known && !partitions.empty();
  for (const PartitionState& state : partitions) {
    heard_at_ = state.failed ? heard_at_ : std::min(heard_at_, state.end_asked);
    at_end = at_end && !state.failed && state.end >= 0 && state.position >= state.end;
  }
  if (at_end) {
    caught_up_at_ = std::max(caught_up_at_, heard_at_);
  }
}

bool SourceCompleteness::TakeCut(std::span<const PartitionState> partitions, bool all_known,
                                 Cut* cut) {
  // Fewer partitions with all of them known: the source reads other topics now.
  if (cut->taken && (cut->ends.size() <= partitions.size() || !all_known)) {
    return true;
  }
  cut->taken = false;
  const absl::Time asked = cut->asked.value_or(absl::InfiniteFuture());
  if (!all_known ||
      !std::all_of(partitions.begin(), partitions.end(), [asked](const PartitionState& state) {
        return state.failed || state.end_asked >= asked;
      })) {
    return false;
  }
  cut->ends.clear();
  for (const PartitionState& state : partitions) {
    cut->ends.push_back(std::max(state.end, state.position));
  }
  cut->taken = true;
  changed_ = true;
  return true;
}

bool SourceCompleteness::AwaitsAnswer(absl::Time due, absl::Time now) const {
  return options_->complete_by == CompleteBy::kCaughtUp && all_known_ && heard_at_ < due &&
         now < due + kAnswerTime;
}

std::optional<absl::Time> SourceCompleteness::CompletedAt(absl::Time begin, absl::Time close,
                                                          absl::Time not_before,
                                                          bool working) const {
  // Whatever proves it first: a later proof of more changes nothing about a day.
  std::optional<absl::Time> first = FirstPast(whole_, close);
  if (!by_partition_.empty()) {
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
  if (!by_partition_.empty()) {
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
    cut.taken = ends > 0;  // of one that waits for its ends none are stored
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
