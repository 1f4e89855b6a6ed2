// Text of other encodings, made UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kpiwatch {

// Not thread-safe.
class TextEncoding {
 public:
  // `name`: empty or "utf-8", or "gb18030". Errors: kInvalidArgument for another name,
  // kFailedPrecondition when this system cannot convert it.
  static absl::StatusOr<TextEncoding> Make(std::string_view name);

  // *utf8 is `text` in UTF-8: the same bytes, or in a buffer of this object until the next call.
  // Errors: kInvalidArgument with the place of what is not of the encoding.
  absl::Status ToUtf8(std::string_view text, std::string_view* utf8);

  // Whether bytes behind the first of a character of the encoding `name` may look like `c`.
  static bool MayHide(std::string_view name, char c) {
    return name == "gb18030" && (('0' <= c && c <= '9') || c >= '@');
  }

 private:
  struct Close {
    void operator()(void* converter) const;
  };
  TextEncoding() = default;

  std::unique_ptr<void, Close> converter_;  // null: UTF-8
  std::string buffer_;
};

}  // namespace kpiwatch
