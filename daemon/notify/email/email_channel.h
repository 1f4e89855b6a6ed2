// Messages as e-mails through an SMTP server.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/email/letter.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

struct EmailOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration timeout = absl::Seconds(30);  // of a whole attempt
  const Clock* clock = nullptr;                // of the wall, for the Date header; outlives it
  std::string ca_file;                         // who signs certificates; empty: the system's list
};

// Hands letters to the smarthost: TLS from the start on port 465, else STARTTLS. With `require_tls`
// the certificate must be good and nothing is sent in the clear; without it TLS is used where it is
// offered, whatever the certificate, as mail servers do among themselves. Logs in when a user name
// is configured; the password is read anew for each attempt.
//
// 2xx: OK. 4xx: kResourceExhausted (this recipient). 421, no answer, failed TLS or login, a broken
// `from`: kUnavailable, because they concern every recipient and somebody can mend them. Other 5xx,
// an address that is none: kInvalidArgument. Too slow: kDeadlineExceeded.
class EmailChannel final : public Channel {
 public:
  EmailChannel(EmailConfig config, EmailOptions options);
  ~EmailChannel() override;
  EmailChannel(const EmailChannel&) = delete;
  EmailChannel& operator=(const EmailChannel&) = delete;

  std::string_view integration() const override { return "email"; }
  absl::Status Send(const Message& message) override;
  void Cancel() override { cancelled_ = true; }

 private:
  struct Curl;
  absl::Status LogIn(Curl* curl) const;
  void SetUp(const Letter& letter, Curl* curl);

  const EmailConfig config_;
  const EmailOptions options_;
  std::unique_ptr<Curl> curl_;  // null: the next letter opens a new connection
  std::atomic<bool> cancelled_ = false;
};

}  // namespace kpiwatch
