// The e-mail channel against a real SMTP server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string_view>
#include <thread>

#include "daemon/notify/channel_worker.h"
#include "daemon/notify/email/email_channel.h"
#include "tests/adapters/smtp_server.h"
#include "tests/api/test_certificate.h"
#include "tests/testing/fake_channel.h"
#include "tests/testing/fake_outbox.h"
#include "tests/testing/notify_samples.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EmailTest : public testing::Test {
 protected:
  EmailTest()
      : rulebook_(SampleRulebook()),
        transition_(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_ORANGE)),
        clock_(absl::FromUnixSeconds(1790690400)) {
    config_.from = "KPI <kpi@example.com>";
    config_.require_tls = false;
    options_.clock = &clock_;
    WriteTestCertificate(certificate(), key());
  }
  void SetUp() override {
    python_ = SmtpServer::Python();
    if (!python_.has_value()) {
      constexpr std::string_view kMissing =
          "NO MAIL SERVER: the Debian package python3-aiosmtpd is missing";
      const char* ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe)
      ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << kMissing;
      GTEST_SKIP() << kMissing;
    }
  }
  std::string certificate() const { return directory_.path() + "/cert.pem"; }
  std::string key() const { return directory_.path() + "/key.pem"; }
  std::vector<std::string> Tls() const { return {"--certificate", certificate(), "--key", key()}; }

  void Start(const std::vector<std::string>& options = {}) {
    server_ = std::make_unique<SmtpServer>(*python_, options);
    config_.smarthost = server_->smarthost();
  }
  Message To(const std::string& address) {
    Message message;
    message.idempotency_key = "0123456789abcdef0123456789abcdef";
    message.receiver = "managers";
    message.recipient = "u102";
    message.recipient_name = "王一";
    message.address = address;
    message.language = "zh";
    message.transitions = {&transition_};
    message.rulebook = &rulebook_;
    return message;
  }
  absl::Status SendTo(const std::string& address) {
    return EmailChannel(config_, options_).Send(To(address));
  }

  const TempDirectory directory_;
  std::optional<std::string> python_;
  std::unique_ptr<SmtpServer> server_;
  Rulebook rulebook_;
  v1::Transition transition_;
  ManualClock clock_;
  EmailConfig config_;
  EmailOptions options_;
};

TEST_F(EmailTest, DeliversALetterWithItsMessageId) {
  Start();
  const absl::Status status = SendTo("wangyi@example.com");
  ASSERT_TRUE(status.ok()) << status;
  const SmtpServer::Letter letter = server_->Next();
  EXPECT_EQ(letter.from, "kpi@example.com");
  EXPECT_THAT(letter.to, ElementsAre("wangyi@example.com"));
  EXPECT_FALSE(letter.tls);
  EXPECT_THAT(letter.data,
              HasSubstr("Message-ID: <0123456789abcdef0123456789abcdef@example.com>\r\n"));
  EXPECT_THAT(letter.data, HasSubstr("Date: Tue, 29 Sep 2026 14:00:00 +0000\r\n"));
  EXPECT_THAT(letter.data, HasSubstr("Content-Type: multipart/alternative;"));
}

TEST_F(EmailTest, SendsSeveralLettersOverOneChannel) {
  Start();
  EmailChannel channel(config_, options_);
  EXPECT_TRUE(channel.Send(To("a@example.com")).ok());
  EXPECT_TRUE(channel.Send(To("b@example.com")).ok());
  EXPECT_THAT(server_->Next().to, ElementsAre("a@example.com"));
  EXPECT_THAT(server_->Next().to, ElementsAre("b@example.com"));
}

TEST_F(EmailTest, RepliesSayWhetherToTryAgain) {
  Start();
  EmailChannel channel(config_, options_);
  EXPECT_EQ(channel.Send(To("busy@example.com")).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(channel.Send(To("full@example.com")).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(channel.Send(To("gone@example.com")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(channel.Send(To("spam@example.com")).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(channel.Send(To("shutdown@example.com")).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(channel.Send(To("wangyi@example.com")).ok()) << "failures leave nothing behind";
}

TEST_F(EmailTest, AFullMailboxMakesARestartSendNothingAgain) {
  Start();
  AddReceiver("managers", 0, 1, &rulebook_);
  for (Person& person : rulebook_.org.people) {
    person.email = (person.id == "u102" ? "busy@example.com" : person.id + "@example.com");
  }
  const auto rulebook = std::make_shared<const Rulebook>(rulebook_);
  Epochs epochs;
  epochs.Enter(std::make_shared<Epoch>(
      Epoch{.from = 0, .planner = {rulebook, ChannelSlots(*rulebook), {.store_uuid = "store"}}}));
  FakeOutbox outbox(&clock_);
  FakePause pause(&clock_);
  NotifyMetrics metrics;
  const auto commit_and_run = [&](int step) {
    v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    transition.set_id("t-" + std::to_string(step));
    transition.set_step(step);
    transition.clear_notified();
    transition.add_notified("u100");
    transition.add_notified("u102");
    outbox.Commit(transition);
    ChannelWorker worker("email:managers/0", outbox.Acknowledged("email:managers/0"),
                         std::make_unique<EmailChannel>(config_, options_),
                         {.outbox = &outbox,
                          .epochs = &epochs,
                          .clock = &clock_,
                          .pause = &pause,
                          .metrics = &metrics,
                          .retry = {}});
    worker.Drain(outbox.head());
    worker.Run({});
  };
  std::set<std::string> ids;
  for (int run = 1; run <= 4; ++run) {
    commit_and_run(run);
    const SmtpServer::Letter letter = server_->Next();
    EXPECT_THAT(letter.to, ElementsAre("u100@example.com"));
    const size_t id = letter.data.find("Message-ID:");
    EXPECT_TRUE(ids.insert(letter.data.substr(id, letter.data.find('\n', id) - id)).second)
        << "the letter of an earlier run came again";
  }
  EXPECT_EQ(outbox.Acknowledged("email:managers/0"), 0U);
}

TEST_F(EmailTest, ErrorsNameTheServerAndItsReply) {
  Start();
  const absl::Status status = SendTo("gone@example.com");
  EXPECT_THAT(std::string(status.message()), HasSubstr(config_.smarthost));
  EXPECT_THAT(std::string(status.message()), HasSubstr("550"));
}

TEST_F(EmailTest, AddressThatIsNoneIsRefusedWithoutAConnection) {
  config_.smarthost = "127.0.0.1:1";
  EXPECT_EQ(SendTo("x@example.com\r\nBcc: all@example.com").code(),
            absl::StatusCode::kInvalidArgument);
  config_.from = "nobody";
  EXPECT_EQ(SendTo("wangyi@example.com").code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmailTest, NobodyListeningIsUnavailable) {
  config_.smarthost = "127.0.0.1:1";
  EXPECT_EQ(SendTo("wangyi@example.com").code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmailTest, HangingServerRunsIntoTheTimeout) {
  Start();
  options_.timeout = absl::Milliseconds(300);
  EXPECT_EQ(SendTo("hang@example.com").code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(EmailTest, CancelEndsAHangingAttempt) {
  Start();
  EmailChannel channel(config_, options_);
  std::thread canceller([&] { channel.Cancel(); });
  EXPECT_EQ(channel.Send(To("hang@example.com")).code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST_F(EmailTest, RequiredTlsIsVerifiedAndUsed) {
  Start(Tls());
  config_.require_tls = true;
  options_.ca_file = certificate();
  const absl::Status status = SendTo("wangyi@example.com");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(server_->Next().tls);
}

TEST_F(EmailTest, RequiredTlsRefusesAnUnknownCertificate) {
  Start(Tls());
  config_.require_tls = true;
  EXPECT_EQ(SendTo("wangyi@example.com").code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmailTest, RequiredTlsRefusesAServerWithoutIt) {
  Start();
  config_.require_tls = true;
  EXPECT_EQ(SendTo("wangyi@example.com").code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmailTest, TlsIsUsedWhereOfferedEvenIfNotRequired) {
  Start(Tls());
  ASSERT_TRUE(SendTo("wangyi@example.com").ok());
  EXPECT_TRUE(server_->Next().tls);
}

TEST_F(EmailTest, LogsInWithThePasswordOfTheMoment) {
  std::vector<std::string> options = Tls();
  options.emplace_back("--login");
  Start(options);
  EXPECT_EQ(SendTo("wangyi@example.com").code(), absl::StatusCode::kUnavailable)
      << "530 is for the operator to mend, not the letter's fault";
  config_.auth_username = "kpi";
  config_.auth_password.env = "KPIWATCH_TEST_SMTP_PASSWORD";
  setenv("KPIWATCH_TEST_SMTP_PASSWORD", "wrong", 1);  // NOLINT(concurrency-mt-unsafe)
  EmailChannel channel(config_, options_);
  const absl::Status wrong = channel.Send(To("wangyi@example.com"));
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(wrong.message()), testing::Not(HasSubstr("wrong")));
  setenv("KPIWATCH_TEST_SMTP_PASSWORD", "secret", 1);  // NOLINT(concurrency-mt-unsafe)
  const absl::Status right = channel.Send(To("wangyi@example.com"));
  ASSERT_TRUE(right.ok()) << right;
  EXPECT_TRUE(server_->Next().login);
}

}  // namespace
}  // namespace kpiwatch
