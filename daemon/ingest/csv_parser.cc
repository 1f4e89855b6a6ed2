#include "daemon/ingest/csv_parser.h"

#include <algorithm>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/row_error.h"

namespace kpiwatch {
namespace {

size_t Lines(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

void CsvParser::Begin(std::string_view text) {
  text_ = text;
  at_ = 0;
  row_line_ = 1;
  counted_ = 0;
  unescaped_.clear();
  unescaped_.reserve(text.size());
}

absl::Status CsvParser::Next(std::vector<std::string_view>* fields, std::string_view* row,
                             bool* found) {
  fields->clear();
  while (at_ < text_.size() && AtLineEnd()) {
    SkipLineEnd();
  }
  *found = at_ < text_.size();
  if (!*found) {
    return absl::OkStatus();
  }
  const size_t start = at_;
  row_line_ += Lines(text_.substr(counted_, at_ - counted_));
  counted_ = at_;
  for (;;) {
    std::string_view field;
    KPIWATCH_RETURN_IF_ERROR(ReadField(&field));
    fields->push_back(field);
    if (at_ == text_.size() || AtLineEnd()) {
      break;
    }
    ++at_;  // the delimiter
  }
  *row = text_.substr(start, at_ - start);
  SkipLineEnd();
  return absl::OkStatus();
}

absl::Status CsvParser::ReadField(std::string_view* field) {
  if (at_ < text_.size() && text_[at_] == '"') {
    return ReadQuoted(field);
  }
  const size_t start = at_;
  while (at_ < text_.size() && text_[at_] != delimiter_ && !AtLineEnd()) {
    ++at_;
  }
  *field = text_.substr(start, at_ - start);
  return absl::OkStatus();
}

absl::Status CsvParser::ReadQuoted(std::string_view* field) {
  const size_t open = at_++;
  const size_t kept = unescaped_.size();
  size_t start = at_;
  bool doubled = false;
  for (;;) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      return ErrorAt(open, "a quoted field that does not end");
    }
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') {
      break;
    }
    doubled = true;  // with one of the two quotes
    unescaped_.append(text_.substr(start, at_ - start));
    start = ++at_;
  }
  *field = text_.substr(start, at_ - 1 - start);
  if (doubled) {
    unescaped_.append(*field);
    *field = std::string_view(unescaped_).substr(kept);
  }
  if (at_ < text_.size() && text_[at_] != delimiter_ && !AtLineEnd()) {
    return ErrorAt(at_, "text after the closing quote of a field");
  }
  return absl::OkStatus();
}

bool CsvParser::AtLineEnd() const {
  return text_[at_] == '\n' ||
         (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
}

void CsvParser::SkipLineEnd() {
  at_ += at_ < text_.size() && text_[at_] == '\r' ? 1 : 0;
  at_ += at_ < text_.size() && text_[at_] == '\n' ? 1 : 0;
}

absl::Status CsvParser::ErrorAt(size_t at, std::string_view what) const {
  const std::string_view before = text_.substr(0, at);
  const size_t line = 1 + Lines(before);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return RowError(line, at - line_start + 1, what);
}

}  // namespace kpiwatch
