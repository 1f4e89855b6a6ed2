// An outbox in memory.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/notify/outbox_reader.h"

namespace kpiwatch {

// Thread-safe. Read waits for real, like the one it stands for; with a clock it moves that instead.
class FakeOutbox final : public OutboxReader {
 public:
  explicit FakeOutbox(ManualClock* clock = nullptr) : clock_(clock) {}

  // Adds entries of one step, numbered behind what is there.
  void Commit(std::vector<v1::OutboxEntry> step) {
    MutexLock lock(&mu_);
    for (v1::OutboxEntry& entry : step) {
      entry.set_seq(entries_.size() + 1);
      entries_.push_back(std::move(entry));
    }
    changed_.SignalAll();
  }
  void Commit(const v1::Transition& transition) {
    v1::OutboxEntry entry;
    *entry.mutable_transition() = transition;
    Commit(std::vector<v1::OutboxEntry>{entry});
  }
  // Makes Read fail from now on; OK ends it.
  void FailWith(absl::Status status) {
    MutexLock lock(&mu_);
    error_ = std::move(status);
  }
  // What the channel had stored before the dispatcher under test was made.
  void SetStored(const std::string& channel, uint64_t seq) {
    MutexLock lock(&mu_);
    acknowledged_[channel] = seq;
  }
  // What the engine does when a rulebook enters.
  void SetChannels(const std::vector<ChannelId>& wanted) {
    MutexLock lock(&mu_);
    channels_ = NameChannels(wanted, channels_);
  }
  // As when the process dies before what was settled is durable.
  void ForgetSettled() {
    MutexLock lock(&mu_);
    settled_.clear();
  }
  // Waits until `channel` has acknowledged `seq`; false after a minute.
  bool AwaitAcknowledged(const std::string& channel, uint64_t seq) {
    const CondVar::Deadline deadline = CondVar::After(absl::Minutes(1));
    MutexLock lock(&mu_);
    while (acknowledged_[channel] < seq) {
      if (!changed_.WaitUntil(&mu_, deadline)) {
        return false;
      }
    }
    return true;
  }

  absl::StatusOr<std::vector<SharedEntry>> Read(uint64_t after, size_t max,
                                                absl::Duration max_wait) override {
    const CondVar::Deadline deadline = CondVar::After(max_wait);
    MutexLock lock(&mu_);
    if (!error_.ok()) {
      return error_;
    }
    if (clock_ != nullptr && entries_.size() <= after) {
      clock_->Advance(max_wait);
    } else {
      while (entries_.size() <= after && changed_.WaitUntil(&mu_, deadline)) {
      }
    }
    std::vector<SharedEntry> read;
    for (uint64_t i = after; i < entries_.size() && read.size() < max; ++i) {
      read.emplace_back(entries_[i]);
    }
    return read;
  }
  uint64_t head() const override {
    MutexLock lock(&mu_);
    return entries_.size();
  }
  std::vector<ChannelId> Channels() const override {
    MutexLock lock(&mu_);
    return channels_;
  }
  uint64_t Acknowledged(const std::string& channel) const override {
    MutexLock lock(&mu_);
    const auto it = acknowledged_.find(channel);
    return it == acknowledged_.end() ? 0 : it->second;
  }
  // All channels are there from the beginning.
  uint64_t Since(const std::string& /*channel*/) const override { return 0; }
  void Acknowledge(const std::string& channel, uint64_t seq) override {
    MutexLock lock(&mu_);
    acknowledged_[channel] = seq;
    settled_[channel].erase(settled_[channel].begin(), settled_[channel].upper_bound(seq));
    changed_.SignalAll();
  }
  std::vector<std::string> Settled(const std::string& channel) const override {
    MutexLock lock(&mu_);
    std::vector<std::string> keys;
    if (const auto it = settled_.find(channel); it != settled_.end()) {
      for (const auto& [seq, key] : it->second) {
        keys.push_back(key);
      }
    }
    return keys;
  }
  void Settle(const std::string& channel, uint64_t seq, const std::string& key) override {
    MutexLock lock(&mu_);
    settled_[channel].emplace(seq, key);
  }

 private:
  ManualClock* const clock_;
  mutable Mutex mu_;
  CondVar changed_;
  std::vector<v1::OutboxEntry> entries_ ABSL_GUARDED_BY(mu_);
  std::vector<ChannelId> channels_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, uint64_t> acknowledged_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::multimap<uint64_t, std::string>> settled_ ABSL_GUARDED_BY(mu_);
  absl::Status error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
