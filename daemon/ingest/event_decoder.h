// Records that are events by themselves: CloudEvents, kpiwatch.v1.Event and plain JSON, with or
// without a schema registry's frame.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/ingest/decoder.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/field_tree.h"
#include "daemon/ingest/json_events.h"
#include "daemon/ingest/protobuf_events.h"

namespace kpiwatch {

class EventDecoder final : public Decoder {
 public:
  EventDecoder(const SourceOptions& options, FieldTree tree);

  absl::Status Decode(const RecordBatch& batch, const Record& record,
                      absl::FunctionRef<void(const Event&)> emit) override;

 private:
  using Emit = absl::FunctionRef<void(const Event&)>;
  struct Input {  // of one call
    const RecordBatch& batch;
    const Record& record;
    Emit emit;
  };

  absl::Status DecodeDetected(const Input& input);
  absl::Status DecodeProtobuf(const Input& input, std::string_view payload);
  absl::Status DecodeJson(const Input& input, std::string_view payload);
  absl::Status DecodeJsonEvent(const Input& input, const Envelope& envelope);
  absl::Status DecodeBinary(const Input& input);
  absl::Status Finish(const Input& input);
  // Whether the record's headers are those of a CloudEvent in binary mode; reads them once.
  bool HasBinaryHeaders(const Input& input);

  const SourceFormat format_;
  const FieldTree tree_;
  EventBuilder builder_;
  JsonEvents json_;
  ProtobufEvents protobuf_;
  std::vector<Header> headers_;
  bool headers_known_ = false;  // headers_ are this record's
  bool headers_first_ = false;  // the last record was in binary mode: the next one likely is, too
};

}  // namespace kpiwatch
