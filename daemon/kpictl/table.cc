#include "daemon/kpictl/table.h"

#include <algorithm>
#include <string_view>

#include "daemon/base/check.h"
#include "daemon/kpictl/text_width.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kReset = "\033[0m";

std::string_view Escape(Level level) {
  switch (level) {
    case Level::kGreen:
      return {};
    case Level::kYellow:
      return "\033[33m";
    case Level::kOrange:
      return "\033[38;5;208m";
    case Level::kRed:
      return "\033[31m";
  }
  return {};
}

}  // namespace

void Table::Print(std::ostream& out, bool colours) const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    widths.push_back(TextWidth(column.title));
  }
  for (const auto& row : rows_) {
    KPIWATCH_CHECK(row.size() == columns_.size(), "a row has a cell for each column");
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], TextWidth(row[i].text));
    }
  }
  // `end`: of the cells of its line that are printed.
  const auto print = [&](size_t i, size_t end, const std::string& text, std::string_view escape) {
    const std::string padding(widths[i] - TextWidth(text), ' ');
    const bool right = columns_[i].align == Align::kRight;
    out << (i > 0 ? "  " : "") << (right ? padding : "") << escape << text
        << (escape.empty() ? std::string_view() : kReset);
    if (!right && i + 1 < end) {
      out << padding;
    }
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    print(i, columns_.size(), columns_[i].title, {});
  }
  out << '\n';
  for (const auto& row : rows_) {
    size_t end = row.size();
    while (end > 0 && row[end - 1].text.empty()) {
      --end;
    }
    for (size_t i = 0; i < end; ++i) {
      print(i, end, row[i].text, colours ? Escape(row[i].colour) : std::string_view());
    }
    out << '\n';
  }
}

}  // namespace kpiwatch
