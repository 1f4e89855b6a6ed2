// Decoders of rows: CSV text and JSON objects that a RowMapper makes into events.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ingest/decoder.h"
#include "daemon/ingest/field_tree.h"

namespace kpiwatch {

// A record is one row or several, without a header line. REQUIRES: options.map and options.columns
// are not empty. Errors: kInvalidArgument with every mistake of the map, kFailedPrecondition when
// the encoding cannot be converted here.
absl::StatusOr<std::unique_ptr<Decoder>> MakeCsvDecoder(const SourceOptions& options,
                                                        FieldTree tree);

// A record is an object or an array of objects, perhaps in a schema registry's frame.
// REQUIRES: options.map is not empty. Errors: kInvalidArgument with every mistake of the map.
absl::StatusOr<std::unique_ptr<Decoder>> MakeJsonRowDecoder(const SourceOptions& options,
                                                            FieldTree tree);

}  // namespace kpiwatch
