#include "daemon/ingest/log/log_io.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "fmt/format.h"

namespace kpiwatch {

absl::Status LogIo::Write(int fd, std::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
      return ErrnoError(full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kDataLoss,
                        "cannot write", "the log");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return absl::OkStatus();
}

absl::Status LogIo::Sync(int fd) {
  return ::fdatasync(fd) == 0 ? absl::OkStatus()
                              : ErrnoError(absl::StatusCode::kDataLoss, "cannot sync", "the log");
}

absl::Status ErrnoError(absl::StatusCode code, std::string_view what, std::string_view path) {
  return {code, fmt::format("{} {}: {}", what, path, std::generic_category().message(errno))};
}

}  // namespace kpiwatch
