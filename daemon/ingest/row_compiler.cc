#include "daemon/ingest/row_compiler.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// "Case ID" -> "Case_ID". Letters beyond ASCII are kept.
std::string AsName(std::string_view column) {
  std::string name(column);
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed = byte >= 0x80 || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') ||
                         ('0' <= c && c <= '9') || c == '_';
    c = allowed ? c : '_';
  }
  return name;
}

}  // namespace

RowCompiler::RowCompiler(const std::vector<std::string>* columns, FieldPlan* plan)
    : columns_(columns), plan_(plan) {
  if (columns_ != nullptr) {
    for (const std::string& column : *columns_) {
      names_.push_back(AsName(column));
    }
  }
}

std::optional<uint16_t> RowCompiler::ColumnOf(std::string_view expression) {
  return columns_ == nullptr ? std::nullopt : FindOnly(*columns_, expression);
}

std::optional<uint16_t> RowCompiler::FindOnly(const std::vector<std::string>& names,
                                              std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  if (std::find(found + 1, names.end(), name) != names.end()) {
    std::string mistake = fmt::format("there are several columns '{}'", name);
    if (std::find(mistakes_.begin(), mistakes_.end(), mistake) == mistakes_.end()) {
      AddMistake(std::move(mistake));
    }
  }
  return static_cast<uint16_t>(found - names.begin());
}

std::optional<lang::Program> RowCompiler::Compile(std::string_view what,
                                                  std::string_view expression, lang::Type type) {
  lang::Scope scope;
  scope.resolve = [this](std::string_view name) { return Resolve(name); };
  scope.known = names_;
  if (columns_ != nullptr) {
    constexpr size_t kTold = 20;
    const auto end = names_.begin() + static_cast<ptrdiff_t>(std::min(names_.size(), kTold));
    scope.hint = fmt::format("the columns are {}{}", absl::StrJoin(names_.begin(), end, ", "),
                             end == names_.end() ? "" : ", …");
  }
  lang::Error error;
  std::optional<lang::Program> program = lang::Program::Compile(expression, scope, type, &error);
  if (const auto unfit = program ? lang::NotAField(*program) : std::nullopt) {
    error = *unfit;
    program.reset();
  }
  if (!program) {
    AddMistake(fmt::format("{}: '{}', at character {}: {}", what, expression, error.offset + 1,
                           error.message));
  }
  return program;
}

std::optional<lang::Binding> RowCompiler::Resolve(std::string_view name) {
  if (columns_ != nullptr) {
    std::optional<uint16_t> slot = ColumnOf(name);
    if (!slot) {
      slot = FindOnly(names_, name);
    }
    return slot ? std::optional(lang::Binding{.slot = *slot, .type = lang::Type::kAny})
                : std::nullopt;
  }
  if (plan_->size() >= FieldPlan::kMaxFields) {
    return std::nullopt;
  }
  return lang::Binding{.slot = plan_->Add(name).value(), .type = lang::Type::kAny};
}

std::string RowCompiler::mistakes() const { return absl::StrJoin(mistakes_, "; "); }

}  // namespace kpiwatch
