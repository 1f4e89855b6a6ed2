#include "daemon/kpiwatchd/intake.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/ingest/kafka/kafka_source.h"
#include "daemon/ingest/log/log_source.h"

namespace kpiwatch {
namespace {

AdapterCounter CounterOfSource(const std::string& source, const char* name, const char* help,
                               const Counter& counter) {
  return {name, help, {{"source", source}}, [&counter] { return counter.value(); }};
}

}  // namespace

absl::Status AddSource(const SourceOptions& source, const std::string& storage, const Clock* clock,
                       Intake* intake) {
  Engine::Source added;
  added.options = &source;
  if (source.kafka) {
    added.kind = "kafka";
    KPIWATCH_ASSIGN_OR_RETURN(auto kafka, KafkaSource::Create(source.name, *source.kafka));
    intake->counters.push_back(CounterOfSource(
        source.name, "kpiwatch_source_outages_total",
        "Times that the brokers of the source came out of reach.", kafka->outages()));
    added.source = std::move(kafka);
  } else {
    KPIWATCH_CHECK(source.log.has_value(), "a source of files is none of the daemon's");
    SegmentLogOptions options;
    options.directory = (std::filesystem::path(storage) / source.log->path).string();
    options.max_bytes = source.log->max_bytes;
    options.retention = source.log->retention;
    KPIWATCH_ASSIGN_OR_RETURN(auto log, SegmentLog::Open(options, clock));
    const SegmentLogMetrics& metrics = log->metrics();
    intake->counters.push_back(CounterOfSource(source.name, "kpiwatch_log_records_total",
                                               "Records that the local log has on disk.",
                                               metrics.records));
    intake->counters.push_back(
        CounterOfSource(source.name, "kpiwatch_log_refused_total",
                        "Requests that the local log refused: it, its queue or the disk was full.",
                        metrics.refused));
    added.kind = "log";
    added.source = std::make_unique<LogSource>(source.name, log.get());
    if (intake->ingest == nullptr) {
      intake->ingest = std::make_unique<IngestService>(source, log.get(), clock);
      intake->token_file = source.log->token_file;
    }
    intake->logs.push_back(std::move(log));
  }
  intake->sources.push_back(std::move(added));
  return absl::OkStatus();
}

HttpReply Ingest(IngestService* service, const HttpRequest& request) {
  std::vector<Header> headers;
  for (const auto& [name, value] : request.headers) {
    headers.push_back({name, value});
  }
  const IngestResult result = service->Ingest(
      std::string(request.Header("content-type").value_or("")), headers, request.body);
  HttpReply reply;
  reply.status = result.http_status;
  reply.content_type = "application/json";
  reply.body = result.body_json;
  if (result.retry_after > absl::ZeroDuration()) {
    reply.headers.emplace_back("Retry-After", std::to_string(std::max<int64_t>(
                                                  1, absl::ToInt64Seconds(result.retry_after))));
  }
  return reply;
}

}  // namespace kpiwatch
