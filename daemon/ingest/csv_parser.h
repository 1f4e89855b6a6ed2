// Rows of comma-separated text (RFC 4180): quotes, doubled quotes and line ends inside them, LF or
// CR LF between rows. A quote inside a field that does not begin with one stands for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace kpiwatch {

// Finds where rows end, byte by byte, in text that comes in pieces. Works on UTF-8 and on every
// encoding whose further bytes are never quotes, line ends or the delimiter.
class CsvRowScan {
 public:
  explicit CsvRowScan(char delimiter) : delimiter_(delimiter) {}
  // Takes the next byte; true when it is the line feed that ends the row.
  bool EndsRow(char c) {
    if (in_quotes_) {
      in_quotes_ = c != '"';  // a doubled quote opens again at once
      after_quote_ = !in_quotes_;
      return false;
    }
    in_quotes_ = c == '"' && (at_field_start_ || after_quote_);
    after_quote_ = false;
    at_field_start_ = c == delimiter_ || c == '\n';
    return c == '\n';
  }
  bool in_quotes() const { return in_quotes_; }

 private:
  char delimiter_;
  bool at_field_start_ = true;
  bool in_quotes_ = false;
  bool after_quote_ = false;  // the byte before closed a quoted part
};

// Splits rows into fields. Not thread-safe; reuses its buffer.
class CsvParser {
 public:
  explicit CsvParser(char delimiter) : delimiter_(delimiter) {}

  // Begins with `text`, which must stay until the last row has been used.
  void Begin(std::string_view text);
  // The next row that is not empty: its fields and its text without the line end. False at the end
  // of the text. The views last until the next Begin. Errors: kInvalidArgument with line and
  // column, counted from 1 in this text.
  absl::Status Next(std::vector<std::string_view>* fields, std::string_view* row, bool* found);
  // Where the row that Next returned begins.
  size_t line() const { return row_line_; }

 private:
  absl::Status ReadField(std::string_view* field);
  absl::Status ReadQuoted(std::string_view* field);
  absl::Status ErrorAt(size_t at, std::string_view what) const;
  bool AtLineEnd() const;
  void SkipLineEnd();

  const char delimiter_;
  std::string_view text_;
  size_t at_ = 0;
  size_t row_line_ = 1;
  size_t counted_ = 0;     // bytes whose lines row_line_ counts
  std::string unescaped_;  // fields with doubled quotes; never grows beyond its reservation
};

}  // namespace kpiwatch
