#include "daemon/store/memory_state_store.h"

namespace kpiwatch {

absl::StatusOr<std::optional<std::string>> MemoryStateStore::Get(Family family,
                                                                 std::string_view key) const {
  std::lock_guard lock(mu_);
  const auto& map = contents_[static_cast<size_t>(family)];
  const auto it = map.find(key);
  return it == map.end() ? std::optional<std::string>() : it->second;
}

absl::Status MemoryStateStore::Scan(
    Family family, std::string_view begin, std::string_view end,
    absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  std::lock_guard lock(mu_);
  const auto& map = contents_[static_cast<size_t>(family)];
  for (auto it = map.lower_bound(begin); it != map.end(); ++it) {
    if ((!end.empty() && it->first >= end) || !visit(it->first, it->second)) {
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryStateStore::Write(const WriteBatch& batch) {
  std::lock_guard lock(mu_);
  for (const WriteBatch::Entry& entry : batch.entries()) {
    auto& map = contents_[static_cast<size_t>(entry.family)];
    if (entry.op == WriteBatch::Op::kPut) {
      map.insert_or_assign(std::string(batch.key(entry)), std::string(batch.value(entry)));
    } else if (const auto it = map.find(batch.key(entry)); it != map.end()) {
      map.erase(it);
    }
  }
  return absl::OkStatus();
}

size_t MemoryStateStore::size(Family family) const {
  std::lock_guard lock(mu_);
  return contents_[static_cast<size_t>(family)].size();
}

MemoryStateStore::Contents MemoryStateStore::Copy() const {
  std::lock_guard lock(mu_);
  return contents_;
}

}  // namespace kpiwatch
