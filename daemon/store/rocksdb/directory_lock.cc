#include "daemon/store/rocksdb/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace kpiwatch {
namespace {

absl::Status FromErrno(int error, std::string_view what) {
  const std::string text =
      fmt::format("{}: {}", what, std::error_code(error, std::generic_category()).message());
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

// The number that the holder wrote, or "".
std::string HolderOf(int fd) {
  char text[32];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  std::string holder;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) {
    holder.push_back(text[i]);
  }
  return holder;
}

// One byte behind what the holder wrote, so that it can count whom it kept out.
void LeaveMark(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd >= 0) {
    [[maybe_unused]] const ssize_t written = write(fd, "\n", 1);
    close(fd);
  }
}

}  // namespace

absl::StatusOr<DirectoryLock> DirectoryLock::Take(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return FromErrno(error.value(), fmt::format("cannot make the directory {}", directory));
  }
  const std::string file = directory + "/kpiwatchd.lock";
  DirectoryLock lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.fd_ < 0) {
    return FromErrno(errno, fmt::format("cannot open {}", file));
  }
  if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return FromErrno(errno, fmt::format("cannot lock {}", file));
    }
    const std::string holder = HolderOf(lock.fd_);
    LeaveMark(file);
    return absl::FailedPreconditionError(
        fmt::format("another kpiwatchd holds {}{}: stop it, or give this one another storage path",
                    directory, holder.empty() ? "" : fmt::format(" (process {})", holder)));
  }
  // The number is for the reader of that message only: a full disk does not keep us from starting.
  const std::string self = fmt::format("{}\n", getpid());
  if (ftruncate(lock.fd_, 0) == 0) {
    lock.own_bytes_ = std::max<ssize_t>(pwrite(lock.fd_, self.data(), self.size(), 0), 0);
  }
  return lock;
}

uint64_t DirectoryLock::refused() const {
  struct stat file {};
  if (fstat(fd_, &file) != 0 || file.st_size < own_bytes_) {
    return 0;
  }
  return static_cast<uint64_t>(file.st_size - own_bytes_);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), own_bytes_(other.own_bytes_) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(own_bytes_, other.own_bytes_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

}  // namespace kpiwatch
