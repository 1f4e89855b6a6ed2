#include "daemon/notify/secret.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include "absl/strings/ascii.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMaxBytes = 64 << 10;

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (!file.is_open() || file.bad() || text.size() > kMaxBytes) {
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> ReadVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const SecretRef& secret, std::string_view what) {
  const bool from_file = !secret.file.empty();
  std::optional<std::string> text = from_file ? ReadFile(secret.file) : ReadVariable(secret.env);
  if (text.has_value()) {
    absl::StripAsciiWhitespace(&*text);
  }
  if (!text.has_value() || text->empty()) {
    return absl::UnavailableError(fmt::format(
        "{}: the {} {} {}", what, from_file ? "file" : "environment variable",
        from_file ? secret.file : secret.env,
        !text.has_value() ? (from_file ? "cannot be read" : "is not set") : "is empty"));
  }
  return *std::move(text);
}

}  // namespace kpiwatch
