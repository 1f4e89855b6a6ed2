// Collects the mistakes and lint findings of one load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/lang/program.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// Not thread-safe. Keeps at most kMaxDiagnostics; a note says that there were more.
class Diagnostics {
 public:
  static constexpr size_t kMaxDiagnostics = 1000;

  Diagnostics() = default;
  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;

  // Notes a file that is read; the result is Place::file. The file must outlive this.
  uint32_t AddFile(const SourceFile* file) {
    files_.push_back(file);
    return static_cast<uint32_t>(files_.size() - 1);
  }
  const SourceFile& file(uint32_t index) const { return *files_[index]; }

  void Error(const Place& place, std::string message) { Add(place, std::move(message), false); }
  void Error(const YamlNode& node, std::string message) { Error(node.place, std::move(message)); }
  void Warning(const Place& place, std::string message) { Add(place, std::move(message), true); }
  // A mistake inside the expression that is the scalar `node`: told at its very place where the
  // scalar stands in the file as it is read (quoted with escapes or folded, it does not).
  void ExpressionError(const YamlNode& node, const lang::Error& error);

  bool has_errors() const { return has_errors_; }
  // "rules/sales.yaml:12:9", for messages that name another place.
  std::string Describe(const Place& place) const;
  // Everything found, by file, line and column.
  std::vector<Diagnostic> Take();

 private:
  void Add(const Place& place, std::string message, bool warning);
  // Columns in bytes become columns in characters, as editors count.
  int CharacterColumn(const Place& place) const;

  std::vector<const SourceFile*> files_;
  std::vector<Diagnostic> found_;
  size_t dropped_ = 0;
  bool has_errors_ = false;
};

// "; did you mean 'x'?", or "" when `near` is nullopt.
std::string DidYouMean(std::optional<std::string_view> near);

}  // namespace kpiwatch
