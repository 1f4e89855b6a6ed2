#include "daemon/fold/fingerprint_set.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "daemon/base/check.h"

namespace kpiwatch {
namespace {

// Tables of this size and more are mappings of their own: they go back to the system whole, and
// growing shards leave no holes in the heap.
constexpr size_t kMappedBytes = 128 << 10;

uint64_t* AllocateSlots(uint32_t capacity) {
  const size_t bytes = capacity * sizeof(uint64_t);
  void* memory;
  if (bytes >= kMappedBytes) {
    // Populated at once: every page is about to be used, and one by one they cost three times that.
    memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    memory = memory == MAP_FAILED ? nullptr : memory;
  } else {
    memory = std::calloc(capacity, sizeof(uint64_t));
  }
  KPIWATCH_CHECK(memory != nullptr, "out of memory for the dedup window");
  return static_cast<uint64_t*>(memory);
}

void FreeSlots(uint64_t* slots, uint32_t capacity) {
  const size_t bytes = capacity * sizeof(uint64_t);
  if (bytes >= kMappedBytes) {
    munmap(slots, bytes);
  } else {
    std::free(slots);
  }
}

}  // namespace

FingerprintSet::FingerprintSet() {
  for (size_t i = 0; i < kShards; ++i) {
    Resize(shards_[i], LeastCapacity(i));
  }
}

FingerprintSet::~FingerprintSet() {
  for (Shard& shard : shards_) {
    FreeSlots(shard.slots, shard.capacity);
  }
}

// Reads the old table in order and therefore writes the new one nearly in order. Blocks are packed
// before they are placed: which slots are taken is chance, and a branch on it costs more than a
// store.
void FingerprintSet::Resize(Shard& shard, uint32_t capacity) {
  constexpr uint32_t kBlock = 128;
  const Shard old = shard;
  shard.slots = AllocateSlots(capacity);
  shard.capacity = capacity;
  shard.most = static_cast<uint32_t>(uint64_t{capacity} * 3 / 4);
  shard.least = capacity / 3;
  std::array<uint64_t, kBlock> packed{};
  for (uint32_t begin = 0; begin < old.capacity; begin += kBlock) {
    const uint32_t end = std::min(begin + kBlock, old.capacity);
    uint32_t count = 0;
    for (uint32_t i = begin; i < end; ++i) {
      packed[count] = old.slots[i];
      count += old.slots[i] != 0 ? 1 : 0;
    }
    for (uint32_t i = 0; i < count; ++i) {
      shard.slots[Find(shard, packed[i])] = packed[i];
    }
  }
  if (old.slots != nullptr) {
    FreeSlots(old.slots, old.capacity);
  }
}

void FingerprintSet::Grow(Shard& shard) { Resize(shard, shard.capacity + shard.capacity / 2); }

bool FingerprintSet::Erase(Fingerprint id) {
  Shard& shard = shards_[id.shard];
  uint32_t hole = Find(shard, id.bits);
  if (shard.slots[hole] == 0) {
    return false;
  }
  // Whatever stands behind the hole and whose home is not behind the hole moves into it.
  for (uint32_t next = hole;;) {
    next = next + 1 == shard.capacity ? 0 : next + 1;
    const uint64_t bits = shard.slots[next];
    if (bits == 0) {
      break;
    }
    const uint32_t home = HomeOf(bits, shard.capacity);
    const bool home_behind_hole =
        hole < next ? hole < home && home <= next : hole < home || home <= next;
    if (!home_behind_hole) {
      shard.slots[hole] = bits;
      hole = next;
    }
  }
  shard.slots[hole] = 0;
  --size_;
  const uint32_t least_capacity = LeastCapacity(static_cast<size_t>(id.shard));
  if (--shard.size < shard.least && shard.capacity > least_capacity) [[unlikely]] {
    Resize(shard, std::max(least_capacity, shard.capacity / 3 * 2));
  }
  return true;
}

void FingerprintSet::Reserve(size_t ids) {
  const double mean = static_cast<double>(ids) / kShards;
  const double most = mean + 3 * std::sqrt(mean);  // few shards are larger, and those grow
  for (size_t i = 0; i < kShards; ++i) {
    const double spread = 1 + 0.5 * static_cast<double>(i) / kShards;
    const auto capacity = static_cast<uint32_t>(most / 0.75 * spread) + 4;
    if (capacity > shards_[i].capacity) {
      Resize(shards_[i], capacity);
    }
  }
}

size_t FingerprintSet::memory_bytes() const {
  size_t bytes = 0;
  for (const Shard& shard : shards_) {
    bytes += shard.capacity * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace kpiwatch
