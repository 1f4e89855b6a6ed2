// Owners whom the org does not know: until the data steward is told of them, and until the org
// names them (D-19). That facts name nobody is told once in the life of a store.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "daemon/base/status_macros.h"
#include "daemon/store/keys.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class UnknownOwners {
 public:
  // Errors: the store's.
  absl::Status Restore(const StateStore& store) {
    KPIWATCH_ASSIGN_OR_RETURN(const auto told, store.Get(Family::kMeta, CursorKey(kToldNobody)));
    told_nobody_ = told.has_value();
    const std::string prefix = CursorKey(kWaiting);
    return store.Scan(Family::kMeta, prefix, PrefixEnd(prefix),
                      [&](std::string_view key, std::string_view) {
                        waiting_.emplace(key.substr(prefix.size()));
                        return true;
                      });
  }

  void Add(std::string_view id, WriteBatch* names) {
    ids_.emplace_back(id);
    waiting_.emplace(id);
    names->Put(Family::kMeta, CursorKey(std::string(kWaiting) + std::string(id)), "");
  }
  // Those whose facts count for nobody in particular as yet.
  const std::set<std::string, std::less<>>& waiting() const { return waiting_; }
  // The facts of `id` were given to his unit.
  void Settle(const std::string& id, WriteBatch* names) {
    waiting_.erase(id);
    names->Delete(Family::kMeta, CursorKey(std::string(kWaiting) + id));
  }
  bool told_nobody() const { return told_nobody_; }
  // A fact names nobody, and that is to be told; *names remembers it.
  void AddNobody(WriteBatch* names) {
    ids_.emplace_back(kNobody);
    told_nobody_ = true;
    names->Put(Family::kMeta, CursorKey(kToldNobody), "");
  }
  // Those added since the last call.
  std::vector<std::string> Take() { return std::exchange(ids_, {}); }

 private:
  static constexpr std::string_view kToldNobody = "told_no_owner";  // persisted
  static constexpr std::string_view kWaiting = "unknown_owner ";    // persisted
  // Where others are told by their ids.
  static constexpr std::string_view kNobody = "\"\"";

  std::vector<std::string> ids_;
  std::set<std::string, std::less<>> waiting_;
  bool told_nobody_ = false;
};

}  // namespace kpiwatch
