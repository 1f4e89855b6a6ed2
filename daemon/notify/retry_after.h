// How a temporary error says when to come back.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kpiwatch {

// `status` with the wait that the other side asked for. REQUIRES: !status.ok().
absl::Status WithRetryAfter(absl::Status status, absl::Duration wait);
// That wait; zero when it asked for none.
absl::Duration RetryAfter(const absl::Status& status);

}  // namespace kpiwatch
