// What the notifier counts about itself; metrics/ gives these their public names.
#pragma once

#include "daemon/base/counters.h"

namespace kpiwatch {

// Every field is thread-safe.
struct NotifyMetrics {
  CounterFamily sent{{"integration"}, 50};               // messages accepted by the other side
  CounterFamily failed{{"integration", "reason"}, 200};  // attempts that were not
  CounterFamily publish_outages{{"channel"}, 50};  // times that publishing to Kafka was held up
  CounterFamily suppressed{{"reason"}, 50};  // decisions not to send: before_live, no_recipients, …
  Histogram latency_seconds{LatencyBuckets()};  // one attempt, from call to answer
};

}  // namespace kpiwatch
