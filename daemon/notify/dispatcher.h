// Runs the channels that the rule files name.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/channel_worker.h"
#include "daemon/notify/dead_letter_file.h"
#include "daemon/notify/dead_letter_worker.h"
#include "daemon/notify/epochs.h"
#include "daemon/notify/notify_metrics.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/notify/pause.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

struct DispatcherOptions {
  PlannerOptions planner;
  RetryPolicy retry;
  absl::Duration drain_deadline = absl::Seconds(10);
  std::function<UniformRandom()> random = SystemRandom;
};

// What a dispatcher works with. All of it outlives the dispatcher.
struct DispatcherPorts {
  OutboxReader* outbox = nullptr;
  ChannelFactory* channels = nullptr;
  const Clock* clock = nullptr;  // for waits: one that is never set back
  Pause* pause = nullptr;
  NotifyMetrics* metrics = nullptr;
  DeadLetterFile* dead_letters = nullptr;
};

// Operation: one thread per channel slot of the rulebook and one for the dead-letter file, each
// with its own place in the outbox, so that a receiver that hangs holds up only itself.
// Concurrency: SetRulebook and Stop from one thread.
// Limitations: what a removed receiver had not yet got is dropped, logged and counted under
// reason::kReceiverRemoved. It is not routed anew: what of it others have got, under which keys, is
// decided by the rules of its time.
class Dispatcher {
 public:
  Dispatcher(DispatcherPorts ports, DispatcherOptions options);
  ~Dispatcher();  // stops
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // The first call starts the threads at what each channel had acknowledged. Later ones let
  // `rulebook` decide about the entries above the outbox's present head: threads of new receivers
  // start there, those of removed ones end, the others go on with the new addresses and secrets. A
  // running send to an address that was replaced is ended.
  // Call it where the engine lets the rulebook enter, between two steps. Does not wait for sends.
  // REQUIRES: CheckRoutes(*rulebook) is OK; Stop was not called.
  void SetRulebook(const std::shared_ptr<const Rulebook>& rulebook);

  // Sends what can be sent at once, ends what still runs after the drain deadline, and returns when
  // all threads have ended. What is left is sent after the next start. Call it before the engine
  // commits for the last time, so that what was acknowledged here becomes durable.
  void Stop();

 private:
  struct Running {
    static constexpr uint64_t kInForce = std::numeric_limits<uint64_t>::max();
    std::unique_ptr<OutboxWorker> worker;
    ChannelWorker* channel = nullptr;  // the same; null for the dead-letter file
    std::string address;               // where it leads
    std::atomic<bool> ended = false;
    std::atomic<uint64_t> removed_at = kInForce;  // the outbox's head when its receiver was removed
    std::jthread thread;                          // last: ends before what it uses
  };
  std::unique_ptr<Channel> Make(const Rulebook& rulebook, const ChannelSlot& slot);
  void Start(const std::string& name, std::unique_ptr<OutboxWorker> worker, ChannelWorker* channel,
             std::string address);
  void Retire(std::unique_ptr<Running> running);
  void ForgetOldEpochs();
  WorkerEnvironment Environment();
  void AwaitEnd();

  const DispatcherPorts ports_;
  const DispatcherOptions options_;
  Epochs epochs_;
  Mutex mu_;
  CondVar ended_;                                            // some Running::ended became true
  std::map<std::string, std::unique_ptr<Running>> running_;  // by channel name
  std::vector<std::unique_ptr<Running>> retired_;            // told to stop
};

}  // namespace kpiwatch
