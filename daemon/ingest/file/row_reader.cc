#include "daemon/ingest/file/row_reader.h"

#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/event_builder.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

}  // namespace

RowReader::RowReader(std::unique_ptr<ByteStream> stream, std::optional<char> csv_delimiter)
    : stream_(std::move(stream)), csv_delimiter_(csv_delimiter) {}

absl::Status RowReader::Next(std::string_view* row, bool* found) {
  if (!started_) {
    started_ = true;
    while (buffer_.size() < kUtf8Mark.size() && !ended_) {
      KPIWATCH_RETURN_IF_ERROR(Fill());
    }
    begin_ = buffer_.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0;
  }
  for (;;) {
    size_t end = 0;
    row_line_ = next_line_;
    KPIWATCH_RETURN_IF_ERROR(FindEnd(&end));
    *row = std::string_view(buffer_).substr(begin_, end - begin_);
    next_line_ += std::count(row->begin(), row->end(), '\n') + 1;
    begin_ = std::min(end + 1, buffer_.size());
    if (row->ends_with('\r')) {
      row->remove_suffix(1);
    }
    *found = !row->empty();
    if (*found || (ended_ && begin_ == buffer_.size())) {
      return absl::OkStatus();
    }
  }
}

absl::Status RowReader::FindEnd(size_t* end) {
  CsvRowScan scan(csv_delimiter_.value_or('\0'));
  size_t size = 0;  // of the row so far
  for (;;) {
    for (; begin_ + size < buffer_.size(); ++size) {
      const char c = buffer_[begin_ + size];
      if (csv_delimiter_ ? scan.EndsRow(c) : c == '\n') {
        *end = begin_ + size;
        return absl::OkStatus();
      }
    }
    if (ended_) {
      *end = begin_ + size;
      return absl::OkStatus();
    }
    if (size > kMaxRecordBytes) {
      return absl::DataLossError(
          fmt::format("line {}: a row of more than {} bytes{}", row_line_, kMaxRecordBytes,
                      scan.in_quotes() ? " (a quoted field that does not end?)" : ""));
    }
    KPIWATCH_RETURN_IF_ERROR(Fill());
  }
}

absl::Status RowReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const absl::StatusOr<size_t> got = stream_->Read(buffer_.data() + kept, kReadBytes);
  buffer_.resize(kept + (got.ok() ? *got : 0));
  if (!got.ok()) {
    return absl::DataLossError(fmt::format("line {}: {}", next_line_, MessageOf(got.status())));
  }
  ended_ = *got == 0;
  return absl::OkStatus();
}

}  // namespace kpiwatch
