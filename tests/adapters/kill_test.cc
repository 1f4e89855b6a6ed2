// Random SIGKILLs of the daemon between a real broker and a real receiver: what it tells is what a
// daemon tells that nobody killed.
//
// KPIWATCH_KILLS is how often it is killed (default 30), KPIWATCH_SEED at which moments. The month
// is always the same: one in which every rule has something to tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/adapters/daemon_fixture.h"

namespace kpiwatch {
namespace {

constexpr uint64_t kMonth = 1;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Transition ids by the idempotency key under which they came, and how many requests there were.
struct Received {
  std::map<std::string, std::set<std::string>> by_key;
  size_t requests = 0;
};

Received ReadRequests(const HttpReceiver& receiver) {
  Received received;
  for (const HttpReceiver::Request& request : receiver.requests()) {
    std::set<std::string> ids;
    const nlohmann::json body = nlohmann::json::parse(request.body);
    for (const nlohmann::json& alert : body["alerts"]) {
      EXPECT_TRUE(ids.insert(alert["id"].get<std::string>()).second) << "twice in one message";
    }
    const std::string key = request.header("Idempotency-Key");
    EXPECT_EQ(key.size(), 32u) << key;
    const auto [it, first] = received.by_key.emplace(key, ids);
    EXPECT_EQ(it->second, ids) << "another message under the key of an earlier one";
    ++received.requests;
  }
  return received;
}

class KillTest : public DaemonFixture {
 protected:
  // Everything that was published came to the receiver, each transition under one key.
  void ExpectDelivered(const std::vector<v1::Transition>& published, const Received& received) {
    std::multiset<std::string> ids;
    for (const auto& [key, transitions] : received.by_key) {
      ids.insert(transitions.begin(), transitions.end());
    }
    std::multiset<std::string> expected;
    for (const v1::Transition& transition : published) {
      expected.insert(transition.id());
    }
    EXPECT_TRUE(ids == expected) << ids.size() << " transitions came under some key, "
                                 << expected.size() << " were published";
  }

  HttpReceiver calm_receiver_;
  HttpReceiver receiver_;
};

TEST_F(KillTest, ADaemonThatIsKilledTellsTheSameStory) {
  const uint64_t kills = NumberFromEnvironment("KPIWATCH_KILLS", 30);
  const uint64_t seed = NumberFromEnvironment("KPIWATCH_SEED", std::random_device()());
  SCOPED_TRACE("KPIWATCH_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const SalesMonth month = MakeSalesMonth(kMonth);

  const Place calm = MakePlace("calm", calm_receiver_.Url());
  ASSERT_TRUE(broker().Produce(calm.topic, month.records).ok());
  DaemonProcess calm_daemon(calm.directory);
  calm_daemon.Start();
  ASSERT_TRUE(calm_daemon.AwaitReady()) << calm_daemon.log();
  ASSERT_TRUE(AwaitSettled(calm_daemon, month.complete_until)) << calm_daemon.log();
  EXPECT_EQ(calm_daemon.Stop(), 0) << calm_daemon.log();
  const std::vector<v1::Transition> expected = Published(calm);
  std::map<std::string, int> by_rule;
  for (const v1::Transition& transition : expected) {
    ++by_rule[transition.rule()];
  }
  for (const char* rule :
       {"actions-slipping", "week-behind", "team-week-behind", "busy-day", "week-reached"}) {
    EXPECT_GT(by_rule[rule], 2) << rule << " proves nothing";
  }
  ExpectDelivered(expected, ReadRequests(calm_receiver_));

  const Place place = MakePlace("killed", receiver_.Url());
  DaemonProcess daemon(place.directory);
  size_t sent = 0;
  uint64_t while_starting = 0;
  for (uint64_t kill = 0; kill < kills; ++kill) {
    const size_t end = month.records.size() * (kill + 1) / (kills + 1);
    daemon.Start();
    const bool at_start = random() % 4 == 0;
    if (!at_start) {
      ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
    }
    // In several requests, so that there is always something on its way.
    std::thread feeder([&] {
      constexpr size_t kAtOnce = 20;
      while (sent < end) {
        const size_t next = std::min(end, sent + kAtOnce);
        const std::vector<KafkaRecord> records(month.records.begin() + static_cast<long>(sent),
                                               month.records.begin() + static_cast<long>(next));
        EXPECT_TRUE(broker().Produce(place.topic, records).ok());
        sent = next;
      }
    });
    // The moment is what this test is about: any will do.
    absl::SleepFor(absl::Milliseconds(random() % 250));
    while_starting += at_start ? 1 : 0;
    daemon.Kill();
    feeder.join();
  }
  ASSERT_TRUE(broker()
                  .Produce(place.topic,
                           {month.records.begin() + static_cast<long>(sent), month.records.end()})
                  .ok());
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  ASSERT_TRUE(AwaitSettled(daemon, month.complete_until)) << daemon.log();
  EXPECT_THAT(daemon.log(), testing::HasSubstr("the last run did not end by itself"));
  const double unclean = daemon.Metric("kpiwatch_runs_ended_total", {R"(how="unclean")"});
  EXPECT_LE(unclean, static_cast<double>(kills));
  EXPECT_GE(unclean, static_cast<double>(kills - while_starting));
  EXPECT_EQ(daemon.Stop(), 0) << daemon.log();

  const std::vector<v1::Transition> told = Published(place);
  const StoryOptions options = {.intraday = {"busy-day", "week-reached"},
                                .corrected = month.corrected};
  for (const std::string& difference : StoryDifferences(expected, told, options)) {
    ADD_FAILURE() << difference;
  }
  const Received received = ReadRequests(receiver_);
  ExpectDelivered(told, received);
  std::printf(
      "%zu records, %zu transitions (%zu never killed), %llu kills (%llu while starting), "
      "%zu messages, %zu re-sent\n",
      month.records.size(), told.size(), expected.size(), static_cast<unsigned long long>(kills),
      static_cast<unsigned long long>(while_starting), received.by_key.size(),
      received.requests - received.by_key.size());
}

}  // namespace
}  // namespace kpiwatch
