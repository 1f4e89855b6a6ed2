#include "daemon/notify/send_queue.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "daemon/base/check.h"
#include "daemon/notify/retry_after.h"

namespace kpiwatch {
namespace {

enum class Failure : uint8_t { kChannel, kRecipient, kPermanent };

Failure Classify(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return Failure::kChannel;
    case absl::StatusCode::kResourceExhausted:
      return Failure::kRecipient;
    default:
      return Failure::kPermanent;
  }
}

}  // namespace

SendQueue::SendQueue(uint64_t cursor, RetryPolicy policy, UniformRandom random)
    : policy_(policy), random_(std::move(random)), done_through_(cursor), backoff_(NewBackoff()) {}

// All of them draw from one source.
Backoff SendQueue::NewBackoff() {
  return Backoff(policy_.initial, policy_.max, [this] { return random_(); });
}

void SendQueue::Add(uint64_t last_seq, std::vector<Message> messages,
                    std::shared_ptr<const void> owner, absl::Time now) {
  KPIWATCH_CHECK(last_seq > done_through_ && (steps_.empty() || last_seq > steps_.back().last_seq),
                 "steps enter in order");
  if (messages.empty() && steps_.empty()) {
    done_through_ = last_seq;
    return;
  }
  steps_.push_back({.last_seq = last_seq,
                    .open = messages.size(),
                    .owner = messages.empty() ? nullptr : std::move(owner)});
  for (Message& message : messages) {
    Item& item = items_.emplace_back();
    item.message = std::move(message);
    item.taken = now;
    item.step = last_seq;
  }
}

size_t SendQueue::transitions() const {
  size_t count = 0;
  for (const Item& item : items_) {
    count += item.message.transitions.size() + item.message.truncated;
  }
  return count;
}

// The first waiting message of every recipient, in the order of the outbox.
std::vector<const SendQueue::Item*> SendQueue::Heads() const {
  std::vector<const Item*> heads;
  absl::flat_hash_set<std::string_view> seen;
  for (const Item& item : items_) {
    if (seen.insert(item.message.recipient).second) {
      heads.push_back(&item);
    }
  }
  return heads;
}

const SendQueue::Item* SendQueue::Due(absl::Time now) const {
  if (items_.empty() || now < held_until_) {
    return nullptr;
  }
  const Item* best = nullptr;
  for (const Item* item : Heads()) {
    if (item->due <= now && (best == nullptr || item->tried < best->tried)) {
      best = item;
    }
  }
  return best;
}

absl::Time SendQueue::NextDue() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Item* item : Heads()) {
    next = std::min(next, item->due);
  }
  return std::max(next, held_until_);
}

Outcome SendQueue::Settle(const Item& attempted, const absl::Status& status, absl::Time now) {
  const auto item = Find(attempted);
  ++item->attempts;
  item->tried = now;
  if (status.ok()) {
    backoff_.Reset();
    Remove(item);
    return Outcome::kAccepted;
  }
  const Failure failure = Classify(status);
  if (failure == Failure::kPermanent) {
    Remove(item);
    return Outcome::kRejected;
  }
  if (failure == Failure::kChannel) {
    held_until_ = now + std::max(backoff_.Next(), RetryAfter(status));
  } else {
    if (!item->backoff.has_value()) {
      item->backoff.emplace(NewBackoff());
    }
    item->due = now + std::max(item->backoff->Next(), RetryAfter(status));
  }
  if (now - item->taken >= policy_.give_up) {
    Remove(item);
    return Outcome::kGaveUp;
  }
  return Outcome::kRetry;
}

void SendQueue::Release() {
  held_until_ = absl::InfinitePast();
  backoff_.Reset();
  for (Item& item : items_) {
    item.due = absl::InfinitePast();
    item.backoff.reset();
  }
}

std::list<SendQueue::Item>::iterator SendQueue::Find(const Item& item) {
  const auto it = std::find_if(items_.begin(), items_.end(),
                               [&](const Item& other) { return &other == &item; });
  KPIWATCH_CHECK(it != items_.end(), "the message is not in this queue");
  return it;
}

void SendQueue::Remove(std::list<Item>::iterator item) {
  const auto step = std::find_if(steps_.begin(), steps_.end(),
                                 [&](const Step& s) { return s.last_seq == item->step; });
  KPIWATCH_CHECK(step != steps_.end() && step->open > 0, "the message's step is open");
  --step->open;
  items_.erase(item);
  while (!steps_.empty() && steps_.front().open == 0) {
    done_through_ = steps_.front().last_seq;
    steps_.pop_front();
  }
}

}  // namespace kpiwatch
