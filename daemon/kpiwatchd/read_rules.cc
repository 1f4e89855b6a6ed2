#include "daemon/kpiwatchd/read_rules.h"

#include <string>

#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/notify/routing.h"

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
  const Diagnostic* first = nullptr;
  size_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.warning) {
      first = first == nullptr ? &diagnostic : first;
      ++errors;
    }
  }
  if (first == nullptr) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      first->ToString() +
      (errors > 1 ? " (and " + std::to_string(errors - 1) + " more)" : std::string()));
}

absl::StatusOr<std::shared_ptr<const Rulebook>> ReadRules(const DaemonConfig& config) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::vector<SourceFile> files,
                            ReadRuleFiles(config.rule_files, config.base_dir));
  const std::vector<KnownSource> sources = KnownSources(config);
  const LoadResult loaded = LoadRulebook(files, &sources);
  Report(loaded.diagnostics);
  KPIWATCH_RETURN_IF_ERROR(Summary(loaded.diagnostics));
  KPIWATCH_RETURN_IF_ERROR(CheckRoutes(*loaded.rulebook));
  return loaded.rulebook;
}

}  // namespace kpiwatch
