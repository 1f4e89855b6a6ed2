#include "daemon/base/json_text.h"

#include <fmt/format.h>

#include <iterator>

#include "daemon/base/utf8.h"

namespace kpiwatch {

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : ReplaceInvalidUtf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F) {
          fmt::format_to(std::back_inserter(*out), "\\u{:04x}", byte);
        } else {
          *out += c;
        }
    }
  }
  *out += '"';
}

}  // namespace kpiwatch
