#include "daemon/ingest/text_encoding.h"

#include <iconv.h>

#include "absl/strings/match.h"
#include "daemon/ingest/utf8.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

const auto kNoConverter = reinterpret_cast<iconv_t>(-1);  // NOLINT: iconv's own word for failure

bool Is(std::string_view a, absl::string_view b) {
  return absl::EqualsIgnoreCase(absl::string_view(a.data(), a.size()), b);
}

}  // namespace

void TextEncoding::Close::operator()(void* converter) const { iconv_close(converter); }

absl::StatusOr<TextEncoding> TextEncoding::Make(std::string_view name) {
  TextEncoding encoding;
  if (name.empty() || Is(name, "utf-8") || Is(name, "utf8")) {
    return encoding;
  }
  if (!Is(name, "gb18030")) {
    return absl::InvalidArgumentError(
        fmt::format("encoding '{}' is not known; expected utf-8 or gb18030", name));
  }
  const iconv_t converter = iconv_open("UTF-8", "GB18030");
  if (converter == kNoConverter) {
    return absl::FailedPreconditionError(
        "this system cannot convert gb18030: its converters (gconv modules) are not installed");
  }
  encoding.converter_.reset(converter);
  return encoding;
}

absl::Status TextEncoding::ToUtf8(std::string_view text, std::string_view* utf8) {
  if (converter_ == nullptr) {
    *utf8 = text;
    return IsUtf8(text) ? absl::OkStatus()
                        : absl::InvalidArgumentError("text is not UTF-8 (is it gb18030?)");
  }
  buffer_.resize(text.size() * 3 + 4);        // two bytes there are at most three here
  char* in = const_cast<char*>(text.data());  // NOLINT: iconv does not write there
  size_t in_left = text.size();
  char* out = buffer_.data();
  size_t out_left = buffer_.size();
  iconv(converter_.get(), nullptr, nullptr, nullptr, nullptr);
  if (iconv(converter_.get(), &in, &in_left, &out, &out_left) == static_cast<size_t>(-1)) {
    return absl::InvalidArgumentError(
        fmt::format("text is not gb18030 at byte {}", text.size() - in_left));
  }
  *utf8 = std::string_view(buffer_.data(), buffer_.size() - out_left);
  return absl::OkStatus();
}

}  // namespace kpiwatch
