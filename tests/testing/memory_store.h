// A StateStore in memory, with the faults and the views that tests need.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/memory_state_store.h"

namespace kpiwatch {

// Thread-safe. `visit` of Scan may Get and Scan, and must not Write. A copy of the contents is what
// a process finds after a crash.
class MemoryStore final : public MemoryStateStore {
 public:
  using MemoryStateStore::MemoryStateStore;

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const override {
    if (absl::Status fault = TakeFault(&read_fault_); !fault.ok()) {
      return fault;
    }
    return MemoryStateStore::Get(family, key);
  }

  absl::Status Scan(
      Family family, std::string_view begin, std::string_view end,
      absl::FunctionRef<bool(std::string_view, std::string_view)> visit) const override {
    if (absl::Status fault = TakeFault(&read_fault_); !fault.ok()) {
      return fault;
    }
    return MemoryStateStore::Scan(family, begin, end, visit);
  }

  absl::Status Write(const WriteBatch& batch) override {
    if (absl::Status fault = TakeFault(&write_fault_); !fault.ok()) {
      return fault;
    }
    absl::Status status = MemoryStateStore::Write(batch);
    std::lock_guard lock(mu_);
    ++writes_;
    bytes_written_ += batch.bytes();
    return status;
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

 private:
  absl::Status TakeFault(absl::Status* fault) const {
    std::lock_guard lock(mu_);
    return std::exchange(*fault, absl::OkStatus());
  }

  mutable std::mutex mu_;
  absl::Status write_fault_;
  mutable absl::Status read_fault_;
  uint64_t writes_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace kpiwatch
