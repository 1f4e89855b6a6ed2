// Events as CloudEvents 1.0 in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// The event with every field of `plan` whose path begins with "data." and that it has: a number
// digit for digit, money as {"amount":"12.50","currency":"CNY"}.
// REQUIRES: event.fields are those of `plan`.
std::string CloudEventJson(const Event& event, const FieldPlan& plan);

// The same with `data`, a JSON text, whatever the event's fields are.
std::string CloudEventJson(const Event& event, std::string_view data);

// A heartbeat: `source` is complete until `until`, said at `now`. `scope`: "partition" for one that
// is written to every partition; empty: it speaks for the whole source.
std::string HeartbeatJson(std::string_view source, absl::Time until, std::string_view scope,
                          absl::Time now);

}  // namespace kpiwatch
