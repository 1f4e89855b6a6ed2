// A broker that is away for a while, under two daemons: one that reads from it, one that goes on
// taking events over HTTP and has nowhere to publish them.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/adapters/daemon_fixture.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;

class OutageTest : public DaemonFixture {
 protected:
  using Records = std::vector<KafkaRecord>;

  // Posts them in order, in batches; every batch is taken.
  static void PostAll(const DaemonProcess& daemon, const Records& records) {
    constexpr size_t kAtOnce = 100;
    for (size_t begin = 0; begin < records.size(); begin += kAtOnce) {
      nlohmann::json batch = nlohmann::json::array();
      for (size_t i = begin; i < std::min(records.size(), begin + kAtOnce); ++i) {
        batch.push_back(nlohmann::json::parse(records[i].value));
      }
      const DaemonProcess::Answer answer =
          daemon.Post("/api/v1/events", batch.dump(), "application/cloudevents-batch+json");
      ASSERT_EQ(answer.status, 202) << answer.body;
    }
  }
  std::vector<v1::Transition> Settled(const DaemonProcess& daemon, const Place& place) {
    EXPECT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
    return Published(place);
  }
  void ExpectSameStory(const std::vector<v1::Transition>& expected,
                       const std::vector<v1::Transition>& told) {
    const StoryOptions options = {.intraday = {"busy-day", "week-reached"},
                                  .corrected = month_.corrected};
    EXPECT_GT(expected.size(), 20u) << "proves nothing";
    for (const std::string& difference : StoryDifferences(expected, told, options)) {
      ADD_FAILURE() << difference;
    }
  }

  // Both daemons with a third of the month before, during and after an outage. `begin` takes the
  // broker away; `end` brings it back, when both have noticed.
  void LiveThrough(const std::function<void()>& begin, const std::function<void()>& end);

  const SalesMonth month_ = MakeSalesMonth(9);
  HttpReceiver receiver_;
};

void OutageTest::LiveThrough(const std::function<void()>& begin, const std::function<void()>& end) {
  const auto first = month_.records.begin();
  const auto third = static_cast<long>(month_.records.size() / 3);
  const Records before(first, first + third);
  const Records during(first + third, first + 2 * third);
  const Records after(first + 2 * third, month_.records.end());

  // What is told when nothing goes wrong.
  const Place calm_read = MakePlace("calm-read", receiver_.Url());
  const Place calm_posted = MakePlace("calm-posted", receiver_.Url());
  WriteLogConfig(calm_posted, "calm-posted");
  std::vector<v1::Transition> expected_read, expected_posted;
  {
    ASSERT_TRUE(broker().Produce(calm_read.topic, month_.records).ok());
    DaemonProcess reads(calm_read.directory), takes(calm_posted.directory);
    reads.Start();
    takes.Start();
    ASSERT_TRUE(takes.AwaitReady()) << takes.log();
    PostAll(takes, month_.records);
    ASSERT_TRUE(reads.AwaitReady()) << reads.log();
    expected_read = Settled(reads, calm_read);
    expected_posted = Settled(takes, calm_posted);
  }

  const Place read = MakePlace("read", receiver_.Url());
  const Place posted = MakePlace("posted", receiver_.Url());
  WriteLogConfig(posted, "posted");
  ASSERT_TRUE(broker().Produce(read.topic, before).ok());
  DaemonProcess reads(read.directory), takes(posted.directory);
  reads.Start();
  takes.Start();
  ASSERT_TRUE(reads.AwaitReady()) << reads.log();
  ASSERT_TRUE(takes.AwaitReady()) << takes.log();
  PostAll(takes, before);
  ASSERT_TRUE(Eventually([&] { return !Published(read).empty() && !Published(posted).empty(); }));
  ASSERT_EQ(reads.Metric("kpiwatch_source_outages_total", {R"(source="crm")"}), 0);
  ASSERT_EQ(takes.Metric("kpiwatch_publish_outages_total", {R"(channel="kafka")"}), 0);

  begin();
  const size_t messages = receiver_.requests().size();
  PostAll(takes, during);
  EXPECT_TRUE(reads.AwaitLog("Kafka is out of reach; trying again")) << reads.log();
  EXPECT_TRUE(takes.AwaitLog("publishing is held up; trying again")) << takes.log();
  EXPECT_TRUE(receiver_.AwaitRequests(messages + 1)) << "other channels go on";
  EXPECT_GT(takes.Metric("kpiwatch_outbox_length"), 0);
  EXPECT_EQ(reads.Metric("kpiwatch_source_healthy"), 0);
  EXPECT_THAT(reads.Get("/api/v1/sources").body, HasSubstr(R"("health":"err")"));
  end();
  for (const DaemonProcess* daemon : {&reads, &takes}) {
    EXPECT_EQ(daemon->Get("/-/healthy").status, 200) << daemon->log();
  }

  ASSERT_TRUE(broker().Produce(read.topic, during).ok());
  ASSERT_TRUE(broker().Produce(read.topic, after).ok());
  PostAll(takes, after);
  ExpectSameStory(expected_read, Settled(reads, read));
  ExpectSameStory(expected_posted, Settled(takes, posted));
  EXPECT_TRUE(reads.AwaitLog("in touch with Kafka")) << reads.log();
  EXPECT_TRUE(takes.AwaitLog("publishing goes on")) << takes.log();
  EXPECT_TRUE(Eventually([&] { return reads.Metric("kpiwatch_source_healthy") == 1; }));
  // A broker that comes back may still turn requests away for a moment: another outage.
  EXPECT_GE(reads.Metric("kpiwatch_source_outages_total", {R"(source="crm")"}), 1);
  EXPECT_GE(takes.Metric("kpiwatch_publish_outages_total", {R"(channel="kafka")"}), 1);
}

TEST_F(OutageTest, AMinuteWithoutTheBrokerLosesAndDoublesNothing) {
  absl::Time killed;
  LiveThrough(
      [&] {
        broker().Kill();
        killed = absl::Now();
      },
      [&] {
        absl::SleepFor(absl::Minutes(1) - (absl::Now() - killed));  // this test is about a minute
        ASSERT_TRUE(broker().Restart().ok());
      });
}

TEST_F(OutageTest, ABrokerThatHangsLosesAndDoublesNothing) {
  LiveThrough([&] { broker().Pause(); }, [&] { broker().Resume(); });
}

}  // namespace
}  // namespace kpiwatch
