#include "daemon/ingest/log/log_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/base/status_macros.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kChunkBytes = size_t{256} << 10;

}  // namespace

char* LogChunks::Take(size_t size) {
  if (used_ == chunks_.size()) {
    chunks_.emplace_back();
  }
  Chunk& chunk = chunks_[used_++];
  if (chunk.size < size) {
    chunk.bytes = std::make_unique<char[]>(size);
    chunk.size = size;
  }
  return chunk.bytes.get();
}

absl::Status LogReader::Read(size_t max_records, LogChunks* chunks,
                             std::vector<LogRecord>* records) {
  const int64_t end = log_->end();
  const size_t enough = records->size() + max_records;
  size_t wanted = kChunkBytes;
  while (next_ < end && records->size() < enough) {
    KPIWATCH_RETURN_IF_ERROR(OpenSegmentOfNext());
    size_t needed = 0;
    KPIWATCH_RETURN_IF_ERROR(ReadChunk(wanted, end, enough, chunks, records, &needed));
    wanted = std::max(kChunkBytes, needed);
  }
  return absl::OkStatus();
}

absl::Status LogReader::OpenSegmentOfNext() {
  SegmentLog::Segment segment = log_->SegmentOf(next_);
  if (fd_.valid() && segment.first == segment_.first) {
    return absl::OkStatus();
  }
  segment_ = std::move(segment);
  fd_ = OwnedFd(::open(segment_.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_.valid()) {
    return ErrnoError(absl::StatusCode::kDataLoss, "cannot open", segment_.path);
  }
  offset_ = kSegmentHeaderBytes;
  at_ = segment_.first;
  return absl::OkStatus();
}

absl::Status LogReader::ReadChunk(size_t wanted, int64_t end, size_t enough, LogChunks* chunks,
                                  std::vector<LogRecord>* records, size_t* needed) {
  char* const memory = chunks->Take(wanted);
  ssize_t got = 0;
  do {
    got = ::pread(fd_.get(), memory, wanted, offset_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return ErrnoError(absl::StatusCode::kDataLoss, "cannot read", segment_.path);
  }
  std::string_view bytes(memory, static_cast<size_t>(got));
  const bool whole = bytes.size() == wanted;  // else these are the last bytes of the file
  bool any = false;
  while (next_ < end && records->size() < enough && (!bytes.empty() || !any)) {
    LogRecord record;
    size_t size = 0;
    const LogParse parsed = ParseLogRecord(bytes, &record, &size);
    if (parsed == LogParse::kCut && whole) {
      *needed = any ? 0 : size;
      return absl::OkStatus();
    }
    if (parsed != LogParse::kRecord || record.number != at_) {
      return absl::DataLossError(fmt::format("{}: record {} at byte {} is damaged or missing",
                                             segment_.path, at_, offset_));
    }
    any = true;
    if (at_ == next_) {
      records->push_back(record);
      ++next_;
    }
    ++at_;
    offset_ += static_cast<int64_t>(size);
    bytes.remove_prefix(size);
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
