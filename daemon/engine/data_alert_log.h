// What the log and the metrics say of data alerts.
#pragma once

#include "daemon/engine/engine_metrics.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Logs `transition`, and counts it, when it is about the data and not about anybody's work: a
// source that is late or complete again, facts of people whom the org does not know. Thread-safe.
void NoteDataAlert(const v1::Transition& transition, EngineMetrics* metrics);

}  // namespace kpiwatch
