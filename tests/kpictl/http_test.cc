// The HTTP side of kpictl against a server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/kpictl/event_sink.h"
#include "daemon/kpictl/health.h"
#include "tests/kpictl/command_fixture.h"
#include "tests/kpictl/event_server.h"

namespace kpiwatch {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Waits and what is told, over virtual time.
struct Sleeps {
  ManualClock clock{absl::FromUnixSeconds(1'781'485'923)};
  std::vector<absl::Duration> taken;
  std::vector<std::string> told;
  Patience AsPatience() {
    return {.sleep =
                [this](absl::Duration duration) {
                  taken.push_back(duration);
                  clock.Advance(duration);
                },
            .clock = &clock,
            .tell = [this](std::string_view what) { told.emplace_back(what); },
            .lasts = kHttpPatience};
  }
};

TEST(HttpSinkTest, PostsABatchWithTokenAndType) {
  EventServer server({});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url(), "secret", sleeps.AsPatience());
  ASSERT_TRUE(sink->Send({.key = "", .body = R"({"a":1})"}).ok());
  ASSERT_TRUE(sink->Send({.key = "", .body = R"({"a":2})"}).ok());
  ASSERT_TRUE(sink->Flush().ok());
  EXPECT_THAT(server.bodies(), ElementsAre(R"([{"a":1},{"a":2}])"));
  EXPECT_THAT(server.types(), ElementsAre("application/cloudevents-batch+json"));
  EXPECT_THAT(server.tokens(), ElementsAre("Bearer secret"));
  EXPECT_TRUE(sink->Flush().ok());
  EXPECT_EQ(server.bodies().size(), 1u);
}

TEST(HttpSinkTest, SplitsWhatIsMoreThanABatch) {
  EventServer server({});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url() + "/api/v1/events", "", sleeps.AsPatience());
  for (size_t i = 0; i < kHttpBatchEvents + 1; ++i) {
    ASSERT_TRUE(sink->Send({.key = "", .body = "{}"}).ok());
  }
  ASSERT_TRUE(sink->Flush().ok());
  ASSERT_EQ(server.bodies().size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(server.bodies()[0]).size(), kHttpBatchEvents);
  EXPECT_EQ(server.bodies()[1], "[{}]");
}

TEST(HttpSinkTest, WaitsAsLongAsTheServerAsksAndSendsTheSameAgain) {
  EventServer server({{429, "full", "7"}, {503, "starting", ""}});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url(), "", sleeps.AsPatience());
  ASSERT_TRUE(sink->Send({.key = "", .body = "{}"}).ok());
  EXPECT_TRUE(sink->Flush().ok());
  EXPECT_THAT(server.bodies(), ElementsAre("[{}]", "[{}]", "[{}]"));
  EXPECT_THAT(sleeps.taken, ElementsAre(absl::Seconds(7), absl::Milliseconds(200)));
}

TEST(HttpSinkTest, ARefusalIsFinalAndSaysWhy) {
  EventServer server({{400, R"({"errors":[{"index":0,"reason":"no id"}]})", ""}});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url(), "", sleeps.AsPatience());
  ASSERT_TRUE(sink->Send({.key = "", .body = "{}"}).ok());
  const absl::Status status = sink->Flush();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("answers 400"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no id"));
  EXPECT_TRUE(sleeps.taken.empty());
}

TEST(HttpSinkTest, GivesUpOnAServerThatIsNotThere) {
  Sleeps sleeps;
  std::string url;
  {
    EventServer gone({});
    url = gone.url();
  }
  const auto sink = MakeHttpSink(url, "", sleeps.AsPatience());
  ASSERT_TRUE(sink->Send({.key = "", .body = "{}"}).ok());
  const std::string until =
      absl::FormatTime("%H:%M:%S", sleeps.clock.Now() + kHttpPatience, absl::LocalTimeZone());
  const absl::Status given_up = sink->Flush();
  EXPECT_EQ(given_up.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(given_up.message()), HasSubstr("tries in 1m"));
  EXPECT_EQ(std::accumulate(sleeps.taken.begin(), sleeps.taken.end(), absl::ZeroDuration()),
            kHttpPatience);
  EXPECT_EQ(*std::max_element(sleeps.taken.begin(), sleeps.taken.end()), absl::Seconds(10));
  ASSERT_EQ(sleeps.told.size(), 1u) << "at the first failure, not at each";
  EXPECT_THAT(sleeps.told[0], StartsWith(url + "/api/v1/events: "));
  EXPECT_THAT(sleeps.told[0], EndsWith("; trying again until " + until));
}

TEST(HttpSinkTest, TellsOnceOfAServerThatHoldsBackEveryBatch) {
  EventServer server({{429, "full", "1"}, {}, {429, "full", "1"}, {}});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url(), "", sleeps.AsPatience());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(sink->Send({.key = "", .body = "{}"}).ok());
    ASSERT_TRUE(sink->Flush().ok());
  }
  EXPECT_THAT(sleeps.told, ElementsAre(HasSubstr("answers 429: full; trying again until ")));
}

TEST(HttpSinkTest, RefusesWhatIsNoCloudEventAndEndsWithAHeartbeat) {
  EventServer server({});
  Sleeps sleeps;
  const auto sink = MakeHttpSink(server.url(), "", sleeps.AsPatience());
  EXPECT_TRUE(
      absl::IsInvalidArgument(sink->Send({.key = "", .body = "1,2,3", .cloud_event = false})));
  ASSERT_TRUE(sink->Heartbeat("/orders", absl::FromUnixSeconds(0), absl::FromUnixSeconds(9)).ok());
  ASSERT_EQ(server.bodies().size(), 1u);
  const auto batch = nlohmann::json::parse(server.bodies()[0]);
  EXPECT_EQ(batch[0]["data"]["complete_until"], "1970-01-01T00:00:00Z");
  EXPECT_FALSE(batch[0]["data"].contains("partition_scope"));
}

TEST(KafkaSinkTest, TellsThatNoBrokerAnswersAndGivesUp) {
  Sleeps sleeps;
  Patience patience = sleeps.AsPatience();
  patience.lasts = absl::Milliseconds(200);
  const auto sink = MakeKafkaSink("kafka://127.0.0.1:1/orders", {}, std::move(patience));
  EXPECT_TRUE(absl::IsUnavailable(sink.status())) << sink.status();
  EXPECT_THAT(std::string(sink.status().message()), HasSubstr("given up after 200ms"));
  EXPECT_THAT(sleeps.told,
              ElementsAre(AllOf(StartsWith("kafka://127.0.0.1:1/orders: topic 'orders': "),
                                HasSubstr("; trying again until "))));
}

class HealthTest : public CommandTest {
 protected:
  int Ask(const std::string& url) {
    return RunCommand([&](const Console& console) { return Health(url, console); });
  }
};

TEST_F(HealthTest, OnlyAnAnswerOf200IsHealth) {
  EventServer server({});
  EXPECT_EQ(Ask(server.url()), kExitGood);
  EXPECT_EQ(out_, "kpiwatchd is healthy.\n");
  EXPECT_EQ(Ask(server.url() + "/-/healthy"), kExitGood);
  EXPECT_EQ(Ask(server.url() + "/-/ready"), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("answers 503"));
  EXPECT_EQ(Ask(server.url() + "/nothing"), kExitWrong);
}

TEST_F(HealthTest, NobodyThereIsNoHealth) {
  std::string url;
  {
    EventServer gone({});
    url = gone.url();
  }
  EXPECT_EQ(Ask(url), kExitWrong);
  EXPECT_FALSE(err_.empty());
  EXPECT_EQ(Ask("no url at all"), kExitWrong);
}

}  // namespace
}  // namespace kpiwatch
