// The rule files as the daemon reads them, at its start and at a reload, and what it says of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/config/daemon_config.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Logs every diagnostic. True when one is an error.
bool Report(const std::vector<Diagnostic>& diagnostics);

// The first kMostTold errors of `diagnostics`, a line each, and how many more there are:
// kInvalidArgument; OK when none is an error.
inline constexpr size_t kMostTold = 100;
absl::Status Summary(const std::vector<Diagnostic>& diagnostics);
// The first line of what `status` says.
std::string FirstLine(const absl::Status& status);

// The configuration at `path`. Where it has mistakes, those of its rule files stand beside them.
DaemonConfigResult ReadConfig(const std::string& path, const ConfigChecks* checks = nullptr);

// Reads the rule files that `config` names and reports what is wrong with them. Errors: those of
// reading, and kInvalidArgument for rules that cannot be used.
absl::StatusOr<std::shared_ptr<const Rulebook>> ReadRules(const DaemonConfig& config);

}  // namespace kpiwatch
