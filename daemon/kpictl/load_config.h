// kpiwatch.yaml and the rule files that it names, for the commands that need them.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "daemon/config/daemon_config.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// nullopt or null: told on `err`, one line for each mistake.
std::optional<DaemonConfig> LoadConfig(const std::string& path, std::ostream& err);
std::shared_ptr<const Rulebook> LoadRules(const DaemonConfig& config, std::ostream& err);

}  // namespace kpiwatch
