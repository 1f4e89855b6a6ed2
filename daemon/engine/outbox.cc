#include "daemon/engine/outbox.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/engine/outbox_segments.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kAcknowledged = "acknowledged/";
constexpr std::string_view kSettled = "settled/";
constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();

std::string AcknowledgedKey(std::string_view channel) {
  return CursorKey(std::string(kAcknowledged) + std::string(channel));
}

std::string SettledKey(std::string_view channel, std::string_view message) {
  std::string key = CursorKey(std::string(kSettled) + std::string(channel));
  key.push_back('\0');
  return key.append(message);
}

// Keeps whole steps: cuts after the last entry whose step is complete, unless that is none.
void KeepWholeSteps(size_t max, std::vector<SharedEntry>* entries) {
  if (entries->size() <= max) {
    return;
  }
  const auto step_of = [&](size_t i) { return (*entries)[i].head().step; };
  size_t cut = max;
  while (cut > 0 && step_of(cut) != -1 && step_of(cut - 1) == step_of(cut)) {
    --cut;
  }
  entries->erase(entries->begin() + static_cast<ptrdiff_t>(cut == 0 ? max : cut), entries->end());
}

}  // namespace

absl::Status Outbox::Restore(uint64_t last_seq) {
  std::deque<uint64_t> segments;
  KPIWATCH_RETURN_IF_ERROR(
      store_->Scan(Family::kOutbox, "", "", [&](std::string_view key, std::string_view) {
        if (const auto first = ParseOutboxKey(key)) {
          segments.push_back(*first);
        }
        return true;
      }));
  std::map<std::string, Place> places;
  const std::string prefix = CursorKey(kAcknowledged);
  KPIWATCH_RETURN_IF_ERROR(store_->Scan(
      Family::kMeta, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        Place& place = places[std::string(key.substr(prefix.size()))];
        wire::Reader reader(value);
        place.acknowledged = reader.Varint();
        place.address = reader.AtEnd() ? 0 : reader.U64();
        // None of an older program: what it is done with is not
        // its business again.
        place.since = reader.AtEnd() ? place.acknowledged : reader.Varint();
        return true;
      }));
  MutexLock lock(&mu_);
  head_ = last_seq;
  segments_ = std::move(segments);
  places_ = std::move(places);
  return RestoreSettled();
}

absl::Status Outbox::RestoreSettled() {
  const std::string prefix = CursorKey(kSettled);
  return store_->Scan(
      Family::kMeta, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        const std::string_view name = key.substr(prefix.size());
        const size_t nul = std::min(name.rfind('\0'), name.size());
        const std::string channel(name.substr(0, nul));
        const uint64_t seq = wire::Reader(value).Varint();
        const auto it = places_.find(channel);
        if (nul < name.size() && it != places_.end() && seq > it->second.acknowledged) {
          settled_[channel].emplace(seq, name.substr(nul + 1));
        } else {
          unwritten_settled_[std::string(key)] = std::nullopt;
        }
        return true;
      });
}

std::vector<ChannelId> Outbox::ChannelsLocked() const {
  std::vector<ChannelId> channels;
  for (const auto& [channel, place] : places_) {
    channels.push_back({.name = channel, .address = place.address});
  }
  return channels;
}

std::vector<ChannelId> Outbox::Channels() const {
  MutexLock lock(&mu_);
  return ChannelsLocked();
}

std::vector<GoneChannel> Outbox::SetChannels(const std::vector<ChannelId>& wanted) {
  std::vector<GoneChannel> waiting;
  MutexLock lock(&mu_);
  const std::vector<ChannelId> known = ChannelsLocked();
  std::map<std::string, Place> kept;
  for (const ChannelId& channel : NameChannels(wanted, known)) {
    const auto it = places_.find(channel.name);
    Place& place = kept[channel.name];
    place = it == places_.end() ? Place{.acknowledged = head_, .since = head_} : it->second;
    place.address = channel.address;
    if (std::find(known.begin(), known.end(), channel) == known.end()) {
      unwritten_.insert(channel.name);
    }
  }
  for (const auto& [channel, place] : places_) {
    if (!kept.contains(channel)) {
      forgotten_.push_back(channel);
      unwritten_.erase(channel);
      ForgetSettled(channel, kEverything);
      if (place.acknowledged < head_) {
        waiting.push_back({.name = channel, .entries = head_ - place.acknowledged});
      }
    }
  }
  places_ = std::move(kept);
  return waiting;
}

// What channel settled up to the entry numbered `through` needs no note of its own any more.
void Outbox::ForgetSettled(const std::string& channel, uint64_t through) {
  const auto it = settled_.find(channel);
  if (it == settled_.end()) {
    return;
  }
  const auto end = it->second.upper_bound(through);
  for (auto message = it->second.begin(); message != end; ++message) {
    const auto [news, written] =
        unwritten_settled_.try_emplace(SettledKey(channel, message->second), std::nullopt);
    if (!written) {
      unwritten_settled_.erase(news);  // the store has never had it
    }
  }
  it->second.erase(it->second.begin(), end);
  if (it->second.empty()) {
    settled_.erase(it);
  }
}

uint64_t Outbox::LeastAcknowledged() const {
  uint64_t least = head_;
  for (const auto& [channel, place] : places_) {
    least = std::min(least, place.acknowledged);
  }
  return least;
}

void Outbox::AddChanges(WriteBatch* batch) {
  MutexLock lock(&mu_);
  for (const std::string& channel : forgotten_) {
    batch->Delete(Family::kMeta, AcknowledgedKey(channel));
  }
  forgotten_.clear();
  for (const std::string& channel : unwritten_) {
    const Place& place = places_[channel];
    std::string value;
    wire::AppendVarint(place.acknowledged, &value);
    wire::AppendU64(place.address, &value);
    wire::AppendVarint(place.since, &value);
    batch->Put(Family::kMeta, AcknowledgedKey(channel), value);
  }
  unwritten_.clear();
  for (const auto& [key, seq] : unwritten_settled_) {
    if (seq.has_value()) {
      std::string value;
      wire::AppendVarint(*seq, &value);
      batch->Put(Family::kMeta, key, value);
    } else {
      batch->Delete(Family::kMeta, key);
    }
  }
  unwritten_settled_.clear();
  const uint64_t least = LeastAcknowledged();
  // A segment is done when the next one begins at or below the first entry still needed.
  while (!segments_.empty()) {
    const uint64_t next = segments_.size() > 1 ? segments_[1] : head_ + 1;
    if (next > least + 1) {
      break;
    }
    batch->Delete(Family::kOutbox, OutboxKey(segments_.front()));
    segments_.pop_front();
  }
}

bool Outbox::HasChanges() const {
  MutexLock lock(&mu_);
  return !unwritten_.empty() || !forgotten_.empty() || !unwritten_settled_.empty();
}

void Outbox::Publish(const std::shared_ptr<const EntryBlock>& block) {
  if (block->size() == 0) {
    return;
  }
  MutexLock lock(&mu_);
  for (const uint64_t first : SegmentBounds(*block)) {
    segments_.push_back(first);
  }
  head_ = block->head(block->size() - 1).seq;
  for (size_t i = 0; i < block->size(); ++i) {
    tail_.emplace_back(block, i);
  }
  while (tail_.size() > kMaxTailEntries) {
    tail_.pop_front();
  }
  more_.SignalAll();
}

absl::StatusOr<std::vector<SharedEntry>> Outbox::Read(uint64_t after, size_t max,
                                                      absl::Duration max_wait) {
  std::vector<SharedEntry> entries;
  {
    MutexLock lock(&mu_);
    const auto deadline = CondVar::After(max_wait);
    while (head_ <= after) {
      if (!more_.WaitUntil(&mu_, deadline) && head_ <= after) {
        return entries;
      }
    }
    const uint64_t tail_first = head_ + 1 - tail_.size();
    if (after + 1 >= tail_first) {
      for (size_t i = after + 1 - tail_first; i < tail_.size() && entries.size() <= max; ++i) {
        entries.push_back(tail_[i]);
      }
    }
  }
  if (entries.empty()) {
    KPIWATCH_ASSIGN_OR_RETURN(entries, ReadStored(after, max));
  }
  KeepWholeSteps(max, &entries);
  return entries;
}

absl::StatusOr<std::vector<SharedEntry>> Outbox::ReadStored(uint64_t after, size_t max) const {
  uint64_t first = after + 1;
  uint64_t head = 0;
  {
    MutexLock lock(&mu_);
    head = head_;
    for (const uint64_t segment : segments_) {
      if (segment <= after + 1) {
        first = segment;
      }
    }
  }
  std::vector<SharedEntry> entries;
  absl::Status bad;
  KPIWATCH_RETURN_IF_ERROR(store_->Scan(
      Family::kOutbox, OutboxKey(first), "", [&](std::string_view, std::string_view value) {
        const auto block = EntryBlock::Parse(std::string(value));
        if (!block.ok()) {
          bad = block.status();
          return false;
        }
        for (const SharedEntry& entry : EntriesOf(*block)) {
          // What lies beyond the head belongs to a step that is not published yet.
          if (entry.seq() > after && entry.seq() <= head && entries.size() <= max) {
            entries.push_back(entry);
          }
        }
        return entries.size() <= max;
      }));
  KPIWATCH_RETURN_IF_ERROR(bad);
  return entries;
}

uint64_t Outbox::head() const {
  MutexLock lock(&mu_);
  return head_;
}

uint64_t Outbox::Acknowledged(const std::string& channel) const {
  MutexLock lock(&mu_);
  const auto it = places_.find(channel);
  return it == places_.end() ? head_ : it->second.acknowledged;
}

uint64_t Outbox::Since(const std::string& channel) const {
  MutexLock lock(&mu_);
  const auto it = places_.find(channel);
  return it == places_.end() ? head_ : it->second.since;
}

void Outbox::Acknowledge(const std::string& channel, uint64_t seq) {
  MutexLock lock(&mu_);
  const auto it = places_.find(channel);
  if (it == places_.end() || seq <= it->second.acknowledged) {
    return;
  }
  it->second.acknowledged = std::min(seq, head_);
  unwritten_.insert(channel);
  ForgetSettled(channel, it->second.acknowledged);
}

std::vector<std::string> Outbox::Settled(const std::string& channel) const {
  std::vector<std::string> keys;
  MutexLock lock(&mu_);
  if (const auto it = settled_.find(channel); it != settled_.end()) {
    for (const auto& [seq, key] : it->second) {
      keys.push_back(key);
    }
  }
  return keys;
}

void Outbox::Settle(const std::string& channel, uint64_t seq, const std::string& key) {
  MutexLock lock(&mu_);
  const auto it = places_.find(channel);
  if (it == places_.end() || seq <= it->second.acknowledged || seq > head_) {
    return;
  }
  auto& settled = settled_[channel];
  if (settled.size() < kMaxSettled) {
    settled.emplace(seq, key);
    unwritten_settled_[SettledKey(channel, key)] = seq;
  }
}

Outbox::Waiting Outbox::waiting() const {
  MutexLock lock(&mu_);
  const uint64_t done = LeastAcknowledged();
  return {.first = done + 1, .count = head_ - done};
}

}  // namespace kpiwatch
