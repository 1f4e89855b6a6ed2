// Numbers that stand for names of the rulebook (KPIs, rules) in stored keys and values. A number is
// never reused; a KPI whose definition changes gets a new one, so its old days are not misread
// (D-29).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/base/string_map.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Owned by the engine thread.
class IdTable {
 public:
  struct Entry {
    std::string name;
    uint64_t fingerprint = 0;
  };

  // `prefix` is one byte that separates this table's keys in kMeta.
  explicit IdTable(char prefix) : prefix_(prefix) {}

  // Reads the stored entries. Errors: the store's; kDataLoss.
  absl::Status Restore(const StateStore& store);
  // The newest number given to `name`; nullopt: none.
  std::optional<uint32_t> Find(std::string_view name) const;
  const Entry& Get(uint32_t id) const { return entries_[id]; }
  size_t size() const { return entries_.size(); }
  // Gives `name` a new number and writes it to *batch.
  uint32_t Add(std::string_view name, uint64_t fingerprint, WriteBatch* batch);
  // Notes another fingerprint under the same number.
  void SetFingerprint(uint32_t id, uint64_t fingerprint, WriteBatch* batch);

 private:
  void Write(uint32_t id, WriteBatch* batch) const;

  const char prefix_;
  std::vector<Entry> entries_;
  StringMap<uint32_t> newest_;
};

}  // namespace kpiwatch
