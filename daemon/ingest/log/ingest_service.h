// What POST /api/v1/events does: checks the events, appends them to the durable log, answers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/base/counters.h"
#include "daemon/base/mutex.h"
#include "daemon/ingest/decoder.h"
#include "daemon/ingest/log/http_events.h"
#include "daemon/ingest/log/segment_log.h"

namespace kpiwatch {

struct IngestResult {
  int http_status = 0;
  std::string body_json;
  absl::Duration retry_after;  // for a Retry-After header; zero: none
};

struct IngestMetrics {
  Counter accepted_events;
  Counter bad_events;        // in requests answered 400
  Counter refused_requests;  // answered 413, 415, 429 or 503
};

// Thread-safe; Ingest runs on the threads of the HTTP server and waits for the disk.
class IngestService {
 public:
  static constexpr size_t kMaxBodyBytes = size_t{8} << 20;

  // `source` is the log's source: events of another tenant than its `tenant` are refused. `log` and
  // `clock` are borrowed.
  IngestService(const SourceOptions& source, SegmentLog* log, const Clock* clock);

  // The fields that the rules in force ask for: their values are looked at from now on, as the
  // engine will look at them. Until then only envelopes are.
  void SetPlan(std::shared_ptr<const FieldPlan> plan) ABSL_LOCKS_EXCLUDED(mu_);

  // Takes all events of the request or none (D-27). 202 {"accepted":n} once they are on disk;
  // 400 with a reason and an index for each bad event; 413 for more than kMaxBodyBytes or
  // kMaxEventsPerRequest, or than the log can ever hold; 415 for another content type; 429 when the
  // log is full; 503 when the disk is. Errors have the shape
  // {"status":"error","errorType":…,"error":…}, 400 also "events".
  IngestResult Ingest(std::string_view content_type, std::span<const Header> headers,
                      std::string_view body);

  const IngestMetrics& metrics() const { return metrics_; }

 private:
  struct PlannedDecoder {
    std::shared_ptr<const FieldPlan> plan;  // lent to the decoder
    std::unique_ptr<Decoder> decoder;
  };

  // Decodes the event as the engine will, and refuses what it would refuse.
  absl::Status Check(const HttpEvent& event, const PlannedDecoder& planned) const;
  PlannedDecoder TakeDecoder() ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(PlannedDecoder decoder) ABSL_LOCKS_EXCLUDED(mu_);
  IngestResult Refuse(const absl::Status& status);

  // Constant after construction.
  SourceOptions options_;
  SegmentLog* const log_;
  const Clock* const clock_;

  Mutex mu_;
  std::shared_ptr<const FieldPlan> plan_ ABSL_GUARDED_BY(mu_);      // empty at first
  std::vector<PlannedDecoder> idle_decoders_ ABSL_GUARDED_BY(mu_);  // of plan_
  IngestMetrics metrics_;
};

}  // namespace kpiwatch
