// Decodes single records and keeps what came out, so that tests can look at it at leisure.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ingest/decoder.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// A batch of one record.
class OneRecordBatch final : public RecordBatch {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  OneRecordBatch(std::string value, Headers headers, int64_t timestamp_ms)
      : value_(std::move(value)), headers_(std::move(headers)) {
    records_.push_back({.timestamp_ms = timestamp_ms, .value = value_});
  }
  Record& record() { return records_[0]; }
  void ReadHeaders(const Record&, std::vector<Header>* headers) const override {
    for (const auto& [name, value] : headers_) {
      headers->push_back({name, value});
    }
  }
  void Clear() override { records_.clear(); }

 private:
  std::string value_;
  Headers headers_;
};

struct DecodedEvent {
  std::string id, source, type, subject, tenant;
  int64_t time_ms = kNoTime;
  int64_t recorded_ms = kNoTime;
  int64_t sequence = -1;
  SnapshotRead snapshot = SnapshotRead::kNo;
  // By path: "text", "12.5", "12.5 CNY", "true", "null"; missing fields are not there.
  std::map<std::string, std::string> fields = {};
};

inline std::string Shown(const FieldValue& value) {
  switch (value.kind) {
    case FieldKind::kMissing:
      return "missing";
    case FieldKind::kNull:
      return "null";
    case FieldKind::kBool:
      return value.boolean ? "true" : "false";
    case FieldKind::kNumber:
      return value.number.ToString();
    case FieldKind::kMoney:
      return value.number.ToString() + " " + std::string(value.text);
    case FieldKind::kString:
      return std::string(value.text);
  }
  return "?";
}

class DecodeHarness {
 public:
  static constexpr int64_t kRecordTime = 1'700'000'000'000;

  explicit DecodeHarness(const std::vector<std::string>& paths, SourceOptions options = {}) {
    if (options.name.empty()) {
      options.name = "here";
    }
    for (const std::string& path : paths) {
      plan_.Add(path);
    }
    absl::StatusOr<std::unique_ptr<Decoder>> made = MakeDecoder(options, &plan_);
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) {
      decoder_ = *std::move(made);
    }
  }

  absl::StatusOr<std::vector<DecodedEvent>> Decode(OneRecordBatch& batch) {
    std::vector<DecodedEvent> events;
    const absl::Status status = decoder_->Decode(
        batch, batch.record(), [&](const Event& event) { events.push_back(Keep(event)); });
    if (!status.ok()) {
      return status;
    }
    return events;
  }
  absl::StatusOr<std::vector<DecodedEvent>> Decode(std::string value,
                                                   OneRecordBatch::Headers headers = {},
                                                   int64_t timestamp_ms = kRecordTime) {
    OneRecordBatch batch(std::move(value), std::move(headers), timestamp_ms);
    return Decode(batch);
  }
  // The only event of the record; a failed expectation and an empty event otherwise.
  DecodedEvent One(std::string value, OneRecordBatch::Headers headers = {}) {
    const auto events = Decode(std::move(value), std::move(headers));
    EXPECT_TRUE(events.ok()) << events.status();
    EXPECT_EQ(events.ok() ? events->size() : 0, 1u);
    return events.ok() && events->size() == 1 ? (*events)[0] : DecodedEvent();
  }
  // Why the record is refused; a failed expectation and "" when it is not.
  std::string Refusal(std::string value, OneRecordBatch::Headers headers = {}) {
    const auto events = Decode(std::move(value), std::move(headers));
    EXPECT_FALSE(events.ok());
    EXPECT_EQ(events.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(events.status().message());
  }

 private:
  DecodedEvent Keep(const Event& event) const {
    DecodedEvent kept{.id = std::string(event.id),
                      .source = std::string(event.source),
                      .type = std::string(event.type),
                      .subject = std::string(event.subject),
                      .tenant = std::string(event.tenant),
                      .time_ms = event.time_ms,
                      .recorded_ms = event.recorded_ms,
                      .sequence = event.sequence,
                      .snapshot = event.snapshot};
    EXPECT_EQ(event.fields.size(), plan_.size());
    for (size_t i = 0; i < event.fields.size(); ++i) {
      if (event.fields[i].kind != FieldKind::kMissing) {
        kept.fields[plan_.paths()[i]] = Shown(event.fields[i]);
      }
    }
    return kept;
  }

  FieldPlan plan_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace kpiwatch
