// What all decoders of events share: the slots for fields, the envelope's rules and limits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/field_tree.h"
#include "daemon/model/event.h"

namespace kpiwatch {

inline constexpr size_t kMaxRecordBytes = size_t{1} << 20;  // of a record's value
inline constexpr size_t kMaxNameBytes = 1024;               // of id, source, type, subject, tenant

// One event at a time: Begin, fill `event` and the fields, Finish. Not thread-safe.
class EventBuilder {
 public:
  // `default_source`: the source of events that name none, and `tenant` the only one accepted
  // (empty: any). The tree is borrowed.
  EventBuilder(const FieldTree* tree, std::string default_source, std::string tenant);

  // Forgets the event before.
  void Begin();
  Event& event() { return event_; }
  FieldValue& field(int index) { return fields_[static_cast<size_t>(index)]; }
  absl::Span<FieldValue> fields() { return absl::MakeSpan(fields_); }
  const FieldTree& tree() const { return *tree_; }

  // Checks and completes the event: the time falls back on the record's, the sequence on
  // data.version. Errors: kInvalidArgument with what is missing or too long.
  absl::Status Finish(const Record& record);

 private:
  void SetName(int field, std::string_view value);
  int64_t VersionOf(const FieldValue& value) const;

  const FieldTree* const tree_;
  const std::string default_source_;
  const std::string tenant_;
  std::vector<FieldValue> fields_;
  Event event_;
};

// A whole number from 0 to 2^63-1 without sign or blanks; -1 when `text` is none.
int64_t ParseSequence(std::string_view text);

// "record of 1048577 bytes: …" when `value` is over kMaxRecordBytes, else OK.
absl::Status CheckRecordSize(std::string_view value);

// At most 64 bytes of `text`, cut between characters, for messages.
std::string Excerpt(std::string_view text);

}  // namespace kpiwatch
