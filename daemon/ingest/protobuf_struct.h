// google.protobuf.Struct off the wire.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "daemon/ingest/field_tree.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Puts the wanted scalars below `node` into those of `fields` that are still missing. Numbers are
// binary there, so they are rounded to six digits; money must be {amount: "text", currency} (D-18).
// Errors: kInvalidArgument for a malformed message and for money in binary.
absl::Status ReadStruct(std::string_view message, const FieldTree& tree,
                        const FieldTree::Node& node, absl::Span<FieldValue> fields);

// The error of a message that is no protobuf; `where` may be empty.
absl::Status MalformedWire(std::string_view where);

}  // namespace kpiwatch
