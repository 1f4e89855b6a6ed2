#include "daemon/base/utf8.h"

#include <cstdint>

namespace kpiwatch {
namespace {

// The length of the valid sequence at the start of `text`; 0: there is none.
size_t ValidSequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                      : lead >= 0xE0 && lead < 0xF0 ? 3
                      : lead >= 0xF0 && lead < 0xF5 ? 4
                                                    : 0;
  if (size == 0 || text.size() < size) {
    return 0;
  }
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const uint8_t second = byte(1);
  const bool out_of_range = (lead == 0xE0 && second < 0xA0) ||   // overlong
                            (lead == 0xED && second >= 0xA0) ||  // surrogate
                            (lead == 0xF0 && second < 0x90) ||   // overlong
                            (lead == 0xF4 && second >= 0x90);    // beyond U+10FFFF
  return out_of_range ? 0 : size;
}

}  // namespace

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t size = ValidSequence(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

}  // namespace kpiwatch
