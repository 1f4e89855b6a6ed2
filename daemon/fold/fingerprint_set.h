// The set of fingerprints in memory: 256 shards of open addressing over 64-bit slots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/fold/fingerprint.h"

namespace kpiwatch {

// Operation: linear probing from a home slot that is proportional to the bits, so that a shard may
// have any number of slots and moves to a larger table in one sweep through memory. At most 3/4 of
// the slots are taken. Shards grow by half, each at another size, so that memory follows the number
// of ids (10.7 to 16 bytes an id in one shard, about 13 over all of them) and only one shard at a
// time is there twice. Erasing shifts back what probed over the gap: no tombstones.
// Concurrency: one thread.
// Limitations: 8 bits of shard and 64 of slot must be evenly spread; they come from a hash.
class FingerprintSet {
 public:
  FingerprintSet();
  ~FingerprintSet();
  FingerprintSet(const FingerprintSet&) = delete;
  FingerprintSet& operator=(const FingerprintSet&) = delete;

  // Fetches the memory that Insert, Erase and Contains of `id` will touch. Call it some 10 ids
  // ahead: the table is far larger than the caches.
  void Prefetch(Fingerprint id) const {
    const Shard& shard = shards_[id.shard];
    __builtin_prefetch(shard.slots + HomeOf(id.bits, shard.capacity), 1);
  }
  // False when `id` was there already.
  bool Insert(Fingerprint id) {
    Shard& shard = shards_[id.shard];
    const uint32_t slot = Find(shard, id.bits);
    if (shard.slots[slot] != 0) {
      return false;
    }
    shard.slots[slot] = id.bits;
    ++size_;
    if (++shard.size > shard.most) [[unlikely]] {
      Grow(shard);
    }
    return true;
  }
  bool Contains(Fingerprint id) const {
    const Shard& shard = shards_[id.shard];
    return shard.slots[Find(shard, id.bits)] != 0;
  }
  // False when `id` was not there. Gives memory back when a shard has become sparse.
  bool Erase(Fingerprint id);
  // Makes room for `ids` in total, in one step and a little beforehand: shards differ in size.
  void Reserve(size_t ids);

  size_t size() const { return size_; }
  // Of all tables.
  size_t memory_bytes() const;

 private:
  static constexpr size_t kShards = 256;

  struct Shard {
    uint64_t* slots = nullptr;  // owned; 0: empty
    uint32_t capacity = 0;      // slots
    uint32_t size = 0;
    uint32_t most = 0;   // grows beyond
    uint32_t least = 0;  // shrinks below
  };

  static uint32_t HomeOf(uint64_t bits, uint32_t capacity) {
    return static_cast<uint32_t>((static_cast<unsigned __int128>(bits) * capacity) >> 64);
  }
  // The slot that holds `bits`, or the empty one where they belong.
  static uint32_t Find(const Shard& shard, uint64_t bits) {
    uint32_t slot = HomeOf(bits, shard.capacity);
    while (shard.slots[slot] != 0 && shard.slots[slot] != bits) {
      slot = slot + 1 == shard.capacity ? 0 : slot + 1;
    }
    return slot;
  }
  static uint32_t LeastCapacity(size_t shard) {
    return 64 + static_cast<uint32_t>(shard * 32 / kShards);
  }
  static void Resize(Shard& shard, uint32_t capacity);
  static void Grow(Shard& shard);

  std::array<Shard, kShards> shards_;
  size_t size_ = 0;
};

}  // namespace kpiwatch
