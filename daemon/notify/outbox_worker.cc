#include "daemon/notify/outbox_worker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/base/log.h"

namespace kpiwatch {

OutboxWorker::OutboxWorker(std::string name, uint64_t cursor, WorkerEnvironment environment)
    : name_(std::move(name)),
      environment_(std::move(environment)),
      read_through_(cursor),
      acknowledged_(cursor),
      read_backoff_(environment_.retry.initial, environment_.retry.max, environment_.random()) {}

void OutboxWorker::Run(const std::stop_token& stop) {
  while (!stop.stop_requested() && RunOnce(stop)) {
  }
}

std::vector<SharedEntry> OutboxWorker::Read(absl::Duration wait, const std::stop_token& stop) {
  const absl::Duration max_wait =
      draining() ? absl::ZeroDuration() : std::clamp(wait, absl::ZeroDuration(), kPoll);
  auto entries = environment_.outbox->Read(read_through(), kReadMax, max_wait);
  if (entries.ok()) {
    read_failed_ = false;
    read_backoff_.Reset();
    if (entries->empty() && draining()) {
      Drain(read_through());
    }
    return *std::move(entries);
  }
  if (!std::exchange(read_failed_, true)) {
    Log(LogLevel::kError, "cannot read the outbox, trying again",
        {{"channel", name_}, {"error", entries.status()}});
  }
  if (draining()) {
    Drain(read_through());  // what cannot be read now is sent after the next start
  } else {
    environment_.pause->For(read_backoff_.Next(), stop);
  }
  return {};
}

void OutboxWorker::WaitUntil(absl::Time until, const std::stop_token& stop) {
  if (!draining()) {
    environment_.pause->For(std::clamp(until - Now(), absl::ZeroDuration(), kPoll), stop);
  }
}

void OutboxWorker::AcknowledgeThrough(uint64_t seq) {
  if (seq > acknowledged_) {
    acknowledged_ = seq;
    environment_.outbox->Acknowledge(name_, seq);
  }
}

void OutboxWorker::Count(const std::vector<Decision>& decisions) {
  for (const Decision& decision : decisions) {
    if (decision.reason == reason::kSent) {
      continue;
    }
    environment_.metrics->suppressed.With({decision.reason}).Add();
    if (IsLogged(LogLevel::kDebug)) {
      Log(LogLevel::kDebug, "not sent",
          {{"channel", name_},
           {"reason", decision.reason},
           {"rule", decision.transition->rule()},
           {"subject", decision.transition->subject()},
           {"recipient", decision.recipient}});
    }
  }
}

std::vector<std::span<const SharedEntry>> SplitIntoSteps(std::span<const SharedEntry> entries) {
  std::vector<std::span<const SharedEntry>> steps;
  size_t begin = 0;
  std::optional<int64_t> step;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].head().is_transition) {
      continue;
    }
    const int64_t here = entries[i].head().step;
    if (step.has_value() && *step != here) {
      steps.push_back(entries.subspan(begin, i - begin));
      begin = i;
    }
    step = here;
  }
  if (begin < entries.size()) {
    steps.push_back(entries.subspan(begin));
  }
  return steps;
}

}  // namespace kpiwatch
