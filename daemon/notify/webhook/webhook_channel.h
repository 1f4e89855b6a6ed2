// Messages as HTTP POSTs.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/notify/channel.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

struct WebhookOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration timeout = absl::Seconds(30);  // of a whole attempt
  std::string external_url;                    // of this daemon, without a slash at its end
};

// Posts AlertmanagerJson with the header Idempotency-Key and, where one is configured, a bearer
// token, which is read anew for each attempt. Redirects are not followed: the token is for this
// host. Proxies come from the environment, as libcurl reads it.
//
// 2xx: OK. 429: kResourceExhausted. Other 4xx: kInvalidArgument. 5xx, 3xx, no answer, no token:
// kUnavailable. Too slow: kDeadlineExceeded. Retry-After is kept, up to an hour.
class WebhookChannel final : public Channel {
 public:
  // Of an answer; the rest is not read.
  static constexpr size_t kMaxAnswerBytes = 64 << 10;

  WebhookChannel(WebhookConfig config, WebhookOptions options);
  ~WebhookChannel() override;
  WebhookChannel(const WebhookChannel&) = delete;
  WebhookChannel& operator=(const WebhookChannel&) = delete;

  std::string_view integration() const override { return "webhook"; }
  absl::Status Send(const Message& message) override;
  void Cancel() override { cancelled_ = true; }

 private:
  struct Curl;
  absl::Status AddHeaders(const Message& message);
  void SetUp(const std::string& body);

  const WebhookConfig config_;
  const WebhookOptions options_;
  std::unique_ptr<Curl> curl_;
  std::atomic<bool> cancelled_ = false;
};

// `url` without user, password, query and fragment: fit for logs.
std::string UrlForLogs(std::string_view url);

}  // namespace kpiwatch
