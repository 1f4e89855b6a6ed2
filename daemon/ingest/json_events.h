// JSON documents that are events: CloudEvents 1.0 in structured mode, and plain objects with the
// same member names.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/ingest/envelope.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/json_reader.h"

namespace kpiwatch {

// Hot path: no allocation for events of the usual size. Not thread-safe.
class JsonEvents {
 public:
  // `builder` is borrowed; its event and fields are filled.
  explicit JsonEvents(EventBuilder* builder) : builder_(*builder) {}

  // Reads the object, or each object of the array, that is `json`: fills the builder, then calls
  // `each`. Stops at its first error and returns it. Other errors: kInvalidArgument.
  absl::Status Read(std::string_view json, absl::FunctionRef<absl::Status(const Envelope&)> each);

  // Reads `json` as the data of the event being built.
  absl::Status ReadData(std::string_view json);

  // Reads data_base64, JSON in it too where the content type says so.
  absl::Status ReadBase64Data(const Envelope& envelope);

 private:
  bool ReadEnvelope(simdjson::ondemand::object& object, Envelope* envelope, absl::Status* error);
  bool ReadMember(std::string_view key, simdjson::ondemand::value& value, Envelope* envelope,
                  absl::Status* error);

  EventBuilder& builder_;
  JsonDocument document_;
  JsonDocument data_document_;  // data that came in another wrapping
  std::string decoded_;         // of data_base64
};

}  // namespace kpiwatch
