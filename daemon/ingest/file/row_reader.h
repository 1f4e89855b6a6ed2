// Rows of a stream of text: lines, or CSV rows, which may hold line ends inside quotes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "daemon/ingest/csv_parser.h"
#include "daemon/ingest/file/byte_stream.h"

namespace kpiwatch {

// Not thread-safe.
class RowReader {
 public:
  // `csv_delimiter`: rows are CSV with it; nullopt: rows are lines.
  RowReader(std::unique_ptr<ByteStream> stream, std::optional<char> csv_delimiter);

  // The next row that is not empty, without its line end; valid until the next call. False at the
  // end. A byte order mark at the front is left out. Errors: kDataLoss for what cannot be read and
  // for a row of more than 1 MiB, with the line where it begins.
  absl::Status Next(std::string_view* row, bool* found);
  // The line (from 1) where the row that Next returned begins.
  int64_t line() const { return row_line_; }

 private:
  // Where the row that begins at begin_ ends, its line feed not included; reads more as needed.
  absl::Status FindEnd(size_t* end);
  absl::Status Fill();

  std::unique_ptr<ByteStream> stream_;
  const std::optional<char> csv_delimiter_;
  std::string buffer_;
  size_t begin_ = 0;    // of the row being read
  bool ended_ = false;  // the stream has no more
  bool started_ = false;
  int64_t row_line_ = 0;
  int64_t next_line_ = 1;
};

}  // namespace kpiwatch
