// One process on a directory at a time.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace kpiwatch {

// Holds the file kpiwatchd.lock of a directory, from Take until destruction or the end of the
// process, however it ends. Move only.
class DirectoryLock {
 public:
  // Makes the directory when it is missing (its parents too). Errors: kFailedPrecondition when
  // another holder has it (the text names the process), kPermissionDenied, kResourceExhausted and
  // kUnavailable for what the file system says.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory);

  // How many others were refused since this one was taken: each leaves a mark in the file.
  uint64_t refused() const;

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}

  int fd_;                 // -1: moved from
  int64_t own_bytes_ = 0;  // of the file; marks stand behind them
};

}  // namespace kpiwatch
