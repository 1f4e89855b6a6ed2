#include "daemon/kpictl/text_width.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace kpiwatch {
namespace {

struct Range {
  char32_t first, last;
};

// East Asian Wide and Fullwidth (Unicode UAX #11), coarsely: whole blocks.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
    {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
};

// Marks that stand on the character before them, and invisible joiners.
constexpr Range kZero[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};

template <size_t n>
bool Holds(const Range (&ranges)[n], char32_t c) {
  const Range* it =
      std::upper_bound(std::begin(ranges), std::end(ranges), c,
                       [](char32_t value, const Range& r) { return value < r.first; });
  return it != std::begin(ranges) && c <= std::prev(it)->last;
}

// The character at the start of `text`; *bytes is its length, 1 for what is no UTF-8.
char32_t Next(std::string_view text, size_t* bytes) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  *bytes = 1;
  if (length == 1 || text.size() < length) {
    return lead;
  }
  char32_t c = lead & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) {
      return lead;
    }
    c = c << 6 | (at(i) & 0x3F);
  }
  *bytes = length;
  return c;
}

}  // namespace

size_t TextWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    size_t bytes = 1;
    const char32_t c = Next(text, &bytes);
    text.remove_prefix(bytes);
    if (bytes == 1) {
      width += 1;
    } else if (!Holds(kZero, c)) {
      width += Holds(kWide, c) ? 2 : 1;
    }
  }
  return width;
}

}  // namespace kpiwatch
