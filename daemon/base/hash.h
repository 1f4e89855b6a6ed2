// Hashes that may be stored: the same in every version of the program and on every machine.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace kpiwatch {

// 128 well mixed bits.
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;

  friend constexpr auto operator<=>(const Hash128&, const Hash128&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Hash128& value) {
    return H::combine(std::move(h), value.low);
  }
};

// XXH3 (128 bits, seed 0) over the lengths of `parts` and their bytes, so {"ab", "c"} and
// {"a", "bc"} differ. Persisted: DO NOT CHANGE. Parts of up to 4 GiB; about 20 ns for short ones,
// no allocation up to 512 bytes in total.
Hash128 HashOf(std::initializer_list<std::string_view> parts);

}  // namespace kpiwatch
