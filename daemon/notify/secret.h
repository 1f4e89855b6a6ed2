// Secrets are read when they are needed, so that they can be rotated without a reload.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// The secret without the white space around it. `what` names it in errors, which never hold it:
// kUnavailable when its file cannot be read or is too long (64 KiB), its variable is not set, or it
// is empty. REQUIRES: secret.set().
absl::StatusOr<std::string> ReadSecret(const SecretRef& secret, std::string_view what);

}  // namespace kpiwatch
