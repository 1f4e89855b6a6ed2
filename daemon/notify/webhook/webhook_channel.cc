#include "daemon/notify/webhook/webhook_channel.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/utf8.h"
#include "daemon/notify/retry_after.h"
#include "daemon/notify/secret.h"
#include "daemon/notify/webhook/alert_json.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr absl::Duration kMaxRetryAfter = absl::Hours(1);
constexpr size_t kMaxShownBytes = 200;  // of an answer, in an error

size_t KeepAnswer(char* data, size_t /*one*/, size_t size, void* answer) {
  auto* text = static_cast<std::string*>(answer);
  if (text->size() + size > WebhookChannel::kMaxAnswerBytes) {
    return 0;  // ends the transfer
  }
  text->append(data, size);
  return size;
}

int LookAtCancel(void* cancelled, curl_off_t /*down_total*/, curl_off_t /*down*/,
                 curl_off_t /*up_total*/, curl_off_t /*up*/) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load() ? 1 : 0;
}

// The begin of an answer on one line.
std::string Shown(std::string_view answer) {
  std::string text = ReplaceInvalidUtf8(answer.substr(0, kMaxShownBytes));
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  return text;
}

absl::Status StatusOfAnswer(long code, const std::string& url, std::string_view answer) {
  if (code >= 200 && code < 300) {
    return absl::OkStatus();
  }
  const std::string text = fmt::format("{} answered {}: {}", url, code, Shown(answer));
  if (code >= 300 && code < 400) {
    return absl::UnavailableError(text + " (redirects are not followed)");
  }
  if (code == 429) {
    return absl::ResourceExhaustedError(text);
  }
  return code >= 400 && code < 500 ? absl::InvalidArgumentError(text)
                                   : absl::UnavailableError(text);
}

}  // namespace

struct WebhookChannel::Curl {
  Curl() {
    // Thread-safe and counted; the first call does the work.
    KPIWATCH_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl");
    easy = curl_easy_init();
    KPIWATCH_CHECK(easy != nullptr, "libcurl");
  }
  ~Curl() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  void AddHeader(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers, line.c_str());
    KPIWATCH_CHECK(longer != nullptr, "out of memory");
    headers = longer;
  }
  // Forgets the attempt before; connections stay open.
  void Reset() {
    curl_easy_reset(easy);
    curl_slist_free_all(headers);
    headers = nullptr;
    answer.clear();
    error[0] = '\0';
  }

  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::string answer;
  std::array<char, CURL_ERROR_SIZE> error{};
};

WebhookChannel::WebhookChannel(WebhookConfig config, WebhookOptions options)
    : config_(std::move(config)), options_(std::move(options)), curl_(std::make_unique<Curl>()) {}

WebhookChannel::~WebhookChannel() = default;

absl::Status WebhookChannel::AddHeaders(const Message& message) {
  curl_->AddHeader("Content-Type: application/json");
  curl_->AddHeader("Idempotency-Key: " + message.idempotency_key);
  curl_->AddHeader("Expect:");
  if (config_.bearer_token.set()) {
    KPIWATCH_ASSIGN_OR_RETURN(const std::string token,
                              ReadSecret(config_.bearer_token, "the webhook's bearer token"));
    if (std::any_of(token.begin(), token.end(), [](unsigned char c) { return c < ' '; })) {
      return absl::UnavailableError("the webhook's bearer token is not one line");
    }
    curl_->AddHeader("Authorization: Bearer " + token);
  }
  return absl::OkStatus();
}

void WebhookChannel::SetUp(const std::string& body) {
  CURL* const easy = curl_->easy;
  curl_easy_setopt(easy, CURLOPT_URL, config_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "kpiwatch");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, curl_->headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, KeepAnswer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &curl_->answer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, LookAtCancel);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &cancelled_);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_->error.data());
}

absl::Status WebhookChannel::Send(const Message& message) {
  curl_->Reset();
  KPIWATCH_RETURN_IF_ERROR(AddHeaders(message));
  const std::string body = AlertmanagerJson(message, options_.external_url);
  SetUp(body);
  const CURLcode result = curl_easy_perform(curl_->easy);
  long code = 0;
  curl_easy_getinfo(curl_->easy, CURLINFO_RESPONSE_CODE, &code);
  const std::string url = UrlForLogs(config_.url);
  if (result == CURLE_ABORTED_BY_CALLBACK) {
    return absl::CancelledError("stopped");
  }
  const bool answered = result == CURLE_OK || (result == CURLE_WRITE_ERROR && code != 0);
  if (!answered) {
    const std::string text = fmt::format(
        "{}: {}", url, curl_->error[0] != '\0' ? curl_->error.data() : curl_easy_strerror(result));
    return result == CURLE_OPERATION_TIMEDOUT ? absl::DeadlineExceededError(text)
                                              : absl::UnavailableError(text);
  }
  absl::Status status = StatusOfAnswer(code, url, curl_->answer);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl_->easy, CURLINFO_RETRY_AFTER, &retry_after);
  if (!status.ok() && retry_after > 0) {
    return WithRetryAfter(std::move(status), std::min(absl::Seconds(retry_after), kMaxRetryAfter));
  }
  return status;
}

std::string UrlForLogs(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t scheme = url.find("://");
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t path = std::min(url.find('/', host), url.size());
  const size_t at = url.substr(0, path).rfind('@');
  if (at == std::string_view::npos || at < host) {
    return std::string(url);
  }
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

}  // namespace kpiwatch
