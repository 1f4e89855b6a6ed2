// How the daemon's earlier runs on a store ended: what no process can say of its own end, the next
// one says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// DO NOT CHANGE: stored by number.
enum class RunEnd : uint8_t {
  kStopped = 0,  // by a signal or a request
  kUnclean = 1,  // nothing was written at the end: killed, no power, or the disk took no write
  kFenced = 2,   // another daemon with the same instance took over
  kFailed = 3,   // by itself, with an error
};
inline constexpr size_t kRunEnds = 4;
std::string_view RunEndName(RunEnd end);  // "stopped" "unclean" "fenced" "failed"

struct RunCounts {
  std::array<uint64_t, kRunEnds> ended = {};  // by RunEnd
  bool last_was_unclean = false;              // the run before this one
};

// Notes that a run begins, durable on return, and says how those before it ended. Errors: the
// store's, and kDataLoss for a record that cannot be read.
absl::StatusOr<RunCounts> BeginRun(StateStore& store);
// Notes how the run ends. REQUIRES: BeginRun came before. Errors: the store's; the run then counts
// as unclean.
absl::Status EndRun(StateStore& store, RunEnd end);

}  // namespace kpiwatch
