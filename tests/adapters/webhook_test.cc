// The webhook channel against a real HTTP server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "daemon/notify/dispatcher.h"
#include "daemon/notify/retry_after.h"
#include "daemon/notify/webhook/webhook_channel.h"
#include "nlohmann/json.hpp"
#include "tests/testing/fake_outbox.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/notify_samples.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class WebhookTest : public testing::Test {
 protected:
  WebhookTest()
      : rulebook_(SampleRulebook()),
        transition_(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)) {
    setenv("no_proxy", "*", 1);  // NOLINT(concurrency-mt-unsafe): no other thread yet
    config_.url = receiver_.Url();
  }
  absl::Status Send() { return Send(WebhookChannel(config_, options_)); }
  absl::Status Send(WebhookChannel&& channel) { return channel.Send(SampleMessage()); }
  Message SampleMessage() {
    Message message;
    message.idempotency_key = "0123456789abcdef0123456789abcdef";
    message.receiver = "managers";
    message.language = "zh";
    message.address = config_.url;
    message.transitions = {&transition_};
    message.rulebook = &rulebook_;
    return message;
  }
  absl::Status SendAnswered(HttpReceiver::Answer answer) {
    receiver_.AnswerWith({std::move(answer)});
    return Send();
  }

  HttpReceiver receiver_;
  Rulebook rulebook_;
  v1::Transition transition_;
  WebhookConfig config_;
  WebhookOptions options_;
};

TEST_F(WebhookTest, PostsAlertmanagersJsonWithTheIdempotencyKey) {
  ASSERT_TRUE(Send().ok());
  ASSERT_THAT(receiver_.requests(), SizeIs(1));
  const HttpReceiver::Request request = receiver_.requests().front();
  EXPECT_EQ(request.path, "/hook");
  EXPECT_EQ(request.header("Content-Type"), "application/json");
  EXPECT_EQ(request.header("Idempotency-Key"), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(request.header("Authorization"), "");
  const auto body = nlohmann::json::parse(request.body);
  EXPECT_EQ(body.at("version"), "4");
  EXPECT_EQ(body.at("alerts").at(0).at("labels").at("alertname"), "actions-slipping");
}

TEST_F(WebhookTest, SendsSeveralMessagesOverOneChannel) {
  WebhookChannel channel(config_, options_);
  EXPECT_TRUE(channel.Send(SampleMessage()).ok());
  EXPECT_TRUE(channel.Send(SampleMessage()).ok());
  EXPECT_THAT(receiver_.requests(), SizeIs(2));
}

TEST_F(WebhookTest, ReadsTheBearerTokenForEachAttempt) {
  const TempDirectory directory;
  config_.bearer_token.file = directory.path() + "/token";
  WebhookChannel channel(config_, options_);
  EXPECT_EQ(channel.Send(SampleMessage()).code(), absl::StatusCode::kUnavailable);
  std::ofstream(config_.bearer_token.file) << "first\n";
  EXPECT_TRUE(channel.Send(SampleMessage()).ok());
  std::ofstream(config_.bearer_token.file) << "second\n";
  EXPECT_TRUE(channel.Send(SampleMessage()).ok());
  std::ofstream(config_.bearer_token.file) << "two\r\nX-Other: lines";
  EXPECT_EQ(channel.Send(SampleMessage()).code(), absl::StatusCode::kUnavailable);
  ASSERT_THAT(receiver_.requests(), SizeIs(2));
  EXPECT_EQ(receiver_.requests()[0].header("Authorization"), "Bearer first");
  EXPECT_EQ(receiver_.requests()[1].header("Authorization"), "Bearer second");
}

TEST_F(WebhookTest, AnswersSayWhetherToTryAgain) {
  for (const int code : {200, 201, 202, 204}) {
    EXPECT_TRUE(SendAnswered({.status = code, .headers = {}}).ok()) << code;
  }
  for (const int code : {400, 401, 404, 413}) {
    EXPECT_EQ(SendAnswered({.status = code, .headers = {}}).code(),
              absl::StatusCode::kInvalidArgument)
        << code;
  }
  for (const int code : {500, 502, 503, 504}) {
    EXPECT_EQ(SendAnswered({.status = code, .headers = {}}).code(), absl::StatusCode::kUnavailable)
        << code;
  }
  EXPECT_EQ(SendAnswered({.status = 429, .headers = {}}).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(WebhookTest, KeepsToRetryAfterWithinReason) {
  EXPECT_EQ(RetryAfter(SendAnswered({.status = 429, .headers = {{"Retry-After", "17"}}})),
            absl::Seconds(17));
  EXPECT_EQ(RetryAfter(SendAnswered({.status = 503, .headers = {{"Retry-After", "999999"}}})),
            absl::Hours(1));
  EXPECT_EQ(RetryAfter(SendAnswered({.status = 503, .headers = {}})), absl::ZeroDuration());
}

TEST_F(WebhookTest, DoesNotFollowRedirects) {
  HttpReceiver other;
  config_.bearer_token.env = "KPIWATCH_TEST_TOKEN";
  setenv("KPIWATCH_TEST_TOKEN", "secret", 1);  // NOLINT(concurrency-mt-unsafe)
  const absl::Status status = SendAnswered({.status = 307, .headers = {{"Location", other.Url()}}});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("redirects are not followed"));
  EXPECT_THAT(other.requests(), SizeIs(0));
}

TEST_F(WebhookTest, HugeAnswersAreNotRead) {
  EXPECT_TRUE(SendAnswered({.status = 200, .body = std::string(8 << 20, 'x'), .headers = {}}).ok());
  const absl::Status status =
      SendAnswered({.status = 400, .body = std::string(8 << 20, 'x'), .headers = {}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_LT(status.message().size(), 400U);
}

TEST_F(WebhookTest, HangingReceiverRunsIntoTheTimeout) {
  receiver_.Hang();
  options_.timeout = absl::Milliseconds(200);
  EXPECT_EQ(Send().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(WebhookTest, CancelEndsAHangingAttempt) {
  receiver_.Hang();
  WebhookChannel channel(config_, options_);
  std::thread canceller([&] {
    EXPECT_TRUE(receiver_.AwaitRequests(1));
    channel.Cancel();
  });
  EXPECT_EQ(channel.Send(SampleMessage()).code(), absl::StatusCode::kCancelled);
  canceller.join();
  EXPECT_EQ(channel.Send(SampleMessage()).code(), absl::StatusCode::kCancelled);
}

TEST_F(WebhookTest, NobodyListeningIsUnavailableAndKeepsTheQueryOutOfTheMessage) {
  config_.url = "http://user:pass@127.0.0.1:1/hook?key=secret#part";
  const absl::Status status = Send();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("http://127.0.0.1:1/hook: "));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("pass")));
}

TEST_F(WebhookTest, OtherProtocolsAreRefused) {
  config_.url = "file:///etc/passwd";
  EXPECT_EQ(Send().code(), absl::StatusCode::kUnavailable);
}

class WebhookFactory final : public ChannelFactory {
 public:
  std::unique_ptr<Channel> MakeWebhook(const WebhookConfig& config) override {
    return std::make_unique<WebhookChannel>(
        config, WebhookOptions{.timeout = absl::Milliseconds(200), .external_url = {}});
  }
  std::unique_ptr<Channel> MakeEmail(const EmailConfig& /*config*/) override { return nullptr; }
};

// The whole way from the outbox to the receiver, which fails in turn in every way it can.
TEST_F(WebhookTest, DispatcherDeliversThroughFailuresWithOneKeyPerMessage) {
  receiver_.AnswerWith({{.status = 503, .headers = {}},
                        {.status = 200, .headers = {}},
                        {.status = 429, .headers = {}},
                        {.status = 500, .headers = {}},
                        {.status = 200, .headers = {}}});
  AddReceiver("managers", 1, 0, &rulebook_);
  rulebook_.receivers[0].webhook[0].url = receiver_.Url();
  const TempDirectory directory;
  const auto dead_letters = DeadLetterFile::Open(directory.path(), "store-1");
  ASSERT_TRUE(dead_letters.ok());
  FakeOutbox outbox;
  WebhookFactory factory;
  const SystemClock clock;
  SystemPause pause;
  NotifyMetrics metrics;
  DispatcherOptions options;
  options.retry.initial = options.retry.max = absl::Milliseconds(5);
  Dispatcher dispatcher({.outbox = &outbox,
                         .channels = &factory,
                         .clock = &clock,
                         .pause = &pause,
                         .metrics = &metrics,
                         .dead_letters = dead_letters->get()},
                        options);
  dispatcher.SetRulebook(std::make_shared<const Rulebook>(rulebook_));
  outbox.Commit(transition_);
  v1::Transition resolve = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  resolve.set_step(2);
  outbox.Commit(resolve);
  ASSERT_TRUE(outbox.AwaitAcknowledged("webhook:managers/0", 2));
  dispatcher.Stop();

  const auto requests = receiver_.requests();
  ASSERT_THAT(requests, SizeIs(5));
  const auto key = [&](size_t i) { return requests[i].header("Idempotency-Key"); };
  EXPECT_EQ(key(0), key(1));
  EXPECT_EQ(key(2), key(3));
  EXPECT_EQ(key(3), key(4));
  EXPECT_NE(key(1), key(2));
  EXPECT_EQ(nlohmann::json::parse(requests[1].body).at("status"), "firing");
  EXPECT_EQ(nlohmann::json::parse(requests[4].body).at("status"), "resolved");
}

}  // namespace
}  // namespace kpiwatch
