// The rule files as the daemon reads them, at its start and at a reload, and what it says of them.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/config/daemon_config.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Logs every diagnostic. True when one is an error.
bool Report(const std::vector<Diagnostic>& diagnostics);

// The first error of `diagnostics` and how many more there are, for an answer in one line:
// kInvalidArgument; OK when none is an error.
absl::Status Summary(const std::vector<Diagnostic>& diagnostics);

// Reads the rule files that `config` names and reports what is wrong with them. Errors: those of
// reading, and kInvalidArgument for rules that cannot be used.
absl::StatusOr<std::shared_ptr<const Rulebook>> ReadRules(const DaemonConfig& config);

}  // namespace kpiwatch
