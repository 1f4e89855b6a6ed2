// Owners whom the org does not know, until the data steward is told of them. That facts name nobody
// is told once in the life of a store.
//
// Concurrency: owned by the engine thread.
#pragma once

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
    return absl::OkStatus();
  }

  void Add(std::string_view id) { ids_.emplace_back(id); }
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
  // Where others are told by their ids.
  static constexpr std::string_view kNobody = "\"\"";

  std::vector<std::string> ids_;
  bool told_nobody_ = false;
};

}  // namespace kpiwatch
