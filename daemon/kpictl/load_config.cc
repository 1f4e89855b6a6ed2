#include "daemon/kpictl/load_config.h"

#include <fmt/format.h>

#include "daemon/base/status_text.h"
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
  const auto files = ReadRuleFiles(config.rule_files, config.base_dir);
  if (!files.ok()) {
    err << fmt::format("{}: rule_files: {}\n", config.file, MessageOf(files.status()));
    return nullptr;
  }
  const std::vector<KnownSource> sources = KnownSources(config);
  LoadResult loaded = LoadRulebook(*files, &sources);
  PrintMistakes(loaded.diagnostics, err);
  return loaded.rulebook;
}

}  // namespace kpiwatch
