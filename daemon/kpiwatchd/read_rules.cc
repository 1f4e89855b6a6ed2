#include "daemon/kpiwatchd/read_rules.h"

#include <iterator>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/notify/routing.h"
#include "fmt/format.h"

namespace kpiwatch {

bool Report(const std::vector<Diagnostic>& diagnostics) {
  bool bad = false;
  for (const Diagnostic& diagnostic : diagnostics) {
    Log(diagnostic.warning ? LogLevel::kWarn : LogLevel::kError, diagnostic.ToString());
    bad = bad || !diagnostic.warning;
  }
  return bad;
}

absl::Status Summary(const std::vector<Diagnostic>& diagnostics) {
  std::string told;
  size_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.warning && ++errors <= kMostTold) {
      told += (errors > 1 ? "\n" : "") + diagnostic.ToString();
    }
  }
  if (errors > kMostTold) {
    told += fmt::format("\nand {} more", errors - kMostTold);
  }
  return errors == 0 ? absl::OkStatus() : absl::InvalidArgumentError(told);
}

std::string FirstLine(const absl::Status& status) {
  const std::string text = status.ToString();
  return text.substr(0, text.find('\n'));
}

DaemonConfigResult ReadConfig(const std::string& path, const ConfigChecks* checks) {
  DaemonConfigResult read = LoadDaemonConfig(path, checks);
  if (read.config || read.rule_files.empty()) {
    return read;
  }
  LoadResult rules = LoadRulesOf(path, read.rule_files, read.sources);
  std::move(rules.diagnostics.begin(), rules.diagnostics.end(),
            std::back_inserter(read.diagnostics));
  return read;
}

absl::StatusOr<std::shared_ptr<const Rulebook>> ReadRules(const DaemonConfig& config) {
  const LoadResult loaded = LoadRulesOf(config.file, config.rule_files, KnownSources(config));
  Report(loaded.diagnostics);
  KPIWATCH_RETURN_IF_ERROR(Summary(loaded.diagnostics));
  KPIWATCH_RETURN_IF_ERROR(CheckRoutes(*loaded.rulebook));
  return loaded.rulebook;
}

}  // namespace kpiwatch
