#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kpiwatch {

// Whether `text`, which has bytes beyond ASCII, is UTF-8.
bool IsUtf8Beyond(std::string_view text);

// Whether `text` is ASCII throughout.
inline bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr size_t kWord = sizeof(uint64_t);
  const char* at = text.data();
  uint64_t seen = 0;
  uint64_t word = 0;
  if (text.size() >= kWord) {
    for (const char* last = at + text.size() - kWord; at < last; at += kWord) {
      std::memcpy(&word, at, kWord);
      seen |= word;
    }
    std::memcpy(&word, text.data() + text.size() - kWord, kWord);  // may overlap the one before
    seen |= word;
  } else {
    for (const char c : text) {
      seen |= static_cast<uint8_t>(c);
    }
  }
  return (seen & kHighBits) == 0;
}

// Whether `text` is UTF-8; fast for ASCII.
inline bool IsUtf8(std::string_view text) { return IsAscii(text) || IsUtf8Beyond(text); }

}  // namespace kpiwatch
