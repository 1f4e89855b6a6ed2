// Preloaded into a daemon, this fills the disk under it: while the file $KPIWATCH_FULL_DISK_WHEN
// exists, nothing more can be written to files below $KPIWATCH_FULL_DISK_BELOW, and no new ones can
// be made there. The kernel's own answer, on any machine and without privileges.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

// What stands behind the name in the C library.
template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool IsFull() {
  const char* when = getenv("KPIWATCH_FULL_DISK_WHEN");
  return when != nullptr && access(when, F_OK) == 0;
}

bool IsBelow(const char* path) {
  const char* below = getenv("KPIWATCH_FULL_DISK_BELOW");
  return below != nullptr && strncmp(path, below, strlen(below)) == 0;
}

bool HasNoRoom(int fd) {
  const int before = errno;
  char link[64];
  char path[PATH_MAX] = {};
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const bool full = IsFull() && readlink(link, path, sizeof(path) - 1) > 0 && IsBelow(path);
  errno = full ? ENOSPC : before;
  return full;
}

bool HasNoRoom(const char* path, int flags) {
  const int before = errno;
  const bool full = (flags & O_CREAT) != 0 && IsFull() && IsBelow(path) && access(path, F_OK) != 0;
  errno = full ? ENOSPC : before;
  return full;
}

mode_t ModeOf(int flags, va_list rest) { return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0; }

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return HasNoRoom(fd) ? -1 : next(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return HasNoRoom(fd) ? -1 : next(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return HasNoRoom(fd) ? -1 : next(fd, data, size, offset);
}

int open(const char* path, int flags, ...) {
  static const auto next = Next<int (*)(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = ModeOf(flags, rest);
  va_end(rest);
  return HasNoRoom(path, flags) ? -1 : next(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  static const auto next = Next<int (*)(const char*, int, ...)>("open64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = ModeOf(flags, rest);
  va_end(rest);
  return HasNoRoom(path, flags) ? -1 : next(path, flags, mode);
}

}  // extern "C"
