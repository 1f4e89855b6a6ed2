// A queue between threads with a stated capacity. A full queue holds its producers back (Push) or
// refuses (TryPush); nothing is ever dropped silently.
#pragma once

#include <deque>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "daemon/base/check.h"
#include "daemon/base/mutex.h"

namespace kpiwatch {

// Thread-safe; any number of producers and consumers. Items leave in the order they entered.
// Close() ends it gently: producers are refused from then on, consumers still get what is inside.
// A stop request ends only the one waiting call.
template <typename T>
class BoundedQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {
    KPIWATCH_CHECK(capacity > 0, "a queue needs room for one item");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. False (and the item is gone) when closed, or stopped while it waited.
  bool Push(T item, const std::stop_token& stop = {}) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::stop_callback wake(stop, [this] { WakeAll(); });
    MutexLock lock(&mu_);
    while (!closed_ && items_.size() >= capacity_ && !stop.stop_requested()) {
      not_full_.Wait(&mu_);
    }
    return Enqueue(item);
  }

  // Never waits. False, with `item` untouched, when full or closed.
  bool TryPush(T&& item) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return Enqueue(item);
  }

  // Waits for an item. nullopt when stopped, or closed and empty. A stop request does not hide an
  // item that is there.
  std::optional<T> Pop(const std::stop_token& stop = {}) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::stop_callback wake(stop, [this] { WakeAll(); });
    MutexLock lock(&mu_);
    while (items_.empty() && !closed_ && !stop.stop_requested()) {
      not_empty_.Wait(&mu_);
    }
    if (items_.empty()) {
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.Signal();
    return item;
  }

  // Waits at most `timeout` for an item, then appends everything inside to `out`. Returns how many;
  // 0 after the timeout, a stop request, or when closed and empty.
  size_t PopAll(std::vector<T>* out, absl::Duration timeout = absl::InfiniteDuration(),
                const std::stop_token& stop = {}) ABSL_LOCKS_EXCLUDED(mu_) {
    const std::stop_callback wake(stop, [this] { WakeAll(); });
    const CondVar::Deadline deadline = CondVar::After(timeout);
    MutexLock lock(&mu_);
    while (items_.empty() && !closed_ && !stop.stop_requested() &&
           not_empty_.WaitUntil(&mu_, deadline)) {
    }
    const size_t count = items_.size();
    out->reserve(out->size() + count);
    for (T& item : items_) {
      out->push_back(std::move(item));
    }
    items_.clear();
    not_full_.SignalAll();
    return count;
  }

  // May be called more than once.
  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    closed_ = true;
    not_empty_.SignalAll();
    not_full_.SignalAll();
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return closed_;
  }
  size_t size() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return items_.size();
  }
  size_t capacity() const { return capacity_; }

 private:
  bool Enqueue(T& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (closed_ || items_.size() >= capacity_) {
      return false;
    }
    items_.push_back(std::move(item));
    not_empty_.Signal();
    return true;
  }

  // Runs in the thread that requests a stop. Takes the lock so that a waiter which has just looked
  // at its stop token is already waiting when the signal comes.
  void WakeAll() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    not_empty_.SignalAll();
    not_full_.SignalAll();
  }

  const size_t capacity_;
  mutable Mutex mu_;
  CondVar not_empty_;
  CondVar not_full_;
  std::deque<T> items_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace kpiwatch
