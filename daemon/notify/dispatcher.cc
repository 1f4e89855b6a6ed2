#include "daemon/notify/dispatcher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/base/log.h"

namespace kpiwatch {
namespace {

std::string AddressOf(const Rulebook& rulebook, const ChannelSlot& slot) {
  const Receiver& receiver = rulebook.receivers[slot.receiver];
  return slot.integration == Integration::kWebhook ? receiver.webhook[slot.instance].url
                                                   : receiver.email[slot.instance].smarthost;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherPorts ports, DispatcherOptions options)
    : ports_(ports), options_(std::move(options)) {
  for (const std::string_view reason : reason::kNotSent) {
    ports_.metrics->suppressed.Show({reason});
  }
}

Dispatcher::~Dispatcher() { Stop(); }

WorkerEnvironment Dispatcher::Environment() {
  return {.outbox = ports_.outbox,
          .epochs = &epochs_,
          .clock = ports_.clock,
          .pause = ports_.pause,
          .metrics = ports_.metrics,
          .retry = options_.retry,
          .random = options_.random};
}

std::unique_ptr<Channel> Dispatcher::Make(const Rulebook& rulebook, const ChannelSlot& slot) {
  const Receiver& receiver = rulebook.receivers[slot.receiver];
  return slot.integration == Integration::kWebhook
             ? ports_.channels->MakeWebhook(receiver.webhook[slot.instance])
             : ports_.channels->MakeEmail(receiver.email[slot.instance]);
}

void Dispatcher::SetRulebook(const std::shared_ptr<const Rulebook>& rulebook) {
  const bool first = running_.empty();
  const uint64_t from = first ? 0 : ports_.outbox->head();
  std::vector<ChannelSlot> slots = ChannelSlots(*rulebook, ports_.outbox->Channels());
  std::set<std::string> names;
  for (ChannelSlot& slot : slots) {
    slot.after = std::max(from, ports_.outbox->Since(slot.name));
    names.insert(slot.name);
  }
  epochs_.Enter(std::make_shared<Epoch>(
      Epoch{.from = from, .planner = DeliveryPlanner(rulebook, slots, options_.planner)}));

  for (auto it = running_.begin(); it != running_.end();) {
    if (it->second->channel != nullptr && !names.contains(it->first)) {
      Retire(std::move(it->second));
      it = running_.erase(it);
    } else {
      ++it;
    }
  }
  for (const ChannelSlot& slot : slots) {
    std::string address = AddressOf(*rulebook, slot);
    if (const auto it = running_.find(slot.name); it != running_.end()) {
      it->second->channel->Replace(Make(*rulebook, slot), it->second->address != address);
      it->second->address = std::move(address);
      continue;
    }
    const uint64_t cursor = std::max(from, ports_.outbox->Acknowledged(slot.name));
    auto worker =
        std::make_unique<ChannelWorker>(slot.name, cursor, Make(*rulebook, slot), Environment());
    ChannelWorker* const channel = worker.get();
    Start(slot.name, std::move(worker), channel, std::move(address));
  }
  if (first) {
    const std::string name(kDeadLetterFileChannel);
    Start(name,
          std::make_unique<DeadLetterWorker>(ports_.outbox->Acknowledged(name), ports_.dead_letters,
                                             Environment()),
          nullptr, "");
  }
  ForgetOldEpochs();
}

void Dispatcher::Start(const std::string& name, std::unique_ptr<OutboxWorker> worker,
                       ChannelWorker* channel, std::string address) {
  auto running = std::make_unique<Running>();
  running->worker = std::move(worker);
  running->channel = channel;
  running->address = std::move(address);
  running->thread = std::jthread([this, self = running.get()](const std::stop_token& stop) {
    self->worker->Run(stop);
    if (const uint64_t head = self->removed_at.load(); head != Running::kInForce) {
      self->channel->Abandon(head);
    }
    MutexLock lock(&mu_);
    self->ended = true;
    ended_.SignalAll();
  });
  running_.emplace(name, std::move(running));
}

// Ends a removed receiver without waiting for it, and drops those that have ended meanwhile.
void Dispatcher::Retire(std::unique_ptr<Running> running) {
  running->removed_at = ports_.outbox->head();
  running->thread.request_stop();
  running->channel->Cancel();
  std::erase_if(retired_, [](const auto& old) { return old->ended.load(); });
  retired_.push_back(std::move(running));
}

void Dispatcher::ForgetOldEpochs() {
  uint64_t read_by_all = ports_.outbox->head();
  for (const auto& [name, running] : running_) {
    read_by_all = std::min(read_by_all, running->worker->read_through());
  }
  for (const auto& retired : retired_) {  // which may be reading at this moment
    if (!retired->ended.load()) {
      read_by_all = std::min(read_by_all, retired->worker->read_through());
    }
  }
  epochs_.Forget(read_by_all);
}

void Dispatcher::AwaitEnd() {
  const CondVar::Deadline deadline = CondVar::After(options_.drain_deadline);
  MutexLock lock(&mu_);
  const auto all_ended = [this] {
    return std::all_of(running_.begin(), running_.end(),
                       [](const auto& entry) { return entry.second->ended.load(); });
  };
  while (!all_ended() && ended_.WaitUntil(&mu_, deadline)) {
  }
}

void Dispatcher::Stop() {
  const uint64_t head = ports_.outbox->head();
  for (const auto& [name, running] : running_) {
    running->worker->Drain(head);
  }
  AwaitEnd();
  for (const auto& [name, running] : running_) {
    running->thread.request_stop();
    if (!running->ended.load()) {
      Log(LogLevel::kWarn, "not done at the drain deadline; the rest is sent after the next start",
          {{"channel", name}});
      if (running->channel != nullptr) {
        running->channel->Cancel();
      }
    }
  }
  running_.clear();
  retired_.clear();
}

}  // namespace kpiwatch
