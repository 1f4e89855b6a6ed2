// Names and passwords, checked against bcrypt hashes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "daemon/api/http.h"
#include "daemon/base/mutex.h"

namespace kpiwatch {

// Thread-safe. A bcrypt check takes tens of milliseconds by design, so good answers are remembered
// (salted and hashed), and only one check runs at a time.
class BasicAuth {
 public:
  static constexpr size_t kMaxRemembered = 1000;

  // Name → hash ("$2y$10$…", also $2a$ and $2b$); empty: everybody may.
  explicit BasicAuth(std::map<std::string, std::string> users);
  bool Allows(const HttpRequest& request);

 private:
  bool Verify(const std::string& password, const std::string& hash)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::map<std::string, std::string> users_;
  const std::string salt_;  // random, of this process
  Mutex mu_;
  absl::flat_hash_set<std::string> remembered_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
