// What the log says of data alerts.
#pragma once

#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Logs `transition` when it is about the data and not about anybody's work: a source that is late
// or complete again, facts of people whom the org does not know. Thread-safe.
void LogDataAlert(const v1::Transition& transition);

}  // namespace kpiwatch
