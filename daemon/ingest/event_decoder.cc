#include "daemon/ingest/event_decoder.h"

#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/cloudevents_headers.h"
#include "daemon/ingest/frame.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// `text` without the byte order mark and the blanks that JSON allows in front.
std::string_view TrimJson(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) {
    text.remove_prefix(kUtf8Mark.size());
  }
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool BeginsJson(std::string_view text) {
  return !text.empty() && (text[0] == '{' || text[0] == '[');
}

}  // namespace

EventDecoder::EventDecoder(const SourceOptions& options, FieldTree tree)
    : format_(options.format),
      tree_(std::move(tree)),
      builder_(&tree_, options.name, options.tenant),
      json_(&builder_),
      protobuf_(&builder_) {}

absl::Status EventDecoder::Decode(const RecordBatch& batch, const Record& record, Emit emit) {
  const Input input = {batch, record, emit};
  headers_known_ = false;
  KPIWATCH_RETURN_IF_ERROR(CheckRecordSize(record.value));
  // A message begins like anything; JSON of another shape must not hide what the headers say.
  const bool look_early = format_ != SourceFormat::kKpiwatch;
  if (look_early && (headers_first_ || record.value.empty() || record.value[0] == '[')) {
    headers_first_ = HasBinaryHeaders(input);
    if (headers_first_) {
      return DecodeBinary(input);
    }
  }
  if (record.tombstone) {
    return absl::OkStatus();  // a deleted key; no event
  }
  if (record.value.empty()) {
    return absl::InvalidArgumentError("the record is empty");
  }
  absl::Status status = DecodeDetected(input);
  // The data of a binary CloudEvent may look like anything: the headers decide. They are looked at
  // late, because the client library builds them on request.
  if (!status.ok() && HasBinaryHeaders(input)) {
    headers_first_ = look_early;
    return DecodeBinary(input);
  }
  if (!status.ok() && format_ == SourceFormat::kKpiwatch && IsStructuredCloudEvent(headers_)) {
    return DecodeJson(input, TrimJson(record.value));
  }
  return status;
}

absl::Status EventDecoder::DecodeDetected(const Input& input) {
  std::string_view payload = input.record.value;
  if (payload[0] == kConfluentMagic || payload[0] == kGlueMagic) [[unlikely]] {
    KPIWATCH_RETURN_IF_ERROR(StripFrame(payload, &payload));
  }
  if (format_ == SourceFormat::kKpiwatch) {
    return DecodeProtobuf(input, payload);
  }
  const std::string_view json = TrimJson(payload);
  if (format_ != SourceFormat::kAuto || BeginsJson(payload)) {
    return DecodeJson(input, json);
  }
  // A line feed begins both a message and JSON after an empty line.
  absl::Status status = DecodeProtobuf(input, payload);
  if (status.ok()) [[likely]] {
    return status;
  }
  return BeginsJson(json) ? DecodeJson(input, json)
                          : WithContext("no JSON, and read as kpiwatch.v1.Event", status);
}

absl::Status EventDecoder::DecodeProtobuf(const Input& input, std::string_view payload) {
  KPIWATCH_RETURN_IF_ERROR(protobuf_.Read(payload));
  return Finish(input);
}

absl::Status EventDecoder::DecodeJson(const Input& input, std::string_view payload) {
  if (format_ == SourceFormat::kCloudEvents && payload.starts_with('[')) {
    return absl::InvalidArgumentError("a batch of CloudEvents: a record holds one event");
  }
  return json_.Read(payload,
                    [&](const Envelope& envelope) { return DecodeJsonEvent(input, envelope); });
}

absl::Status EventDecoder::DecodeJsonEvent(const Input& input, const Envelope& envelope) {
  if (envelope.has_specversion) {
    KPIWATCH_RETURN_IF_ERROR(FinishCloudEvent(envelope, &builder_.event()));
    if (envelope.has_data_base64) {
      KPIWATCH_RETURN_IF_ERROR(json_.ReadBase64Data(envelope));
    }
  } else if (format_ == SourceFormat::kCloudEvents) {
    return absl::InvalidArgumentError("specversion is missing: this is no CloudEvent");
  } else if (HasBinaryHeaders(input)) {
    return absl::InvalidArgumentError("specversion stands in the headers");  // seen by Decode
  } else {
    KPIWATCH_RETURN_IF_ERROR(FinishPlain(envelope, &builder_.event()));
  }
  return Finish(input);
}

absl::Status EventDecoder::DecodeBinary(const Input& input) {
  builder_.Begin();
  Envelope envelope;
  ReadCloudEventHeaders(headers_, &builder_.event(), &envelope);
  KPIWATCH_RETURN_IF_ERROR(FinishCloudEvent(envelope, &builder_.event()));
  const bool is_json = envelope.content_type.empty() ? input.record.value.starts_with('{')
                                                     : IsJsonContentType(envelope.content_type);
  if (is_json && !input.record.value.empty()) {
    KPIWATCH_RETURN_IF_ERROR(json_.ReadData(input.record.value));
  }
  return Finish(input);
}

absl::Status EventDecoder::Finish(const Input& input) {
  KPIWATCH_RETURN_IF_ERROR(builder_.Finish(input.record));
  input.emit(builder_.event());
  return absl::OkStatus();
}

bool EventDecoder::HasBinaryHeaders(const Input& input) {
  if (!headers_known_) {
    headers_.clear();
    input.batch.ReadHeaders(input.record, &headers_);
    headers_known_ = true;
  }
  return HasCloudEventHeaders(headers_);
}

}  // namespace kpiwatch
