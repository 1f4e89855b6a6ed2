// A bearer token kept in a file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "daemon/api/http.h"
#include "daemon/base/mutex.h"

namespace kpiwatch {

// Compares without telling by its duration how much is equal.
bool EqualSecrets(std::string_view a, std::string_view b);

// Thread-safe. The file is read again when it has changed, so that a token can be rotated without a
// restart; white space around the token does not count.
class TokenFile {
 public:
  static constexpr size_t kMaxBytes = 4096;

  explicit TokenFile(std::string path) : path_(std::move(path)) {}
  // OK when the request carries `Authorization: Bearer <token>`. Errors: kUnauthenticated;
  // kUnavailable when the file cannot be read or is empty: then nobody gets in.
  absl::Status Check(const HttpRequest& request);

 private:
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  Mutex mu_;
  std::string stamp_ ABSL_GUARDED_BY(mu_);  // the file's identity, size and time when it was read
  std::string token_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
