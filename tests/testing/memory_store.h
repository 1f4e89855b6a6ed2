// A StateStore in memory, with the faults and the views that tests need.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Thread-safe. `visit` of Scan may Get and Scan, and must not Write.
class MemoryStore final : public StateStore {
 public:
  using Contents = std::array<std::map<std::string, std::string, std::less<>>, kFamilyCount>;

  MemoryStore() = default;
  // A store that holds what a copy of another held: what a process finds after a crash.
  explicit MemoryStore(Contents contents) : contents_(std::move(contents)) {}

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const override {
    std::lock_guard lock(mu_);
    if (!read_fault_.ok()) {
      return std::exchange(read_fault_, absl::OkStatus());
    }
    const auto& map = contents_[static_cast<size_t>(family)];
    const auto it = map.find(key);
    return it == map.end() ? std::optional<std::string>() : it->second;
  }

  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    absl::FunctionRef<bool(std::string_view, std::string_view)> visit)
      const override {
    std::lock_guard lock(mu_);
    if (!read_fault_.ok()) {
      return std::exchange(read_fault_, absl::OkStatus());
    }
    const auto& map = contents_[static_cast<size_t>(family)];
    for (auto it = map.lower_bound(begin); it != map.end(); ++it) {
      if ((!end.empty() && it->first >= end) || !visit(it->first, it->second)) {
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Write(const WriteBatch& batch) override {
    std::lock_guard lock(mu_);
    if (!write_fault_.ok()) {
      return std::exchange(write_fault_, absl::OkStatus());
    }
    for (const WriteBatch::Entry& entry : batch.entries()) {
      auto& map = contents_[static_cast<size_t>(entry.family)];
      if (entry.op == WriteBatch::Op::kPut) {
        map.insert_or_assign(std::string(batch.key(entry)), std::string(batch.value(entry)));
      } else if (const auto it = map.find(batch.key(entry)); it != map.end()) {
        map.erase(it);
      }
    }
    ++writes_;
    bytes_written_ += batch.bytes();
    return absl::OkStatus();
  }

  // The next Write fails with `fault` and changes nothing; the one after it works again.
  void FailNextWrite(absl::Status fault) {
    std::lock_guard lock(mu_);
    write_fault_ = std::move(fault);
  }
  // The next Get or Scan fails with `fault`.
  void FailNextRead(absl::Status fault) {
    std::lock_guard lock(mu_);
    read_fault_ = std::move(fault);
  }

  // Writes that succeeded, and the bytes of keys and values in them.
  uint64_t writes() const {
    std::lock_guard lock(mu_);
    return writes_;
  }
  uint64_t bytes_written() const {
    std::lock_guard lock(mu_);
    return bytes_written_;
  }
  size_t size(Family family) const {
    std::lock_guard lock(mu_);
    return contents_[static_cast<size_t>(family)].size();
  }
  // What is durable at this moment.
  Contents Copy() const {
    std::lock_guard lock(mu_);
    return contents_;
  }

 private:
  mutable std::recursive_mutex mu_;
  Contents contents_;
  absl::Status write_fault_;
  mutable absl::Status read_fault_;
  uint64_t writes_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace kpiwatch
