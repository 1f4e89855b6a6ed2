#include "daemon/rulebook/diagnostics.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "fmt/format.h"

namespace kpiwatch {

std::string Diagnostic::ToString() const {
  return fmt::format("{}:{}:{}: {}{}", file, line, column, warning ? "warning: " : "", message);
}

std::string DidYouMean(std::optional<std::string_view> near) {
  return near ? fmt::format("; did you mean '{}'?", *near) : "";
}

int Diagnostics::CharacterColumn(const Place& place) const {
  const std::string& text = file(place.file).text;
  size_t begin = 0;
  for (int line = 1; line < place.line; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) {
      return place.column;
    }
    ++begin;
  }
  const size_t end = std::min(text.size(), begin + static_cast<size_t>(place.column) - 1);
  const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto extra = std::count_if(text.begin() + static_cast<ptrdiff_t>(begin),
                                   text.begin() + static_cast<ptrdiff_t>(end), continuation);
  return place.column - static_cast<int>(extra);
}

void Diagnostics::Add(const Place& place, std::string message, bool warning) {
  has_errors_ |= !warning;
  if (found_.size() >= kMaxDiagnostics) {
    ++dropped_;
    return;
  }
  found_.push_back({.file = file(place.file).path,
                    .line = place.line,
                    .column = CharacterColumn(place),
                    .message = std::move(message),
                    .warning = warning});
}

void Diagnostics::ExpressionError(const YamlNode& node, const lang::Error& error) {
  const std::string_view text = file(node.place.file).text;
  const size_t begin = node.offset + (node.plain ? 0 : 1);
  if (begin <= text.size() && text.substr(begin).starts_with(node.text)) {
    Place place = node.place;
    place.column += static_cast<int>(error.offset) + (node.plain ? 0 : 1);
    Error(place, error.message);
    return;
  }
  Error(node, fmt::format("{} (at byte {} of the expression)", error.message, error.offset + 1));
}

std::string Diagnostics::Describe(const Place& place) const {
  return fmt::format("{}:{}:{}", file(place.file).path, place.line, CharacterColumn(place));
}

std::vector<Diagnostic> Diagnostics::Take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  if (dropped_ > 0) {
    const Diagnostic& last = found_.back();
    found_.push_back({.file = last.file,
                      .line = last.line,
                      .column = last.column,
                      .message = fmt::format("and {} more findings", dropped_),
                      .warning = !has_errors_});
  }
  return std::move(found_);
}

}  // namespace kpiwatch
