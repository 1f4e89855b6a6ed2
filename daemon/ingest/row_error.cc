#include "daemon/ingest/row_error.h"

#include <charconv>
#include <optional>

#include "absl/strings/cord.h"
#include "daemon/base/status_text.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr char kPayload[] = "kpiwatch/row-error";  // "line:column:what"

// Takes "12:" off the front of *text; 0 where nothing of the kind stands there.
size_t TakeNumber(std::string_view* text) {
  size_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && stop != end) {
    text->remove_prefix(static_cast<size_t>(stop - text->data()) + 1);
  }
  return number;
}

}  // namespace

absl::Status RowError(size_t line, size_t column, std::string_view what) {
  absl::Status status = absl::InvalidArgumentError(
      column == 0 ? fmt::format("line {}: {}", line, what)
                  : fmt::format("line {}, column {}: {}", line, column, what));
  status.SetPayload(kPayload, absl::Cord(fmt::format("{}:{}:{}", line, column, what)));
  return status;
}

std::string TellInFile(std::string_view file, int64_t first_line, const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) {
    return fmt::format("{}:{}: {}", file, first_line, MessageOf(status));
  }
  const std::string place(*payload);
  std::string_view what = place;
  const int64_t line = first_line + static_cast<int64_t>(TakeNumber(&what)) - 1;
  const size_t column = TakeNumber(&what);
  return column == 0 ? fmt::format("{}:{}: {}", file, line, what)
                     : fmt::format("{}:{}:{}: {}", file, line, column, what);
}

}  // namespace kpiwatch
