#include "daemon/kpictl/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace kpiwatch {
namespace {

// Of `timeout`, until the host has taken the connection.
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);

using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

size_t TakeBody(char* data, size_t size, size_t count, void* to) {
  auto& body = static_cast<HttpAnswer*>(to)->body;
  const size_t room = HttpClient::kMaxAnswerBytes - body.size();
  body.append(data, std::min(size * count, room));
  return size * count;
}

void Append(const char* line, HeaderList* list) {
  list->reset(curl_slist_append(list->release(), line));
}

}  // namespace

struct HttpClient::Easy {
  CURL* handle = nullptr;
  ~Easy() { curl_easy_cleanup(handle); }
};

HttpClient::HttpClient(absl::Duration timeout, HttpIdentity identity)
    : easy_(std::make_unique<Easy>()), timeout_(timeout), identity_(std::move(identity)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  easy_->handle = curl_easy_init();
}

HttpClient::~HttpClient() = default;

absl::StatusOr<HttpAnswer> HttpClient::Perform(const std::string& url) {
  CURL* const curl = easy_->handle;
  char detail[CURL_ERROR_SIZE] = "";
  HttpAnswer answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(timeout_)));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(kConnectTimeout)));
  const std::pair<CURLoption, const std::string&> identity[] = {
      {CURLOPT_CAINFO, identity_.ca_file},
      {CURLOPT_USERPWD, identity_.user_password},
      {CURLOPT_SSLCERT, identity_.cert_file},
      {CURLOPT_SSLKEY, identity_.key_file}};
  for (const auto& [option, value] : identity) {
    if (!value.empty()) {
      curl_easy_setopt(curl, option, value.c_str());
    }
  }
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no URL that can be asked", url));
  }
  if (code != CURLE_OK) {
    return absl::UnavailableError(
        fmt::format("{}: {}", url, detail[0] != '\0' ? detail : curl_easy_strerror(code)));
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t seconds = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
    answer.retry_after = absl::Seconds(seconds);
  }
  return answer;
}

absl::StatusOr<HttpAnswer> HttpClient::Get(const std::string& url) {
  curl_easy_reset(easy_->handle);
  return Perform(url);
}

absl::StatusOr<HttpAnswer> HttpClient::Post(const std::string& url, const std::string& content_type,
                                            const std::string& body, const std::string& token) {
  CURL* const curl = easy_->handle;
  curl_easy_reset(curl);
  HeaderList headers(nullptr, &curl_slist_free_all);
  Append(("Content-Type: " + content_type).c_str(), &headers);
  Append("Expect:", &headers);  // no round trip before the body
  if (!token.empty()) {
    Append(("Authorization: Bearer " + token).c_str(), &headers);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  return Perform(url);
}

}  // namespace kpiwatch
