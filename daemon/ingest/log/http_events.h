// CloudEvents as they come over HTTP (the HTTP binding 1.0): one structured or binary event, a
// batch, or lines of structured events.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

inline constexpr size_t kMaxEventsPerRequest = 10'000;
inline constexpr int kMaxJsonDepth = 64;

// One event of a request: structured JSON, each member once, or why it is none.
struct HttpEvent {
  std::string json = {};
  absl::Status status = {};
};

// The events of a request. `headers` may hold any headers; names in any case.
// Errors: kUnimplemented for a content type that is not read, kResourceExhausted for more than
// kMaxEventsPerRequest events, kInvalidArgument when the body as a whole cannot be read.
absl::StatusOr<std::vector<HttpEvent>> SplitHttpEvents(std::string_view content_type,
                                                       std::span<const Header> headers,
                                                       std::string_view body);

}  // namespace kpiwatch
