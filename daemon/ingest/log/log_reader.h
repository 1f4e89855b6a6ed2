// Reads a SegmentLog from front to end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/ingest/log/owned_fd.h"
#include "daemon/ingest/log/segment_log.h"

namespace kpiwatch {

// The memory behind records that were read; kept and used again.
class LogChunks {
 public:
  // Room for at least `size` bytes, until Clear.
  char* Take(size_t size);
  // Everything taken is free again.
  void Clear() { used_ = 0; }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  size_t used_ = 0;  // chunks taken
};

// A position in a log. Not thread-safe; other threads may append meanwhile.
class LogReader {
 public:
  // `log` is borrowed. REQUIRES: log->begin() <= next <= log->end().
  LogReader(const SegmentLog* log, int64_t next) : log_(log), next_(next) {}

  int64_t next() const { return next_; }
  // Appends up to `max_records` records to *records, whose values lie in *chunks. Errors: kDataLoss
  // for a damaged or missing record; the position then stays before it.
  absl::Status Read(size_t max_records, LogChunks* chunks, std::vector<LogRecord>* records);

 private:
  absl::Status OpenSegmentOfNext();
  // Reads `wanted` bytes and takes the whole records in them. *needed: what the first record takes
  // when it did not fit; else 0.
  absl::Status ReadChunk(size_t wanted, int64_t end, size_t enough, LogChunks* chunks,
                         std::vector<LogRecord>* records, size_t* needed);

  const SegmentLog* const log_;
  int64_t next_;  // number of the record to return next
  SegmentLog::Segment segment_;
  OwnedFd fd_;
  int64_t offset_ = 0;  // in the segment, of record at_
  int64_t at_ = 0;      // <= next_: seeking walks the segment from its first record
};

}  // namespace kpiwatch
