// Who an event is, in 72 bits: all that the dedup window keeps of it (D-12).
//
// Two events are the same when tenant, source and id are. Of the 128-bit hash of the three we keep
// 72 bits, well mixed, so two different events look the same with probability 2⁻⁷². A new id meets
// at most n ids in the window; while a window of n ids fills, n²/2 pairs meet, while it turns over
// once more, n². Probability of any false duplicate among them, at most:
//
//     n            fills         turns over once
//     10 million   1.1e-8        2.1e-8
//     16 million   2.7e-8        5.4e-8
//     68 million   4.9e-7        9.8e-7     <- DedupWindow::kMaxIds: the limit of 1e-6
//
// 64 bits would not do: 10 million ids make 2.7e-6 while the window fills.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/hash.h"

namespace kpiwatch {

struct Fingerprint {
  uint64_t bits = 1;  // never 0: the table's mark for an empty slot
  uint8_t shard = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Persisted: DO NOT CHANGE. The one hash with 64 zero bits shares its fingerprint with its
// neighbour, which changes the figures above in their 19th digit.
inline Fingerprint FingerprintOf(std::string_view tenant, std::string_view source,
                                 std::string_view id) {
  const Hash128 hash = HashOf({tenant, source, id});
  return {hash.low == 0 ? 1 : hash.low, static_cast<uint8_t>(hash.high)};
}

}  // namespace kpiwatch
