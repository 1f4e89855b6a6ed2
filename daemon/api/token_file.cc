#include "daemon/api/token_file.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest Sha256(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

bool EqualSecrets(std::string_view a, std::string_view b) {
  // Digests are of one length, so that not even the length of the secret shows.
  const Digest x = Sha256(a);
  const Digest y = Sha256(b);
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

absl::Status TokenFile::Check(const HttpRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.Header("Authorization").value_or("");
  MutexLock lock(&mu_);
  if (absl::Status fresh = Refresh(); !fresh.ok()) {
    return fresh;
  }
  if (given.size() <= kScheme.size() ||
      !absl::EqualsIgnoreCase(std::string(given.substr(0, kScheme.size())), "bearer ")) {
    return absl::UnauthenticatedError("send the header 'Authorization: Bearer TOKEN'");
  }
  if (!EqualSecrets(given.substr(kScheme.size()), token_)) {
    return absl::UnauthenticatedError("the token is not the right one");
  }
  return absl::OkStatus();
}

absl::Status TokenFile::Refresh() {
  struct stat info = {};
  if (stat(path_.c_str(), &info) != 0) {
    stamp_.clear();
    return absl::UnavailableError(fmt::format("the token file {} cannot be read", path_));
  }
  std::string stamp = fmt::format("{}:{}:{}:{}.{:09}", info.st_dev, info.st_ino, info.st_size,
                                  info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  if (stamp == stamp_) {
    return absl::OkStatus();
  }
  stamp_.clear();
  std::ifstream file(path_, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  token_ = std::string(absl::StripAsciiWhitespace(text));
  if (token_.empty() || text.size() > kMaxBytes) {
    return absl::UnavailableError(
        fmt::format("the token file {} must hold one token of at most {} bytes", path_, kMaxBytes));
  }
  stamp_ = std::move(stamp);
  return absl::OkStatus();
}

}  // namespace kpiwatch
