// Where `kpictl send` puts events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/ingest/source_options.h"

namespace kpiwatch {

struct OutgoingEvent {
  std::string_view key;     // subject or owner: what keeps an entity's events in order
  std::string_view body;    // CloudEvents JSON, or a record as it was read
  bool cloud_event = true;  // body is CloudEvents JSON
};

// Not thread-safe.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Takes the event; it may leave later. Errors: kInvalidArgument for one that this sink can never
  // take; anything else is final for the whole run.
  virtual absl::Status Send(const OutgoingEvent& event) = 0;
  // Sends what waits, then says that `source` is complete until `until`.
  virtual absl::Status Heartbeat(std::string_view source, absl::Time until, absl::Time now) = 0;
  // Returns when everything has been acknowledged.
  virtual absl::Status Flush() = 0;
};

// How a sink bears with a receiver that is away: it tells at once that it tries again and until
// when, and gives up then.
struct Patience {
  std::function<void(absl::Duration)> sleep;
  const Clock* clock = nullptr;                // borrowed
  std::function<void(std::string_view)> tell;  // a line for people
  absl::Duration lasts;                        // from the first failure on
};
inline constexpr absl::Duration kHttpPatience = absl::Minutes(1);
inline constexpr absl::Duration kKafkaPatience = absl::Minutes(2);

// "HOST refuses; trying again until 12:03:04": what `tell` gets.
std::string TryingAgain(std::string_view why, absl::Time until);

// Posts batches (application/cloudevents-batch+json) to `url`; one without a path gets
// /api/v1/events. An answer of 429 or 503, or none, is tried again after Retry-After or with capped
// exponential backoff; every other answer but 202 is final.
inline constexpr size_t kHttpBatchEvents = 1000;
inline constexpr size_t kHttpBatchBytes = size_t{512} << 10;
std::unique_ptr<EventSink> MakeHttpSink(const std::string& url, const std::string& token,
                                        Patience patience);

// Produces to kafka://HOST:PORT[,HOST:PORT…]/TOPIC, with the properties and secrets of the source's
// own cluster where it has one; heartbeats go to every partition. `sleep` is not used. Errors:
// kInvalidArgument for a URL that is none; those of the cluster.
absl::StatusOr<std::unique_ptr<EventSink>> MakeKafkaSink(const std::string& url,
                                                         const SourceOptions& source,
                                                         Patience patience);

}  // namespace kpiwatch
