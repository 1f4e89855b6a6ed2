// The port to durable state: an ordered key-value store with atomic, synced batches. Adapters:
// store/rocksdb; tests use MemoryStore. Keys and values: FORMAT.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kpiwatch {

// Separate key spaces, so that data of different life times do not share files. The numbers are
// persisted: DO NOT CHANGE.
enum class Family : uint8_t {
  kMeta = 0,    // format version, UUID, positions, intern tables, cursors
  kSeries = 1,  // day buckets
  kLadder = 2,  // ladder states and sealed-period records
  kOutbox = 3,  // transitions and dead letters not yet acknowledged by every channel
  kDedup = 4,   // packed segments of event ids
};
inline constexpr int kFamilyCount = 5;

// Changes that become durable together. Reusable: Clear keeps its memory.
class WriteBatch {
 public:
  enum class Op : uint8_t { kPut, kDelete };
  struct Entry {
    Op op;
    Family family;
    uint32_t key_begin, key_size, value_begin, value_size;  // into arena()
  };

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  void Clear();
  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return arena_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }
  std::string_view key(const Entry& e) const { return {arena_.data() + e.key_begin, e.key_size}; }
  std::string_view value(const Entry& e) const {
    return {arena_.data() + e.value_begin, e.value_size};
  }

 private:
  std::vector<Entry> entries_;
  std::string arena_;
};

// Thread-safe: one thread writes while others read. Readers see whole batches or nothing of them.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // Errors: kNotFound is not used (nullopt); kDataLoss for corruption.
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                         std::string_view key) const = 0;
  // Calls `visit` for keys in [begin, end) ascending ("" as end: to the last); stops when it
  // returns false.
  virtual absl::Status Scan(
      Family family, std::string_view begin, std::string_view end,
      absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const = 0;
  // Applies the batch atomically and returns when it is on disk. Errors: kResourceExhausted (disk
  // full), kDataLoss (corruption), kUnavailable (I/O error); nothing of the batch is visible then
  // and the caller stops (style.md error class 3).
  virtual absl::Status Write(const WriteBatch& batch) = 0;
};

}  // namespace kpiwatch
