// A StateStore in memory, for engines that nothing needs to outlive: replays and scenario tests.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Thread-safe. `visit` of Scan may Get and Scan, and must not Write. Never fails.
class MemoryStateStore : public StateStore {
 public:
  using Contents = std::array<std::map<std::string, std::string, std::less<>>, kFamilyCount>;

  MemoryStateStore() = default;
  // A store that holds what a copy of another held.
  explicit MemoryStateStore(Contents contents) : contents_(std::move(contents)) {}

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const override;
  absl::Status Scan(
      Family family, std::string_view begin, std::string_view end,
      absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;
  absl::Status Write(const WriteBatch& batch) override;

  size_t size(Family family) const;  // keys
  Contents Copy() const;             // what a reader sees at this moment

 private:
  mutable std::recursive_mutex mu_;
  Contents contents_;  // guarded by mu_
};

}  // namespace kpiwatch
