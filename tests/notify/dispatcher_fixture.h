// A dispatcher over fakes, with two webhooks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/notify/dispatcher.h"
#include "tests/testing/fake_channel.h"
#include "tests/testing/fake_outbox.h"
#include "tests/testing/notify_samples.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {

inline constexpr char kManagers[] = "webhook:managers/0";
inline constexpr char kCoaches[] = "webhook:coaches/0";

// What was counted, without what is still at zero.
inline std::vector<std::pair<CounterFamily::Values, uint64_t>> Counted(
    const CounterFamily& family) {
  auto counted = family.Take();
  std::erase_if(counted, [](const auto& sample) { return sample.second == 0; });
  return counted;
}

// Two webhooks, managers and coaches; everything goes to both.
class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() : clock_(absl::FromUnixSeconds(1'000'000)), pause_(&clock_), factory_(&log_) {
    auto file = DeadLetterFile::Open(directory_.path(), "store-1");
    EXPECT_TRUE(file.ok());
    dead_letters_ = *std::move(file);
    rulebook_ = SampleRulebook();
    AddReceiver("managers", 1, 0, &rulebook_);
    AddReceiver("coaches", 1, 0, &rulebook_);
    RouteAll();
    NewDispatcher();
  }
  void RouteAll() {
    rulebook_.route.routes.clear();
    for (size_t i = 0; i < rulebook_.receivers.size(); ++i) {
      Route& route = rulebook_.route.routes.emplace_back();
      route.receiver = i;
      route.continue_matching = true;
    }
  }
  void NewDispatcher() {
    DispatcherOptions options;
    options.planner.store_uuid = "store-1";
    options.drain_deadline = absl::Milliseconds(50);
    options.retry.give_up = absl::InfiniteDuration();  // virtual time flies
    dispatcher_ = std::make_unique<Dispatcher>(DispatcherPorts{.outbox = &outbox_,
                                                               .channels = &factory_,
                                                               .clock = &clock_,
                                                               .pause = &pause_,
                                                               .metrics = &metrics_,
                                                               .dead_letters = dead_letters_.get()},
                                               options);
  }
  void Enter() {
    outbox_.SetChannels(ChannelsOf(rulebook_));
    dispatcher_->SetRulebook(std::make_shared<const Rulebook>(rulebook_));
  }
  // The keys of what the channel with this URL has accepted, in order.
  std::vector<std::string> Keys(const std::string& receiver) const {
    std::vector<std::string> keys;
    for (const SentMessage& message : log_.accepted()) {
      if (message.target == "http://127.0.0.1:1/" + receiver) {
        keys.push_back(message.key);
      }
    }
    return keys;
  }
  void Commit(const std::string& id) {
    v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    transition.set_id(id);
    transition.set_step(++step_);
    outbox_.Commit(transition);
  }
  // The transitions that the channel with this URL has accepted, in order.
  std::vector<std::string> Accepted(const std::string& receiver) const {
    std::vector<std::string> ids;
    for (const SentMessage& message : log_.accepted()) {
      if (message.target == "http://127.0.0.1:1/" + receiver) {
        ids.insert(ids.end(), message.transitions.begin(), message.transitions.end());
      }
    }
    return ids;
  }

  TempDirectory directory_;
  ManualClock clock_;
  FakePause pause_;
  FakeOutbox outbox_;
  ChannelLog log_;
  FakeChannelFactory factory_;
  NotifyMetrics metrics_;
  std::unique_ptr<DeadLetterFile> dead_letters_;
  Rulebook rulebook_;
  int step_ = 0;
  std::unique_ptr<Dispatcher> dispatcher_;  // last: its threads use the others
};

}  // namespace kpiwatch
