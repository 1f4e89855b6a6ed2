// The messages that one channel has taken from the outbox and not yet delivered: which one to try
// next, and how far everything is done.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/base/backoff.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/delivery_plan.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

struct RetryPolicy {
  absl::Duration initial = absl::Seconds(1);
  absl::Duration max = absl::Minutes(5);
  // A message that was not accepted this long after it was taken from the outbox is dropped.
  absl::Duration give_up = absl::Hours(24);
};

// What became of an attempt.
enum class Outcome : uint8_t {
  kAccepted,
  kRetry,     // it stays in the queue
  kRejected,  // will never be accepted: out of the queue
  kGaveUp,    // failed for too long: out of the queue
};

// Messages to one recipient leave in the order they came. A recipient that cannot be served now
// holds back only his own messages; a channel that does not answer holds back all of them.
// Not thread-safe. Does no I/O and reads no clock.
class SendQueue {
 public:
  struct Item {
    Message message;
    absl::Time taken;
    absl::Time due = absl::InfinitePast();
    absl::Time tried = absl::InfinitePast();
    int attempts = 0;
    std::optional<Backoff> backoff;  // of the recipient; from its first failure on
    uint64_t step = 0;               // last number of its step
  };

  // Everything up to the entry numbered `cursor` was done before.
  SendQueue(uint64_t cursor, RetryPolicy policy, UniformRandom random);
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  // Takes the messages of the step that ends with the entry numbered `last_seq`. `owner` keeps
  // alive what they borrow. REQUIRES: last_seq ascends from call to call.
  void Add(uint64_t last_seq, std::vector<Message> messages, std::shared_ptr<const void> owner,
           absl::Time now);

  size_t messages() const { return items_.size(); }
  // What these messages are about.
  size_t transitions() const;
  bool empty() const { return items_.empty(); }

  // The message to try at `now`: the first one waiting of the recipient least recently tried. Null:
  // none before NextDue(). Valid until Settle.
  const Item* Due(absl::Time now) const;
  // When Due may return one; InfiniteFuture when empty.
  absl::Time NextDue() const;

  // The attempt at `attempted` ended with `status`.
  Outcome Settle(const Item& attempted, const absl::Status& status, absl::Time now);

  // The channel has changed: whatever waits may be tried at once.
  void Release();

  // Every entry up to this number is done.
  uint64_t done_through() const { return done_through_; }

 private:
  struct Step {
    uint64_t last_seq = 0;
    size_t open = 0;  // messages still in items_
    std::shared_ptr<const void> owner;
  };
  std::list<Item>::iterator Find(const Item& item);
  void Remove(std::list<Item>::iterator item);
  std::vector<const Item*> Heads() const;
  Backoff NewBackoff();

  const RetryPolicy policy_;
  const UniformRandom random_;
  std::list<Item> items_;   // in the order of the outbox
  std::deque<Step> steps_;  // the first has open messages
  uint64_t done_through_;
  absl::Time held_until_ = absl::InfinitePast();
  Backoff backoff_;  // of the channel
};

}  // namespace kpiwatch
