// Rule files → Rulebook. All mistakes of all files in one pass (rules.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// One mistake or lint finding, at a place in a file (line and column count from 1).
struct Diagnostic {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  bool warning = false;  // lint finding
  // "rules/sales.yaml:12:9: unknown KPI 'custmer_touches'; did you mean 'customer_touches'?"
  std::string ToString() const;
};

struct LoadResult {
  std::shared_ptr<const Rulebook> rulebook;  // null when a Diagnostic is an error
  std::vector<Diagnostic> diagnostics;       // by file, line, column
};

// A file's name and text.
struct SourceFile {
  std::string path;
  std::string text;
};

// A source that the daemon's configuration has.
struct KnownSource {
  std::string name;
  bool is_read = true;  // by the daemon; false: only kpictl binds files to it
};

// Loads `files` as one rulebook. A KPI may name the sources of `sources` only; null: they are not
// known, and any name will do. Relative paths inside (holiday files) are resolved against the
// folder of the file that names them. Scenario tests (documents with `tests:` or `rule_files:`) and
// holiday files (`known_through:`) lie beside rule files and are left out. Never throws; malformed
// YAML is a diagnostic.
LoadResult LoadRulebook(const std::vector<SourceFile>& files,
                        const std::vector<KnownSource>* sources = nullptr);

struct RuleFiles {
  std::vector<SourceFile> files;
  std::vector<std::string> mistakes;  // patterns that match nothing, files that cannot be read
};

// Expands globs ("rules/*.yaml", relative to `base_dir`) and directories (all *.yaml and *.yml
// below, without hidden ones), reads the files, each once.
RuleFiles FindRuleFiles(const std::vector<std::string>& patterns, const std::string& base_dir);
// The same where one mistake is enough. Errors: kNotFound with the first.
absl::StatusOr<std::vector<SourceFile>> ReadRuleFiles(const std::vector<std::string>& patterns,
                                                      const std::string& base_dir);

}  // namespace kpiwatch
