// Where events come from: the sources of the configuration and the local logs that feed them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/api/http.h"
#include "daemon/base/clock.h"
#include "daemon/engine/engine.h"
#include "daemon/ingest/log/ingest_service.h"
#include "daemon/ingest/log/segment_log.h"
#include "daemon/ingest/source_options.h"
#include "daemon/metrics/metrics_page.h"

namespace kpiwatch {

struct Intake {
  std::vector<Engine::Source> sources;
  std::vector<std::unique_ptr<SegmentLog>> logs;
  std::unique_ptr<IngestService> ingest;  // of the first log; null: no source takes events
  std::string token_file;
  std::vector<AdapterCounter> counters;
};

// Adds a source. REQUIRES: it is Kafka or a log. `storage` is the folder under which logs lie;
// `source` and `clock` are borrowed. Errors: the adapter's.
absl::Status AddSource(const SourceOptions& source, const std::string& storage, const Clock* clock,
                       Intake* intake);

// The answer to a request that brings events. Thread-safe.
HttpReply Ingest(IngestService* service, const HttpRequest& request);

}  // namespace kpiwatch
