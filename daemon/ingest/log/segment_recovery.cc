// Opening a log: what is on disk after a clean stop, a crash or damage.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/ingest/log/segment_log.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

SegmentLogOptions Adjusted(SegmentLogOptions options) {
  // So that there is always something that retention can take.
  options.segment_bytes =
      std::max<int64_t>(1, std::min(options.segment_bytes, options.max_bytes / 8));
  return options;
}

std::string ReadFrom(const std::string& path, size_t most) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(most, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(most));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

absl::StatusCode CodeOfErrno() {
  return errno == EACCES || errno == EPERM || errno == EROFS ? absl::StatusCode::kPermissionDenied
                                                             : absl::StatusCode::kUnavailable;
}

absl::Status SyncDirectory(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0
             ? absl::OkStatus()
             : ErrnoError(CodeOfErrno(), "cannot sync the directory", path);
}

absl::Status Damage(const std::string& path, std::string_view what) {
  return absl::DataLossError(fmt::format(
      "{}: {}. Records that were taken are lost; restore the file, or move it and those "
      "behind it away to go on without them",
      path, what));
}

}  // namespace

SegmentLog::SegmentLog(const SegmentLogOptions& options, const Clock* clock, LogIo* io)
    : options_(Adjusted(options)),
      clock_(clock),
      io_(io != nullptr ? io : &default_io_),
      log_limiter_(clock, absl::Minutes(1)) {}

absl::StatusOr<std::unique_ptr<SegmentLog>> SegmentLog::Open(const SegmentLogOptions& options,
                                                             const Clock* clock, LogIo* io) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  std::unique_ptr<SegmentLog> log(new SegmentLog(options, clock, io));
  const std::string lock_path = options.directory + "/LOCK";
  log->lock_ = OwnedFd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!log->lock_.valid()) {
    return ErrnoError(CodeOfErrno(), "cannot open", lock_path);
  }
  if (::flock(log->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{} is in use by another process", options.directory));
  }
  KPIWATCH_RETURN_IF_ERROR(log->Recover());
  return log;
}

absl::Status SegmentLog::Recover() {
  MutexLock lock(&mu_);
  std::vector<int64_t> firsts;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error)) {
    if (const auto first = ParseSegmentName(entry.path().filename().string())) {
      firsts.push_back(*first);
    }
  }
  std::sort(firsts.begin(), firsts.end());
  for (size_t i = 0; i < firsts.size(); ++i) {
    const std::string path = PathOf(firsts[i]);
    Stored stored{.first = firsts[i],
                  .bytes = static_cast<int64_t>(std::filesystem::file_size(path, error))};
    const bool last = i + 1 == firsts.size();
    if (last && stored.bytes <= static_cast<int64_t>(kSegmentHeaderBytes)) {
      break;  // made just before a crash, without records: made anew below
    }
    if (!IsSegmentHeader(ReadFrom(path, kSegmentHeaderBytes), stored.first)) {
      return Damage(path, "the header is damaged");
    }
    if (last) {
      KPIWATCH_RETURN_IF_ERROR(RecoverLast(&stored));
    } else if (const std::string next =
                   ReadFrom(PathOf(firsts[i + 1]), kSegmentHeaderBytes + kLogRecordHeaderBytes);
               next.size() == kSegmentHeaderBytes + kLogRecordHeaderBytes) {
      // Nothing in this segment is newer than the first record of the next.
      stored.newest_ms = PeekLogTime(std::string_view(next).substr(kSegmentHeaderBytes));
    } else {
      stored.newest_ms = absl::ToUnixMillis(clock_->Now());
    }
    segments_.push_back(stored);
    total_bytes_ += stored.bytes;
  }
  if (segments_.empty() || segments_.size() < firsts.size()) {
    const int64_t first = firsts.empty() ? 0 : firsts.back();
    KPIWATCH_ASSIGN_OR_RETURN(active_, Create(first));
    segments_.push_back({.first = first, .bytes = kSegmentHeaderBytes});
    total_bytes_ += static_cast<int64_t>(kSegmentHeaderBytes);
    next_ = first;
  }
  active_segment_ = segments_.back();
  end_ = next_;
  return absl::OkStatus();
}

absl::Status SegmentLog::RecoverLast(Stored* last) {
  const std::string path = PathOf(last->first);
  const SegmentScan scan =
      ScanSegment(ReadFrom(path, static_cast<size_t>(last->bytes)), last->first);
  if (scan.damaged) {
    return Damage(path, fmt::format("record {} at byte {} is damaged, and a later group is intact",
                                    scan.next, scan.valid_bytes));
  }
  active_ = OwnedFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!active_.valid()) {
    return ErrnoError(CodeOfErrno(), "cannot open", path);
  }
  const auto valid = static_cast<int64_t>(scan.valid_bytes);
  if (valid < last->bytes) {
    if (::ftruncate(active_.get(), valid) != 0 || ::fsync(active_.get()) != 0) {
      return ErrnoError(CodeOfErrno(), "cannot cut the torn tail of", path);
    }
    Log(LogLevel::kWarn,
        "cut a torn tail off the local log: its last group of records was not whole",
        {{"path", path}, {"bytes", last->bytes - valid}, {"records_kept_below", scan.next}});
    metrics_.repaired_bytes.Add(static_cast<uint64_t>(last->bytes - valid));
  }
  last->bytes = valid;
  last->newest_ms = scan.newest_ms;
  next_ = scan.next;
  return absl::OkStatus();
}

absl::StatusOr<OwnedFd> SegmentLog::Create(int64_t first) {
  const std::string path = PathOf(first);
  OwnedFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd.valid()) {
    return ErrnoError(CodeOfErrno(), "cannot create", path);
  }
  if (absl::Status status = io_->Write(fd.get(), EncodeSegmentHeader(first), 0); !status.ok()) {
    ::unlink(path.c_str());
    return absl::UnavailableError(fmt::format("cannot begin {}: {}", path, status.ToString()));
  }
  KPIWATCH_RETURN_IF_ERROR(io_->Sync(fd.get()));
  KPIWATCH_RETURN_IF_ERROR(SyncDirectory(options_.directory));
  return fd;
}

}  // namespace kpiwatch
