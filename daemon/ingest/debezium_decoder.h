// Change events of Debezium → events, by the `map:` of their source (D-25).
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "daemon/ingest/decoder.h"
#include "daemon/ingest/field_tree.h"

namespace kpiwatch {

// Decodes JSON change events: with and without the schema around them, as CloudEvents, and rows
// that were flattened. The map's expressions see `before`, `after`, `op`, `source`, `ts_ms` and
// `row`, which is `after`, or of a deleted row `before`. Where the map does not say: the id is a
// hash of table, position, operation and row; the sequence is the position in the log; the time is
// that of the change in the database. A row that was only read (a snapshot) is Event::snapshot.
// Tombstones and messages of the log itself are no events. Errors of Decode: kInvalidArgument for
// what is no change event, for a truncated table, and for a flattened row where the map names no
// sequence. `tree`: of the events' fields. Errors: kInvalidArgument with every mistake of the map.
absl::StatusOr<std::unique_ptr<Decoder>> MakeDebeziumDecoder(const SourceOptions& options,
                                                             FieldTree tree);

// Whether a CloudEvent is one of Debezium's, to be read by the decoder above.
bool IsDebeziumCloudEvent(std::string_view json);

}  // namespace kpiwatch
