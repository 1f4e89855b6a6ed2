// What the store remembers of the targets that were in force, so that a change of them is seen over
// a restart too.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class TargetsRecord {
 public:
  // Whether the targets are others than those of the rulebook before; remembers them, by what goes
  // into *names. Errors: the store's.
  absl::StatusOr<bool> Take(const StateStore& store, const Rulebook& rulebook, WriteBatch* names);

 private:
  std::optional<std::string> fingerprint_;  // as stored; nullopt: not read yet, or none
};

}  // namespace kpiwatch
