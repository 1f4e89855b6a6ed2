// Sends what one channel has to send.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "daemon/base/mutex.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/outbox_worker.h"
#include "daemon/notify/send_queue.h"

namespace kpiwatch {

// Reads the outbox behind its own place in it, plans the messages of each step, sends them with
// retries and acknowledges a step when all its messages are done. Messages that are done while one
// before them waits are noted one by one, so that a restart does not send them again; only a crash
// before what was noted became durable does, with the same idempotency keys.
class ChannelWorker final : public OutboxWorker {
 public:
  // Messages waiting at most; beyond them the outbox is read no further.
  static constexpr size_t kMaxWaitingMessages = 1'000;
  // Entries kept at most behind one that is not done.
  static constexpr uint64_t kMaxWaitingEntries = 20'000;

  ChannelWorker(std::string name, uint64_t cursor, std::unique_ptr<Channel> channel,
                const WorkerEnvironment& environment);

  // From the next attempt on, messages leave through `channel`, those that wait at once. Where that
  // leads `elsewhere` a running attempt is ended, and made again there; else it goes on. Any
  // thread.
  void Replace(std::unique_ptr<Channel> channel, bool elsewhere) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends a running attempt; for a worker that was told to stop. Any thread.
  void Cancel() ABSL_LOCKS_EXCLUDED(mu_);

  bool RunOnce(const std::stop_token& stop) override;

  // Its receiver was removed when the entry numbered `head` was the last: logs and counts what it
  // will not send, which is what waits and, of what it has not read, every entry. After Run.
  void Abandon(uint64_t head);

 private:
  std::shared_ptr<Channel> CurrentChannel() ABSL_LOCKS_EXCLUDED(mu_);
  bool WasReplaced(const Channel* channel) ABSL_LOCKS_EXCLUDED(mu_);
  bool HasRoom() const;
  void Fill(absl::Duration wait, const std::stop_token& stop);
  void Attempt(const SendQueue::Item& item, Channel* channel, const std::stop_token& stop);
  void Report(const Message& message, int attempts, std::string_view integration,
              const absl::Status& status, Outcome outcome);

  SendQueue queue_;
  absl::flat_hash_set<std::string> settled_;  // keys that a run before was done with
  Mutex mu_;
  std::shared_ptr<Channel> channel_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<Channel> in_use_ ABSL_GUARDED_BY(mu_);  // by the present round
  bool replaced_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace kpiwatch
