#include "daemon/api/basic_auth.h"

#include <crypt.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "daemon/api/token_file.h"

namespace kpiwatch {
namespace {

// Of no password anybody knows: an unknown name takes as long as a known one.
constexpr const char* kNobodysHash = "$2y$10$abcdefghijklmnopqrstuusAYkxmOGpcqpQtHW49E7hmTEJUxPvYO";

std::string RandomSalt() {
  std::string salt(32, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size()));
  return salt;
}

// Each part with its length, so that no two lists of parts look the same.
std::string DigestOf(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  }
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace

BasicAuth::BasicAuth(std::map<std::string, std::string> users)
    : users_(std::move(users)), salt_(RandomSalt()) {}

bool BasicAuth::Allows(const HttpRequest& request) {
  if (users_.empty()) {
    return true;
  }
  constexpr std::string_view kScheme = "Basic ";
  const std::string header(request.Header("Authorization").value_or(""));
  std::string decoded;
  if (!absl::StartsWithIgnoreCase(header, "basic ") ||
      !absl::Base64Unescape(header.substr(kScheme.size()), &decoded)) {
    return false;
  }
  const size_t colon = decoded.find(':');
  if (colon == std::string::npos) {
    return false;
  }
  const std::string password = decoded.substr(colon + 1);
  const auto user = users_.find(decoded.substr(0, colon));
  const bool known = user != users_.end();
  const std::string& hash = known ? user->second : kNobodysHash;
  const std::string digest = DigestOf({salt_, decoded, hash});

  MutexLock lock(&mu_);
  if (remembered_.contains(digest)) {
    return true;
  }
  if (!Verify(password, hash) || !known) {
    return false;
  }
  if (remembered_.size() >= kMaxRemembered) {
    remembered_.clear();
  }
  remembered_.insert(digest);
  return true;
}

bool BasicAuth::Verify(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) {
    return false;  // the library would stop reading there
  }
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB
  const char* result = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  return result != nullptr && result[0] != '*' && EqualSecrets(result, hash);
}

}  // namespace kpiwatch
