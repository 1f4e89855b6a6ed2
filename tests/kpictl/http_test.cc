// The HTTP side of kpictl against a server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "daemon/kpictl/event_sink.h"
#include "daemon/kpictl/health.h"
#include "tests/api/test_certificate.h"
#include "tests/kpictl/command_fixture.h"
#include "tests/kpictl/event_server.h"

namespace kpiwatch {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
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
    options_.url = url;
    return RunCommand([&](const Console& console) { return Health(options_, console); });
  }

  HealthOptions options_;
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

// A daemon whose --web.config.file wants a name and a certificate of everybody.
class GuardedDaemon {
 public:
  GuardedDaemon(const std::string& cert, const std::string& key)
      : server_(cert.c_str(), key.c_str(), cert.c_str()) {
    server_.Get("/-/healthy", [](const httplib::Request& request, httplib::Response& response) {
      const bool known = request.get_header_value("Authorization") == "Basic cHJvYmU6czNjcmV0";
      response.status = known ? 200 : 401;
      response.set_content(known ? "kpiwatchd is healthy.\n" : "who are you?\n", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~GuardedDaemon() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  httplib::SSLServer server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(HealthTest, AsksAGuardedDaemonAsSomebodyItKnows) {
  const std::string cert = temp_.path() + "/cert.pem";
  const std::string key = temp_.path() + "/key.pem";
  WriteTestCertificate(cert, key);
  GuardedDaemon daemon(cert, key);
  options_.cert_file = cert;
  options_.key_file = key;
  EXPECT_EQ(Ask(daemon.url()), kExitWrong) << "nobody vouches for it";
  options_.ca_file = cert;
  EXPECT_EQ(Ask(daemon.url()), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("answers 401"));
  options_.basic_auth_file = Write("probe.txt", "probe:s3cret\n");
  EXPECT_EQ(Ask(daemon.url()), kExitGood) << err_;
  EXPECT_EQ(out_, "kpiwatchd is healthy.\n");
  options_.cert_file = "";
  options_.key_file = "";
  EXPECT_EQ(Ask(daemon.url()), kExitWrong) << "it wants a certificate";
}

TEST_F(HealthTest, SaysWhichFileHasNoUser) {
  options_.basic_auth_file = temp_.path() + "/none";
  EXPECT_EQ(Ask("http://127.0.0.1:1"), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("/none"));
  options_.basic_auth_file = Write("probe.txt", "s3cret\n");
  EXPECT_EQ(Ask("http://127.0.0.1:1"), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("probe.txt does not hold USER:PASSWORD"));
  EXPECT_THAT(err_, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace kpiwatch
