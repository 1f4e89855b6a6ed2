// What a channel needs of the outbox: entries in order, and a way to say how far it has come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/notify/channel_names.h"
#include "daemon/notify/outbox_entry.h"

namespace kpiwatch {

// The committed outbox. Thread-safe. Entries have consecutive numbers from 1, the numbers of one
// step are adjacent.
class OutboxReader {
 public:
  virtual ~OutboxReader() = default;
  // Up to `max` entries with seq > `after`, ascending. A step that does not fit whole is left for
  // the next call, unless it would be the first: then its first `max` entries come. Waits up to
  // max_wait for the first entry. Empty when none came. Errors: the store's.
  virtual absl::StatusOr<std::vector<SharedEntry>> Read(uint64_t after, size_t max,
                                                        absl::Duration max_wait) = 0;
  // The number of the last committed entry (0: none yet).
  virtual uint64_t head() const = 0;
  // The channels whose acknowledgement an entry waits for.
  virtual std::vector<ChannelId> Channels() const = 0;
  // The highest number up to which `channel` had acknowledged everything, as stored. A channel that
  // a rulebook names for the first time was stored with the head of that moment: it is not told
  // what happened before it existed.
  virtual uint64_t Acknowledged(const std::string& channel) const = 0;
  // The head of that moment, as stored: of the entries above this one `channel` has its share, also
  // where it is done with them. Not known of a channel that an older program stored: then what it
  // had acknowledged when this program first read it.
  virtual uint64_t Since(const std::string& channel) const = 0;
  // `channel` is done with all entries up to and including `seq`; becomes durable with the engine's
  // next step. Entries that all registered channels have acknowledged are deleted then.
  virtual void Acknowledge(const std::string& channel, uint64_t seq) = 0;
  // The keys of the messages of `channel` beyond that number which need no sending any more, as
  // stored.
  virtual std::vector<std::string> Settled(const std::string& channel) const = 0;
  // `channel` is done with the message `key` of the step that ends with entry `seq`, while it is
  // not yet done with everything up to there; becomes durable with the engine's next step, and is
  // forgotten when `seq` is acknowledged. Of a channel kMaxSettled are kept.
  virtual void Settle(const std::string& channel, uint64_t seq, const std::string& key) = 0;

  static constexpr size_t kMaxSettled = 20'000;
};

}  // namespace kpiwatch
