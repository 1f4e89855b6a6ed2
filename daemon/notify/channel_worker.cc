#include "daemon/notify/channel_worker.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/log.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kGaveUp = "gave_up";
constexpr std::string_view kFailureReasons[] = {"unavailable", "timeout", "busy", "rejected",
                                                kGaveUp};

// The reason under which a failed attempt is counted.
std::string_view FailureReason(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "unavailable";
    case absl::StatusCode::kDeadlineExceeded:
      return "timeout";
    case absl::StatusCode::kResourceExhausted:
      return "busy";
    default:
      return "rejected";
  }
}

std::optional<size_t> SlotNamed(const DeliveryPlanner& planner, std::string_view name) {
  for (size_t i = 0; i < planner.slots().size(); ++i) {
    if (planner.slots()[i].name == name) {
      return i;
    }
  }
  return std::nullopt;
}

// What planned messages borrow from.
struct StepOwner {
  std::shared_ptr<const std::vector<SharedEntry>> entries;
  std::shared_ptr<const Epoch> epoch;
};

}  // namespace

ChannelWorker::ChannelWorker(std::string name, uint64_t cursor, std::unique_ptr<Channel> channel,
                             const WorkerEnvironment& environment)
    : OutboxWorker(std::move(name), cursor, environment),
      queue_(cursor, environment.retry, environment.random()),
      channel_(std::move(channel)) {
  for (std::string& key : environment.outbox->Settled(this->name())) {
    settled_.insert(std::move(key));
  }
  for (const std::string_view reason : kFailureReasons) {
    environment.metrics->failed.Show({channel_->integration(), reason});
  }
}

void ChannelWorker::Replace(std::unique_ptr<Channel> channel, bool elsewhere) {
  MutexLock lock(&mu_);
  if (elsewhere && in_use_ != nullptr) {
    in_use_->Cancel();
  }
  channel_ = std::move(channel);
  replaced_ = true;
  if (cancelled_) {
    channel_->Cancel();
  }
}

void ChannelWorker::Cancel() {
  MutexLock lock(&mu_);
  cancelled_ = true;
  channel_->Cancel();
  if (in_use_ != nullptr) {
    in_use_->Cancel();  // which may be one that was replaced
  }
}

std::shared_ptr<Channel> ChannelWorker::CurrentChannel() {
  MutexLock lock(&mu_);
  if (std::exchange(replaced_, false)) {
    queue_.Release();
  }
  in_use_ = channel_;
  return channel_;
}

bool ChannelWorker::WasReplaced(const Channel* channel) {
  MutexLock lock(&mu_);
  return channel_.get() != channel;
}

bool ChannelWorker::HasRoom() const {
  return queue_.messages() < kMaxWaitingMessages &&
         (queue_.empty() || read_through() - queue_.done_through() < kMaxWaitingEntries);
}

bool ChannelWorker::RunOnce(const std::stop_token& stop) {
  const std::shared_ptr<Channel> channel = CurrentChannel();
  const absl::Time now = Now();
  if (const SendQueue::Item* item = queue_.Due(now); item != nullptr) {
    Attempt(*item, channel.get(), stop);
    return true;
  }
  if (draining() && (DrainedReading() || !HasRoom())) {
    return false;
  }
  if (HasRoom()) {
    Fill(queue_.NextDue() - now, stop);
  } else {
    WaitUntil(queue_.NextDue(), stop);
  }
  return true;
}

void ChannelWorker::Fill(absl::Duration wait, const std::stop_token& stop) {
  const auto entries = std::make_shared<const std::vector<SharedEntry>>(Read(wait, stop));
  if (entries->empty()) {
    return;
  }
  for (const std::span<const SharedEntry> step : SplitIntoSteps(*entries)) {
    const uint64_t last_seq = step.back().seq();
    std::shared_ptr<const Epoch> epoch = environment().epochs->Of(last_seq);
    DeliveryPlan plan;
    if (const auto slot = SlotNamed(epoch->planner, name()); slot.has_value()) {
      plan = epoch->planner.PlanFor(*slot, step);
    }
    Count(plan.decisions);
    if (!settled_.empty()) {
      std::erase_if(plan.messages, [this](const Message& message) {
        return settled_.erase(message.idempotency_key) > 0;
      });
    }
    queue_.Add(last_seq, std::move(plan.messages),
               std::make_shared<StepOwner>(StepOwner{entries, std::move(epoch)}), Now());
    SetRead(last_seq);
  }
  AcknowledgeThrough(queue_.done_through());
}

void ChannelWorker::Attempt(const SendQueue::Item& item, Channel* channel,
                            const std::stop_token& stop) {
  const absl::Time begin = Now();
  const absl::Status status = channel->Send(item.message);
  const absl::Time end = Now();
  if (absl::IsCancelled(status) && (stop.stop_requested() || WasReplaced(channel))) {
    return;  // sent again, with the same key: after the next start, or through the new channel
  }
  environment().metrics->latency_seconds.Observe(absl::ToDoubleSeconds(end - begin));
  const std::string_view integration = channel->integration();
  const Message message = item.message;  // a settled item may be gone
  const int attempts = item.attempts + 1;
  const uint64_t step = item.step;
  const Outcome outcome = queue_.Settle(item, status, end);
  Report(message, attempts, integration, status, outcome);
  AcknowledgeThrough(queue_.done_through());
  if (outcome != Outcome::kRetry && step > queue_.done_through()) {
    environment().outbox->Settle(name(), step, message.idempotency_key);
  }
}

void ChannelWorker::Abandon(uint64_t head) {
  const uint64_t waiting = queue_.transitions();
  const uint64_t unread = head - std::min(head, read_through());
  if (waiting + unread == 0) {
    return;
  }
  environment().metrics->suppressed.With({reason::kReceiverRemoved}).Add(waiting + unread);
  Log(LogLevel::kWarn, "a receiver was removed before it got everything",
      {{"channel", name()}, {"transitions", waiting}, {"entries_not_read", unread}});
}

void ChannelWorker::Report(const Message& message, int attempts, std::string_view integration,
                           const absl::Status& status, Outcome outcome) {
  NotifyMetrics& metrics = *environment().metrics;
  if (outcome == Outcome::kAccepted) {
    metrics.sent.With({integration}).Add();
    Log(LogLevel::kDebug, "sent",
        {{"channel", name()},
         {"recipient", message.recipient},
         {"key", message.idempotency_key},
         {"transitions", message.transitions.size()}});
    return;
  }
  metrics.failed.With({integration, FailureReason(status)}).Add();
  if (outcome == Outcome::kRetry) {
    Log(LogLevel::kWarn, "sending failed, trying again",
        {{"channel", name()},
         {"recipient", message.recipient},
         {"key", message.idempotency_key},
         {"attempt", attempts},
         {"error", status}});
    return;
  }
  if (outcome == Outcome::kGaveUp) {
    metrics.failed.With({integration, kGaveUp}).Add();
  }
  Log(LogLevel::kError, "a message is dropped",
      {{"channel", name()},
       {"recipient", message.recipient},
       {"key", message.idempotency_key},
       {"transitions", message.transitions.size()},
       {"attempts", attempts},
       {"why", outcome == Outcome::kGaveUp ? "gave up" : "refused"},
       {"error", status}});
}

}  // namespace kpiwatch
