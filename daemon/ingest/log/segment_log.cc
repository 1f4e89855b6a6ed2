#include "daemon/ingest/log/segment_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/event_builder.h"
#include "fmt/format.h"

namespace kpiwatch {

absl::StatusOr<int64_t> SegmentLog::Append(LogRecordKind kind,
                                           std::span<const std::string_view> values) {
  Request request{.kind = kind, .values = values};
  for (const std::string_view value : values) {
    KPIWATCH_RETURN_IF_ERROR(CheckRecordSize(value));
    request.bytes += static_cast<int64_t>(kLogRecordHeaderBytes + value.size());
  }
  MutexLock lock(&mu_);
  if (absl::Status status = Admit(request.bytes); !status.ok()) {
    return Refuse(std::move(status));
  }
  waiting_.push_back(&request);
  waiting_bytes_ += request.bytes;
  while (!request.done) {
    if (writing_) {
      written_.Wait(&mu_);
    } else {
      Lead();
    }
  }
  if (!request.status.ok()) {
    return Refuse(std::move(request.status));
  }
  return request.first;
}

absl::Status SegmentLog::Refuse(absl::Status why) {
  metrics_.refused.Add();
  if (const auto held_back = log_limiter_.Pass("")) {
    Log(LogLevel::kWarn, "the local log has refused events; whoever sent them was told",
        {{"directory", options_.directory}, {"reason", why}, {"more", *held_back}});
  }
  return why;
}

absl::Status SegmentLog::Admit(int64_t bytes) {
  KPIWATCH_RETURN_IF_ERROR(failure_);
  if (static_cast<int64_t>(kSegmentHeaderBytes) + bytes > options_.max_bytes) {
    return absl::OutOfRangeError(
        fmt::format("{} bytes at once do not fit into the log, whose max_bytes is {}: send fewer "
                    "events at once",
                    bytes, options_.max_bytes));
  }
  if (waiting_bytes_ + bytes > options_.max_waiting_bytes) {
    return absl::ResourceExhaustedError("too much is waiting for the disk");
  }
  if (waiting_bytes_ + bytes > FreeBytes()) {
    RemoveOld(waiting_bytes_ + bytes);
    if (waiting_bytes_ + bytes > FreeBytes()) {
      return absl::ResourceExhaustedError(
          consumed_ == end_
              ? "too much is waiting for the disk"
              : fmt::format("the log is full: {} of {} bytes, and its oldest records are not "
                            "consumed",
                            total_bytes_, options_.max_bytes));
    }
  }
  return absl::OkStatus();
}

int64_t SegmentLog::FreeBytes() const {
  const auto header = static_cast<int64_t>(kSegmentHeaderBytes);
  return options_.max_bytes - (consumed_ == end_ ? header : total_bytes_);
}

bool SegmentLog::IsDueToRoll() const {
  return active_segment_.bytes >= options_.segment_bytes ||
         (consumed_ == end_ && end_ > active_segment_.first &&
          total_bytes_ + waiting_bytes_ > options_.max_bytes);
}

// Writes everything that waits as one group, without the lock.
void SegmentLog::Lead() {
  writing_ = true;
  std::vector<Request*> group;
  group.swap(waiting_);
  absl::Status status;
  if (IsDueToRoll()) {
    mu_.Unlock();
    status = Roll();
    mu_.Lock();
    if (status.ok()) {
      TakeActive();
    }
  }
  if (status.ok()) {
    RemoveOld(waiting_bytes_);
    mu_.Unlock();
    status = WriteGroup(group);
    mu_.Lock();
  }
  writing_ = false;
  for (Request* request : group) {
    waiting_bytes_ -= request->bytes;
    request->status = status;
    request->done = true;
  }
  if (status.ok()) {
    TakeActive();
    end_ = next_;
    metrics_.syncs.Add();
    RemoveOld(0);
    grown_.SignalAll();
  } else if (status.code() == absl::StatusCode::kDataLoss) {
    Log(LogLevel::kError, "the local log has failed and takes no more events",
        {{"directory", options_.directory}, {"reason", status}});
    failure_ = status;
  }
  written_.SignalAll();
}

void SegmentLog::TakeActive() {
  if (segments_.back().first != active_segment_.first) {
    segments_.push_back(active_segment_);
    total_bytes_ += active_segment_.bytes;
  } else {
    total_bytes_ += active_segment_.bytes - segments_.back().bytes;
    segments_.back() = active_segment_;
  }
}

absl::Status SegmentLog::WriteGroup(const std::vector<Request*>& group) {
  const int64_t now_ms = absl::ToUnixMillis(clock_->Now());
  buffer_.clear();
  int64_t number = next_;
  for (Request* request : group) {
    request->first = number;
    for (const std::string_view value : request->values) {
      AppendLogRecord({.number = number,
                       .time_ms = now_ms,
                       .place = static_cast<uint32_t>(number - next_),
                       .kind = request->kind,
                       .value = value},
                      &buffer_);
      ++number;
    }
  }
  if (absl::Status status = io_->Write(active_.get(), buffer_, active_segment_.bytes);
      !status.ok()) {
    // Taken back, so that the next group does not stand behind a broken record.
    if (::ftruncate(active_.get(), active_segment_.bytes) != 0) {
      return ErrnoError(absl::StatusCode::kDataLoss, "cannot take back a failed write to",
                        PathOf(active_segment_.first));
    }
    return status.code() == absl::StatusCode::kResourceExhausted
               ? absl::UnavailableError(fmt::format("the disk is full: {}", MessageOf(status)))
               : status;
  }
  KPIWATCH_RETURN_IF_ERROR(io_->Sync(active_.get()));
  active_segment_.bytes += static_cast<int64_t>(buffer_.size());
  active_segment_.newest_ms = now_ms;
  metrics_.records.Add(static_cast<uint64_t>(number - next_));
  next_ = number;
  return absl::OkStatus();
}

absl::Status SegmentLog::Roll() {
  KPIWATCH_ASSIGN_OR_RETURN(active_, Create(next_));
  active_segment_ = {.first = next_, .bytes = kSegmentHeaderBytes};
  return absl::OkStatus();
}

// Removes what is consumed while it is too old, or while the log has no `room` left.
void SegmentLog::RemoveOld(int64_t room) {
  const int64_t oldest_ms = absl::ToUnixMillis(clock_->Now() - options_.retention);
  while (segments_.size() > 1 && segments_[1].first <= consumed_ &&
         (segments_[0].newest_ms < oldest_ms || total_bytes_ + room > options_.max_bytes)) {
    const std::string path = PathOf(segments_[0].first);
    if (::unlink(path.c_str()) != 0) {
      Log(LogLevel::kWarn, "cannot remove an old segment of the local log", {{"path", path}});
      return;
    }
    total_bytes_ -= segments_[0].bytes;
    segments_.pop_front();
    metrics_.segments_removed.Add();
  }
}

int64_t SegmentLog::begin() const {
  MutexLock lock(&mu_);
  return segments_.front().first;
}

int64_t SegmentLog::end() const {
  MutexLock lock(&mu_);
  return end_;
}

int64_t SegmentLog::bytes() const {
  MutexLock lock(&mu_);
  return total_bytes_;
}

absl::Status SegmentLog::health() const {
  MutexLock lock(&mu_);
  return failure_;
}

void SegmentLog::EndAppends(absl::Status why) {
  MutexLock lock(&mu_);
  failure_.Update(std::move(why));
}

void SegmentLog::Consumed(int64_t next) {
  MutexLock lock(&mu_);
  consumed_ = std::clamp(next, consumed_, end_);
  RemoveOld(0);
}

void SegmentLog::WaitBeyond(int64_t number, absl::Duration timeout) {
  const CondVar::Deadline deadline = CondVar::After(timeout);
  MutexLock lock(&mu_);
  while (end_ <= number && !interrupted_ && grown_.WaitUntil(&mu_, deadline)) {
  }
  interrupted_ = false;
}

void SegmentLog::Interrupt() {
  MutexLock lock(&mu_);
  interrupted_ = true;
  grown_.SignalAll();
}

SegmentLog::Segment SegmentLog::SegmentOf(int64_t number) const {
  MutexLock lock(&mu_);
  KPIWATCH_CHECK(segments_.front().first <= number && number < end_, "a record that is not there");
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), number,
                       [](int64_t n, const Stored& segment) { return n < segment.first; });
  const int64_t first = std::prev(after)->first;
  return {PathOf(first), first};
}

std::string SegmentLog::PathOf(int64_t first) const {
  return options_.directory + "/" + SegmentName(first);
}

}  // namespace kpiwatch
