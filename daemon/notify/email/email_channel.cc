#include "daemon/notify/email/email_channel.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/utf8.h"
#include "daemon/notify/secret.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// What libcurl still has to read of a letter.
struct Upload {
  std::string_view rest;
};

size_t ReadUpload(char* buffer, size_t size, size_t count, void* upload) {
  std::string_view& rest = static_cast<Upload*>(upload)->rest;
  const size_t bytes = std::min(size * count, rest.size());
  std::memcpy(buffer, rest.data(), bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

int LookAtCancel(void* cancelled, curl_off_t /*down_total*/, curl_off_t /*down*/,
                 curl_off_t /*up_total*/, curl_off_t /*up*/) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load() ? 1 : 0;
}

// `code` is the server's last reply; 0: none.
absl::Status StatusOfFailure(CURLcode result, long code, const std::string& text) {
  if (result == CURLE_ABORTED_BY_CALLBACK) {
    return absl::CancelledError("stopped");
  }
  if (result == CURLE_OPERATION_TIMEDOUT) {
    return absl::DeadlineExceededError(text);
  }
  // 530: the server wants a login or TLS first. With a broken connection the last reply means
  // nothing.
  const bool refused = result == CURLE_SEND_ERROR || result == CURLE_WEIRD_SERVER_REPLY ||
                       result == CURLE_RECV_ERROR || result == CURLE_REMOTE_ACCESS_DENIED;
  if (refused && code >= 400 && code < 500 && code != 421) {
    return absl::ResourceExhaustedError(text);
  }
  if (refused && code >= 500 && code != 530) {
    return absl::InvalidArgumentError(text);
  }
  return absl::UnavailableError(text);
}

}  // namespace

struct EmailChannel::Curl {
  Curl() {
    // Thread-safe and counted; the first call does the work.
    KPIWATCH_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl");
    easy = curl_easy_init();
    KPIWATCH_CHECK(easy != nullptr, "libcurl");
  }
  ~Curl() {
    curl_slist_free_all(recipients);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  CURL* easy = nullptr;
  curl_slist* recipients = nullptr;
  Upload upload;
  std::array<char, CURL_ERROR_SIZE> error{};
};

EmailChannel::EmailChannel(EmailConfig config, EmailOptions options)
    : config_(std::move(config)), options_(std::move(options)) {}

EmailChannel::~EmailChannel() = default;

absl::Status EmailChannel::LogIn(Curl* curl) const {
  if (config_.auth_username.empty()) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(const std::string password,
                            ReadSecret(config_.auth_password, "the password of the mail server"));
  curl_easy_setopt(curl->easy, CURLOPT_USERNAME, config_.auth_username.c_str());
  curl_easy_setopt(curl->easy, CURLOPT_PASSWORD, password.c_str());
  return absl::OkStatus();
}

void EmailChannel::SetUp(const Letter& letter, Curl* curl) {
  CURL* const easy = curl->easy;
  const bool tls_from_start = config_.smarthost.ends_with(":465");
  const std::string url =
      fmt::format("{}://{}", tls_from_start ? "smtps" : "smtp", config_.smarthost);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_USE_SSL,
                   static_cast<long>(config_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config_.require_tls ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config_.require_tls ? 2L : 0L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, fmt::format("<{}>", letter.from).c_str());
  curl->recipients = curl_slist_append(curl->recipients, fmt::format("<{}>", letter.to).c_str());
  KPIWATCH_CHECK(curl->recipients != nullptr, "out of memory");
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, curl->recipients);
  curl->upload.rest = letter.content;
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(letter.content.size()));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, ReadUpload);
  curl_easy_setopt(easy, CURLOPT_READDATA, &curl->upload);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, LookAtCancel);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &cancelled_);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl->error.data());
}

absl::Status EmailChannel::Send(const Message& message) {
  const absl::StatusOr<Letter> letter = WriteLetter(message, config_.from, options_.clock->Now());
  if (!letter.ok()) {
    return absl::IsFailedPrecondition(letter.status())
               ? absl::UnavailableError(letter.status().message())
               : letter.status();
  }
  // After a failure the connection may be in the middle of a letter.
  std::unique_ptr<Curl> curl = curl_ == nullptr ? std::make_unique<Curl>() : std::move(curl_);
  curl_easy_reset(curl->easy);
  curl_slist_free_all(std::exchange(curl->recipients, nullptr));
  curl->error[0] = '\0';
  KPIWATCH_RETURN_IF_ERROR(LogIn(curl.get()));
  SetUp(*letter, curl.get());
  const CURLcode result = curl_easy_perform(curl->easy);
  if (result == CURLE_OK) {
    curl_ = std::move(curl);
    return absl::OkStatus();
  }
  long code = 0;
  curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &code);
  const std::string text = ReplaceInvalidUtf8(
      fmt::format("{}: {} (last reply {})", config_.smarthost,
                  curl->error[0] != '\0' ? curl->error.data() : curl_easy_strerror(result), code));
  return StatusOfFailure(result, code, text);
}

}  // namespace kpiwatch
