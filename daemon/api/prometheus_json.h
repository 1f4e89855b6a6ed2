// Rules and alerts in the shapes of Prometheus's API, with fields of ours beside its own.
#pragma once

#include <vector>

#include "daemon/api/replies.h"
#include "daemon/engine/read_view.h"

namespace kpiwatch {

Json AlertJson(const AlertView& alert);

// One rule of Prometheus per tier; the alerts of a tier are those of the page that stand at its
// level, its state is that of all. `alerts` may hold those of other rules too.
Json TierJson(const RuleView& rule, const TierView& tier, const AlertPage& alerts);

Json SourceJson(const SourceView& source);

Json DeadLetterJson(const DeadLetterView& letter);

}  // namespace kpiwatch
