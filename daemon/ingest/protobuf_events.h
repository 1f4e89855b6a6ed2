// kpiwatch.v1.Event off the wire (proto/kpiwatch/v1/event.proto).
#pragma once

#include <array>
#include <string_view>

#include "absl/status/status.h"
#include "daemon/ingest/event_builder.h"

namespace kpiwatch {

// Hot path: well under 0.1 µs for an event of 230 bytes; no message is built. Unknown fields are
// skipped, as protobuf wants. Where a path has a field of its own (data.owner_id is field 10) that
// is read, and the Struct `data` where it is absent. Not thread-safe.
class ProtobufEvents {
 public:
  // `builder` is borrowed; its fields are filled.
  explicit ProtobufEvents(EventBuilder* builder);

  // Reads one message. Errors: kInvalidArgument for a malformed message, text that is not UTF-8,
  // an unknown currency, negative versions.
  absl::Status Read(std::string_view message);

 private:
  static constexpr int kTypedFields = 16;  // field numbers below this

  // These return false with the reason in error_: they run once per field, where a Status by value
  // would cost as much as the reading.
  bool ReadField(uint32_t number, std::string_view bytes);
  bool ReadText(uint32_t number, std::string_view text, std::string_view* target);
  bool ReadTyped(uint32_t number, std::string_view text);
  bool ReadNumber(uint32_t number, uint64_t value);
  bool ReadMoney(std::string_view message, const FieldTree::Node& node);
  void PutMoney(Decimal amount, std::string_view currency, const FieldTree::Node& node);
  bool ReadAttribute(std::string_view entry);
  bool Fail(absl::Status error);
  bool WantsStruct() const;

  EventBuilder& builder_;
  std::array<const FieldTree::Node*, kTypedFields> typed_{};  // by field number; null: not wanted
  const FieldTree::Node* attrs_ = nullptr;
  bool has_untyped_ = false;  // some wanted path has no field of its own
  std::string_view data_;     // the Struct of the message being read
  absl::Status error_;
};

}  // namespace kpiwatch
