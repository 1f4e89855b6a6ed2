// The few HTTP requests that kpictl makes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kpiwatch {

struct HttpAnswer {
  long status = 0;
  std::string body;
  std::optional<absl::Duration> retry_after;  // of the header, where it counts seconds
};

// Whom the client trusts, and who it says it is.
struct HttpIdentity {
  std::string ca_file;        // PEM; empty: the authorities of the system
  std::string user_password;  // "USER:PASSWORD" of basic auth; empty: none
  std::string cert_file;      // PEM, of a server that wants one; empty: none
  std::string key_file;       // PEM, its key
};

// One connection that is kept open. http and https; certificates are verified. Not thread-safe.
class HttpClient {
 public:
  // At most this much of an answer is kept.
  static constexpr size_t kMaxAnswerBytes = size_t{1} << 20;

  explicit HttpClient(absl::Duration timeout, HttpIdentity identity = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Errors: kUnavailable when there was no answer; kInvalidArgument for a URL that is none.
  absl::StatusOr<HttpAnswer> Get(const std::string& url);
  // `token`: sent as a bearer token; empty: none.
  absl::StatusOr<HttpAnswer> Post(const std::string& url, const std::string& content_type,
                                  const std::string& body, const std::string& token);

 private:
  struct Easy;
  absl::StatusOr<HttpAnswer> Perform(const std::string& url);

  std::unique_ptr<Easy> easy_;
  const absl::Duration timeout_;
  const HttpIdentity identity_;
};

}  // namespace kpiwatch
