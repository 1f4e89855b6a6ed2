#include "daemon/ingest/log/ingest_service.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/json_text.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/model/heartbeat.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(5);
constexpr size_t kMaxIdleDecoders = 16;

// A request with one record.
class OneRecord final : public RecordBatch {
 public:
  OneRecord(std::string_view value, int64_t timestamp_ms) {
    records_.push_back({.timestamp_ms = timestamp_ms, .value = value});
  }
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

std::string ErrorBody(std::string_view type, std::string_view error, std::string_view more = {}) {
  std::string body = fmt::format(R"({{"status":"error","errorType":"{}","error":)", type);
  AppendJsonString(error, &body);
  body.append(more);
  return body + "}";
}

absl::Status CheckHeartbeat(const Event& event, const FieldPlan& plan) {
  const std::vector<std::string>& paths = plan.paths();
  const auto until = std::find(paths.begin(), paths.end(), kHeartbeatUntil);
  return until == paths.end()
             ? absl::OkStatus()  // no rules are known yet
             : ReadCompleteUntil(event.fields[static_cast<size_t>(until - paths.begin())]).status();
}

}  // namespace

IngestService::IngestService(const SourceOptions& source, SegmentLog* log, const Clock* clock)
    : log_(log), clock_(clock), plan_(std::make_shared<const FieldPlan>()) {
  options_.name = source.name;
  options_.tenant = source.tenant;
}

IngestResult IngestService::Ingest(std::string_view content_type, std::span<const Header> headers,
                                   std::string_view body) {
  if (body.size() > kMaxBodyBytes) {
    return Refuse(absl::ResourceExhaustedError(
        fmt::format("the body has {} bytes; at most {} are taken", body.size(), kMaxBodyBytes)));
  }
  const auto events = SplitHttpEvents(content_type, headers, body);
  if (!events.ok()) {
    return Refuse(events.status());
  }
  std::vector<std::string_view> values;
  std::string reasons;
  size_t bad = 0;
  PlannedDecoder decoder = TakeDecoder();
  for (size_t i = 0; i < events->size(); ++i) {
    const HttpEvent& event = (*events)[i];
    values.push_back(event.json);
    if (const absl::Status status = Check(event, decoder); !status.ok()) {
      reasons += fmt::format(R"({}{{"index":{},"reason":)", bad++ == 0 ? "" : ",", i);
      AppendJsonString(MessageOf(status), &reasons);
      reasons += "}";
    }
  }
  GiveBack(std::move(decoder));
  if (bad > 0) {
    metrics_.bad_events.Add(bad);
    return {400,
            ErrorBody("bad_data",
                      fmt::format("{} of {} events are bad; none was taken", bad, events->size()),
                      fmt::format(",\"events\":[{}]", reasons)),
            absl::ZeroDuration()};
  }
  if (!values.empty()) {
    if (const auto first = log_->Append(LogRecordKind::kCloudEventJson, values); !first.ok()) {
      if (absl::IsOutOfRange(first.status())) {
        return Refuse(absl::ResourceExhaustedError(first.status().message()));
      }
      metrics_.refused_requests.Add();
      const bool full = absl::IsResourceExhausted(first.status());
      return {full ? 429 : 503, ErrorBody("unavailable", MessageOf(first.status())), kRetryAfter};
    }
  }
  metrics_.accepted_events.Add(values.size());
  return {202, fmt::format(R"({{"accepted":{}}})", values.size()), absl::ZeroDuration()};
}

IngestResult IngestService::Refuse(const absl::Status& status) {
  metrics_.refused_requests.Add();
  const int http_status = status.code() == absl::StatusCode::kResourceExhausted ? 413
                          : status.code() == absl::StatusCode::kUnimplemented   ? 415
                                                                                : 400;
  return {http_status, ErrorBody("bad_data", MessageOf(status)), absl::ZeroDuration()};
}

absl::Status IngestService::Check(const HttpEvent& event, const PlannedDecoder& planned) const {
  if (!event.status.ok()) {
    return event.status;
  }
  const OneRecord batch(event.json, absl::ToUnixMillis(clock_->Now()));
  absl::Status status;
  KPIWATCH_RETURN_IF_ERROR(
      planned.decoder->Decode(batch, batch.records()[0], [&](const Event& event) {
        if (!IsPlausible(event.time_ms)) {
          status = absl::InvalidArgumentError("the event's time is not between 1980 and 2199");
        } else if (IsHeartbeat(event.type)) {
          status = CheckHeartbeat(event, *planned.plan);
        }
      }));
  return status;
}

void IngestService::SetPlan(std::shared_ptr<const FieldPlan> plan) {
  MutexLock lock(&mu_);
  plan_ = std::move(plan);
  idle_decoders_.clear();
}

IngestService::PlannedDecoder IngestService::TakeDecoder() {
  PlannedDecoder taken;
  {
    MutexLock lock(&mu_);
    if (!idle_decoders_.empty()) {
      taken = std::move(idle_decoders_.back());
      idle_decoders_.pop_back();
      return taken;
    }
    taken.plan = plan_;
  }
  auto made = MakeLogDecoder(options_, taken.plan.get());
  KPIWATCH_CHECK(made.ok(), "these options have no contradictions");
  taken.decoder = *std::move(made);
  return taken;
}

void IngestService::GiveBack(PlannedDecoder decoder) {
  MutexLock lock(&mu_);
  if (decoder.plan == plan_ && idle_decoders_.size() < kMaxIdleDecoders) {
    idle_decoders_.push_back(std::move(decoder));
  }
}

}  // namespace kpiwatch
