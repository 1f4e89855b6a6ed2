// The durable local log: an append-only sequence of records in segment files (log_format.h).
//
// Operation: Append returns when its records are on disk; callers that come at the same time share
// one sync (group commit). Segments roll at segment_bytes, or when all is consumed and there is no
// other room. A segment goes when every record in it has been consumed and it is older than
// `retention`, or the log has no room.
// Failure: a full disk refuses appends until there is room. A failed sync, or a write that cannot
// be taken back, ends all appending until the log is opened again: what the disk holds is unknown.
// So does a reader that cannot go on: what nobody reads is not to be confirmed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/base/counters.h"
#include "daemon/base/log.h"
#include "daemon/base/mutex.h"
#include "daemon/ingest/log/log_format.h"
#include "daemon/ingest/log/log_io.h"
#include "daemon/ingest/log/owned_fd.h"

namespace kpiwatch {

struct SegmentLogOptions {
  std::string directory;                      // made when it is not there
  int64_t segment_bytes = int64_t{64} << 20;  // capped at an eighth of max_bytes
  int64_t max_bytes = int64_t{10} << 30;
  absl::Duration retention = absl::Hours(24 * 30);
  // Bytes that may wait for the disk at a time; more is refused.
  int64_t max_waiting_bytes = int64_t{32} << 20;
};

struct SegmentLogMetrics {
  Counter records;           // appended
  Counter syncs;             // groups written
  Counter refused;           // appends refused because the log, the queue or the disk was full
  Counter repaired_bytes;    // torn tails cut off at opening
  Counter segments_removed;  // by retention
};

// Thread-safe.
class SegmentLog {
 public:
  // Opens the log, cutting a torn tail off. `clock` and `io` are borrowed; without `io` the real
  // one is used. Errors: kFailedPrecondition when another process has it open, kDataLoss when
  // records that were durable are damaged or missing, kPermissionDenied and kUnavailable for what
  // the file system refuses.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(const SegmentLogOptions& options,
                                                          const Clock* clock, LogIo* io = nullptr);

  // Appends all of `values` (each at most 1 MiB) or none, and returns the number of the first once
  // they are on disk. Errors: kResourceExhausted when the log is full of unconsumed records or too
  // much is waiting, kUnavailable when the disk is full, kDataLoss when the log has failed,
  // kInvalidArgument for a value that is too large, kOutOfRange for values that the log could not
  // hold together even if it were empty.
  absl::StatusOr<int64_t> Append(LogRecordKind kind, std::span<const std::string_view> values);

  // Number of the oldest record kept, and of the next one to come; what lies between is durable.
  int64_t begin() const;
  int64_t end() const;
  int64_t bytes() const;
  // OK, or why nothing is appended any more.
  absl::Status health() const;
  // Appends nothing more until the log is opened again: `why` is what they are answered.
  void EndAppends(absl::Status why);

  // Records below `next` are not needed any more; retention may take them.
  void Consumed(int64_t next);

  // Waits until end() > number, at most `timeout`, or until Interrupt.
  void WaitBeyond(int64_t number, absl::Duration timeout);
  // Wakes the waiter, or the next one when there is none.
  void Interrupt();

  // The segment that holds `number`. REQUIRES: begin() <= number < end().
  struct Segment {
    std::string path;
    int64_t first = 0;
  };
  Segment SegmentOf(int64_t number) const;

  const SegmentLogMetrics& metrics() const { return metrics_; }

 private:
  struct Request {
    LogRecordKind kind;
    std::span<const std::string_view> values;
    int64_t bytes = 0;  // on disk
    int64_t first = 0;
    absl::Status status = {};
    bool done = false;
  };
  struct Stored {  // a segment
    int64_t first = 0;
    int64_t bytes = 0;
    int64_t newest_ms = 0;  // no record in it is newer
  };

  SegmentLog(const SegmentLogOptions& options, const Clock* clock, LogIo* io);
  absl::Status Recover();
  absl::Status RecoverLast(Stored* last);
  absl::StatusOr<OwnedFd> Create(int64_t first);
  std::string PathOf(int64_t first) const;

  absl::Status Admit(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Counts and says that an append was not taken; gives `why` back.
  absl::Status Refuse(absl::Status why);
  // What could be held beside what is not consumed.
  int64_t FreeBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveOld(int64_t room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether the group that waits next begins a segment.
  bool IsDueToRoll() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Lead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteGroup(const std::vector<Request*>& group);
  absl::Status Roll();
  void TakeActive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Constant after construction.
  const SegmentLogOptions options_;
  const Clock* const clock_;
  LogIo default_io_;
  LogIo* const io_;
  OwnedFd lock_;

  // Owned by the leader: the thread that set writing_, before any appends by Open.
  OwnedFd active_;
  Stored active_segment_;  // first and bytes; newest_ms of the last record
  int64_t next_ = 0;
  std::string buffer_;

  mutable Mutex mu_;
  CondVar written_;  // a group is done
  CondVar grown_;    // end_ has moved, or a reader is interrupted
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Request*> waiting_ ABSL_GUARDED_BY(mu_);
  int64_t waiting_bytes_ ABSL_GUARDED_BY(mu_) = 0;    // of waiting_ and the group under way
  std::deque<Stored> segments_ ABSL_GUARDED_BY(mu_);  // the last is the active one
  int64_t total_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t end_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t consumed_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  SegmentLogMetrics metrics_;
  LogLimiter log_limiter_;
};

}  // namespace kpiwatch
