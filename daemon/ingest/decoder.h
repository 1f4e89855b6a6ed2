// Records → events. A decoder is chosen per source by its `format` and knows the rulebook's
// FieldPlan. One decoder per source and engine thread; not thread-safe; reuses its buffers, so that
// the hot path does not allocate.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/source_options.h"
#include "daemon/model/event.h"

namespace kpiwatch {

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Calls `emit` once per event of the record, in order. The event's views die with the next call.
  // Errors (all of class "bad input": the caller dead-letters the record with the message):
  // kInvalidArgument with what is wrong and where. Events emitted before the error are dropped by
  // the caller: a record is taken whole or not at all.
  virtual absl::Status Decode(const RecordBatch& batch, const Record& record,
                              absl::FunctionRef<void(const Event&)> emit) = 0;
};

// A decoder for `options`. A record whose headers call it a CloudEvent (content-type
// application/cloudevents…, or ce_specversion) is taken as one whatever the format: heartbeats, and
// what `kpictl send` makes of rows, lie among rows. It extracts the fields of `plan` (borrowed;
// must outlive the decoder). Errors: kInvalidArgument when the options contradict each other.
absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(const SourceOptions& options,
                                                     const FieldPlan* plan);
// The same for the records of the local log of `options`: CloudEvents, whatever the format and map
// of the files that kpictl sends to it.
absl::StatusOr<std::unique_ptr<Decoder>> MakeLogDecoder(const SourceOptions& options,
                                                        const FieldPlan* plan);

}  // namespace kpiwatch
