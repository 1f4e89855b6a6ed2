#include "daemon/kpictl/load_config.h"

#include "daemon/rulebook/loader.h"

namespace kpiwatch {
namespace {

void PrintMistakes(const std::vector<Diagnostic>& diagnostics, std::ostream& err) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.warning) {
      err << diagnostic.ToString() << '\n';
    }
  }
}

}  // namespace

std::optional<DaemonConfig> LoadConfig(const std::string& path, std::ostream& err) {
  DaemonConfigResult loaded = LoadDaemonConfig(path);
  PrintMistakes(loaded.diagnostics, err);
  return std::move(loaded.config);
}

std::shared_ptr<const Rulebook> LoadRules(const DaemonConfig& config, std::ostream& err) {
  LoadResult loaded = LoadRulesOf(config.file, config.rule_files, KnownSources(config));
  PrintMistakes(loaded.diagnostics, err);
  return loaded.rulebook;
}

}  // namespace kpiwatch
