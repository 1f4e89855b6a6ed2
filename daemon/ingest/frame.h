// The frames that schema registries put in front of a payload.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace kpiwatch {

// First bytes of framed values; no JSON text and no protobuf message begins with them.
inline constexpr char kConfluentMagic = 0x00;  // then a schema id of 4 bytes
inline constexpr char kGlueMagic = 0x03;       // then a compression byte and an id of 16 bytes

// The payload behind the frame that `value` begins with, or `value` itself without one. Of the
// Confluent frame of protobuf, the message indexes are read too. JSON payloads stay whole.
// Errors: kInvalidArgument for a cut frame, compressed Glue payloads and Glue payloads other than
// JSON.
absl::Status StripFrame(std::string_view value, std::string_view* payload);

}  // namespace kpiwatch
