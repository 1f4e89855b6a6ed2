#include "daemon/notify/email/mime.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "daemon/base/utf8.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kWordBegin = "=?utf-8?B?";
constexpr std::string_view kWordEnd = "?=";
// Base64 of 45 bytes is 60 characters; with the frame 72 of the 75 allowed.
constexpr size_t kWordBytes = 45;
constexpr size_t kLineBytes = 57;  // 76 characters
constexpr size_t kMaxPlainHeader = 60;

std::string Base64(std::string_view text) {
  return absl::Base64Escape(absl::string_view(text.data(), text.size()));
}

// At most `limit` bytes, without cutting a UTF-8 sequence.
std::string_view WholeCharacters(std::string_view text, size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  while (limit > 0 && (static_cast<uint8_t>(text[limit]) & 0xC0) == 0x80) {
    --limit;
  }
  return text.substr(0, limit);
}

bool IsPlain(std::string_view text) {
  return text.size() <= kMaxPlainHeader &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); }) &&
         text.find("=?") == std::string_view::npos;
}

std::string WithoutControls(std::string_view text) {
  std::string out = ReplaceInvalidUtf8(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  return out;
}

std::string EncodedWords(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view word = WholeCharacters(text, kWordBytes);
    out += out.empty() ? "" : "\r\n ";
    out += fmt::format("{}{}{}", kWordBegin, Base64(word), kWordEnd);
    text.remove_prefix(word.size());
  }
  return out;
}

}  // namespace

std::string HeaderText(std::string_view text) {
  const std::string clean = WithoutControls(text);
  return IsPlain(clean) ? clean : EncodedWords(clean);
}

std::string Mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) {
    return std::string(address);
  }
  // Always encoded: a plain name would need quotes around commas, dots and brackets.
  return fmt::format("{} <{}>", EncodedWords(WithoutControls(name)), address);
}

absl::StatusOr<std::string> MailAddress(std::string_view text) {
  std::string_view address = text;
  const size_t open = text.rfind('<');
  if (open != std::string_view::npos && text.ends_with('>')) {
    address = text.substr(open + 1, text.size() - open - 2);
  }
  const size_t at = address.rfind('@');
  const bool good =
      at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.size() <= 254 &&
      std::none_of(address.begin(), address.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= ' ' || byte == 0x7F || c == '<' || c == '>' || c == ',' || c == ';';
      });
  if (!good) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is not an e-mail address", WithoutControls(text.substr(0, 100))));
  }
  return std::string(address);
}

std::string MailName(std::string_view text) {
  const size_t open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) {
    return "";
  }
  std::string name(text.substr(0, open));
  absl::StripAsciiWhitespace(&name);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  return name;
}

std::string MailDate(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", time, zone);
}

std::string Base64Lines(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); at += kLineBytes) {
    out += Base64(text.substr(at, kLineBytes)) + "\r\n";
  }
  return out;
}

}  // namespace kpiwatch
