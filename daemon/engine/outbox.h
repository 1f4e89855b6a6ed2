// The committed decisions that some channel has not acknowledged yet.
//
// Operation: the engine puts a step's entries into the batch that decided them; when that batch is
// durable, Publish shows them to the readers. Acknowledgements become durable with the engine's
// next step, and segments that every channel has acknowledged are deleted with it.
// Concurrency: readers from any thread; Restore, SetChannels, AddChanges from the engine's, Publish
// from the thread that commits.
// Limits: the newest kMaxTailEntries entries are also kept in memory; older ones are read from the
// store.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/base/mutex.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// A channel that no rulebook names any more, and what waited for it.
struct GoneChannel {
  std::string name;
  uint64_t entries = 0;  // not acknowledged
  friend bool operator==(const GoneChannel&, const GoneChannel&) = default;
};

class Outbox final : public OutboxReader {
 public:
  static constexpr size_t kMaxTailEntries = 50'000;

  // `store` is borrowed.
  explicit Outbox(const StateStore* store) : store_(store) {}

  // Reads the index of segments and the acknowledgements. To be called once, first. `last_seq`: the
  // number of the last entry ever written.
  absl::Status Restore(uint64_t last_seq);
  // The channels whose acknowledgement an entry waits for, as NameChannels wants them. A channel
  // that was not there before starts at the present head; what a channel that is gone had
  // acknowledged is forgotten. Returns those of the gone ones that had not acknowledged everything.
  std::vector<GoneChannel> SetChannels(const std::vector<ChannelId>& wanted);
  // Adds new acknowledgements and deletions to *batch.
  void AddChanges(WriteBatch* batch);
  // True when AddChanges has something to write.
  bool HasChanges() const;
  // The entries of a durable step, ascending, next after the ones before.
  void Publish(const std::shared_ptr<const EntryBlock>& block);

  absl::StatusOr<std::vector<SharedEntry>> Read(uint64_t after, size_t max,
                                                absl::Duration max_wait) override;
  uint64_t head() const override;
  std::vector<ChannelId> Channels() const override;
  uint64_t Acknowledged(const std::string& channel) const override;
  uint64_t Since(const std::string& channel) const override;
  void Acknowledge(const std::string& channel, uint64_t seq) override;
  std::vector<std::string> Settled(const std::string& channel) const override;
  void Settle(const std::string& channel, uint64_t seq, const std::string& key) override;

  // Entries that some channel has not acknowledged, and the number of the first of them (of the
  // next entry when there is none).
  struct Waiting {
    uint64_t first = 0;
    uint64_t count = 0;
  };
  Waiting waiting() const;
  uint64_t length() const { return waiting().count; }

 private:
  // What is known of a channel.
  struct Place {
    uint64_t acknowledged = 0;
    uint64_t address = 0;  // ChannelId::address
    uint64_t since = 0;    // the head when it was first named
  };
  absl::StatusOr<std::vector<SharedEntry>> ReadStored(uint64_t after, size_t max) const;
  uint64_t LeastAcknowledged() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<ChannelId> ChannelsLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status RestoreSettled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetSettled(const std::string& channel, uint64_t through)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const StateStore* const store_;
  mutable Mutex mu_;
  CondVar more_;
  uint64_t head_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<uint64_t> segments_ ABSL_GUARDED_BY(mu_);  // first numbers of the stored segments
  std::deque<SharedEntry> tail_ ABSL_GUARDED_BY(mu_);   // the newest entries, up to head_
  std::map<std::string, Place> places_ ABSL_GUARDED_BY(mu_);  // by channel
  std::set<std::string> unwritten_ ABSL_GUARDED_BY(mu_);      // places with news since AddChanges
  std::vector<std::string> forgotten_ ABSL_GUARDED_BY(mu_);
  // By channel, keys of messages with the last number of their step.
  std::map<std::string, std::multimap<uint64_t, std::string>> settled_ ABSL_GUARDED_BY(mu_);
  // News of them since AddChanges, by the key in the store: the number to put, or none to delete.
  std::map<std::string, std::optional<uint64_t>> unwritten_settled_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
