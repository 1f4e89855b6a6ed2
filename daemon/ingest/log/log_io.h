// What the log asks of the operating system where it may refuse; tests put faults here.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace kpiwatch {

// Thread-safe.
class LogIo {
 public:
  virtual ~LogIo() = default;
  // Writes all of `bytes` at `offset`. Errors: kResourceExhausted when the disk (or a quota) is
  // full, kDataLoss for any other reason; then a part may have been written.
  virtual absl::Status Write(int fd, std::string_view bytes, int64_t offset);
  // Returns when what was written is on disk. Errors: kDataLoss; what was written since the last
  // sync may then be lost whatever a later one says.
  virtual absl::Status Sync(int fd);
};

// "what path: reason of errno", of the given code.
absl::Status ErrnoError(absl::StatusCode code, std::string_view what, std::string_view path);

}  // namespace kpiwatch
