// Heartbeats: events by which a source says until when it is complete.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// The field that says it, an RFC 3339 time with its offset.
inline constexpr std::string_view kHeartbeatUntil = "data.complete_until";

// An event type without the version at its end: "crm.order.v2" is "crm.order".
std::string_view WithoutVersion(std::string_view type);
// Whether events of `type` are heartbeats: sys.source.heartbeat, with any prefix and version.
bool IsHeartbeat(std::string_view type);
// Until when a heartbeat with that value of kHeartbeatUntil says the source is complete. Errors,
// naming the field: kInvalidArgument when it is missing or no such time, kOutOfRange when the time
// is not plausible.
absl::StatusOr<absl::Time> ReadCompleteUntil(const FieldValue& value);

}  // namespace kpiwatch
