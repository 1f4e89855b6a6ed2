// Finds bytes eight at a time: the texts of events are short, and a call of memchr for each would
// cost more than the search.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kpiwatch {

inline constexpr uint64_t kEachByte = 0x0101010101010101;

// A word whose lowest set bit lies in the lowest byte of `word` that equals `byte`; 0 when none
// does.
inline uint64_t MatchByte(uint64_t word, char byte) {
  const uint64_t zeroed = word ^ (kEachByte * static_cast<uint8_t>(byte));
  return (zeroed - kEachByte) & ~zeroed & (kEachByte << 7);
}

// The eight bytes at `p`, the first lowest.
inline uint64_t LoadWord(const char* p) {
  uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) {
    word = __builtin_bswap64(word);
  }
  return word;
}

// The first `a` or `b` at or after `p`. REQUIRES: one is there, with seven readable bytes behind.
inline const char* FindEither(const char* p, char a, char b) {
  for (;; p += sizeof(uint64_t)) {
    const uint64_t word = LoadWord(p);
    if (const uint64_t match = MatchByte(word, a) | MatchByte(word, b)) {
      return p + std::countr_zero(match) / 8;
    }
  }
}

// Whether `byte` is among the `size` bytes at `p`. REQUIRES: seven readable bytes behind them.
inline bool Contains(const char* p, size_t size, char byte) {
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    if (const uint64_t match = MatchByte(LoadWord(p + i), byte)) {
      return i + static_cast<size_t>(std::countr_zero(match)) / 8 < size;
    }
  }
  return false;
}

}  // namespace kpiwatch
