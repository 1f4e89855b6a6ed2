// Channels that record what they are given and answer what the test wants.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/pause.h"

namespace kpiwatch {

// A message as it was sent, with copies of what it borrowed.
struct SentMessage {
  std::string integration;
  std::string target;  // URL or smarthost of the channel
  std::string receiver;
  std::string recipient;
  std::string key;
  std::vector<std::string> transitions;  // their ids
  absl::Status answer;
};

// What all channels of one factory share. Thread-safe.
class ChannelLog {
 public:
  // Decides the answer to an attempt; runs in the sending thread. Default: OK.
  using Answer = std::function<absl::Status(const SentMessage&)>;
  void AnswerWith(Answer answer) {
    MutexLock lock(&mu_);
    answer_ = std::move(answer);
  }
  // From now on Send to this target does not return before Cancel.
  void Hang(const std::string& target) {
    MutexLock lock(&mu_);
    hanging_ = target;
  }

  std::vector<SentMessage> attempts() const {
    MutexLock lock(&mu_);
    return attempts_;
  }
  std::vector<SentMessage> accepted() const {
    std::vector<SentMessage> ok = attempts();
    std::erase_if(ok, [](const SentMessage& message) { return !message.answer.ok(); });
    return ok;
  }
  // Waits until a Send hangs; false after a minute.
  bool AwaitHanging() {
    const CondVar::Deadline deadline = CondVar::After(absl::Minutes(1));
    MutexLock lock(&mu_);
    while (!hangs_) {
      if (!changed_.WaitUntil(&mu_, deadline)) {
        return false;
      }
    }
    return true;
  }

  absl::Status Send(SentMessage message, const bool* cancelled) {
    MutexLock lock(&mu_);
    while (message.target == hanging_ && !*cancelled) {
      hangs_ = true;
      changed_.SignalAll();
      changed_.Wait(&mu_);
    }
    message.answer = *cancelled ? absl::CancelledError("stopped")
                     : answer_  ? answer_(message)
                                : absl::OkStatus();
    attempts_.push_back(message);
    changed_.SignalAll();
    return message.answer;
  }
  void Cancel(bool* cancelled) {
    MutexLock lock(&mu_);
    *cancelled = true;
    changed_.SignalAll();
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  Answer answer_ ABSL_GUARDED_BY(mu_);
  std::string hanging_ ABSL_GUARDED_BY(mu_);
  bool hangs_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<SentMessage> attempts_ ABSL_GUARDED_BY(mu_);
};

class FakeChannel final : public Channel {
 public:
  FakeChannel(std::string integration, std::string target, ChannelLog* log)
      : integration_(std::move(integration)), target_(std::move(target)), log_(log) {}
  std::string_view integration() const override { return integration_; }
  absl::Status Send(const Message& message) override {
    SentMessage sent{.integration = integration_,
                     .target = target_,
                     .receiver = message.receiver,
                     .recipient = message.recipient,
                     .key = message.idempotency_key,
                     .transitions = {},
                     .answer = {}};
    for (const v1::Transition* transition : message.transitions) {
      sent.transitions.push_back(transition->id());
    }
    return log_->Send(std::move(sent), &cancelled_);
  }
  void Cancel() override { log_->Cancel(&cancelled_); }

 private:
  const std::string integration_;
  const std::string target_;
  ChannelLog* const log_;
  bool cancelled_ = false;  // guarded by the log
};

class FakeChannelFactory final : public ChannelFactory {
 public:
  explicit FakeChannelFactory(ChannelLog* log) : log_(log) {}
  std::unique_ptr<Channel> MakeWebhook(const WebhookConfig& config) override {
    return std::make_unique<FakeChannel>("webhook", config.url, log_);
  }
  std::unique_ptr<Channel> MakeEmail(const EmailConfig& config) override {
    return std::make_unique<FakeChannel>("email", config.smarthost, log_);
  }

 private:
  ChannelLog* const log_;
};

// Waiting takes no time but the clock's.
class FakePause final : public Pause {
 public:
  explicit FakePause(ManualClock* clock) : clock_(clock) {}
  void For(absl::Duration wait, const std::stop_token& /*stop*/) override { clock_->Advance(wait); }

 private:
  ManualClock* const clock_;
};

}  // namespace kpiwatch
