// One change event of Debezium as the slots of a row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/ingest/field_tree.h"
#include "daemon/ingest/json_reader.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Reused from event to event. Not thread-safe.
class DebeziumRow {
 public:
  // `wanted`: the paths that the map reads; their FieldIds are the slots of fields(). Errors:
  // kInvalidArgument.
  static absl::StatusOr<std::unique_ptr<DebeziumRow>> Make(const FieldPlan& wanted);

  // Reads a document. Views hold until the next call. Errors: kInvalidArgument.
  absl::Status Read(std::string_view json);

  // False: the document holds no row (a tombstone in its wrapping).
  bool found() const { return found_; }
  // Without an envelope: neither operation nor position are known.
  bool is_flat() const { return is_flat_; }
  // "c", "u", "d", "r", "t", "m"; empty: none.
  std::string_view op() const { return TextAt(op_); }
  bool has_before() const { return !before_.empty(); }
  bool has_after() const { return !after_.empty(); }
  // The row was read, not changed.
  bool is_snapshot() const;
  // When the database changed it, else when the connector saw it; kNoTime: neither is known.
  int64_t time_ms() const;
  // Where the change stands in the database's log, as a number that ascends; -1: not known.
  int64_t position() const;
  // Hash of what tells this change from every other.
  std::string Id(std::string_view key) const;
  // Fills `row.…` from `after`, or from `before` where the row is `deleted`.
  void SetRow(bool deleted);

  absl::Span<const FieldValue> fields() const { return fields_; }

 private:
  using Object = simdjson::ondemand::object;
  using Value = simdjson::ondemand::value;

  DebeziumRow() = default;
  int Add(std::string_view path);
  bool ReadObject(Object& object, int depth, absl::Status* error);
  bool ReadCloudEvent(Object& object, int depth, absl::Status* error);
  bool ReadPayload(Object& object, int depth, absl::Status* error);
  bool ReadEnvelope(Object& object, absl::Status* error);
  bool ReadFlat(Object& object, absl::Status* error);
  // `before` or `after`: its fields, and its text.
  bool ReadRow(Value& value, std::string_view name, std::string_view* text, absl::Status* error);
  const FieldValue& At(int field) const { return fields_[static_cast<size_t>(field)]; }
  std::string_view TextAt(int field) const;
  int64_t NumberAt(int field) const;  // -1: none

  struct Alias {  // of one column
    int row = 0, before = 0, after = 0;
  };

  FieldPlan plan_;
  std::unique_ptr<const FieldTree> tree_;
  JsonDocument document_;
  std::vector<FieldValue> fields_;  // by FieldId of plan_
  std::vector<Alias> aliases_;
  std::vector<std::pair<std::string, int>> attributes_;  // of CloudEvents
  std::vector<int> identity_;                            // slots that tell changes apart
  int op_ = 0, ts_ms_ = 0, source_ts_ms_ = 0, snapshot_ = 0;
  int lsn_ = 0, file_ = 0, pos_ = 0, scn_ = 0, change_lsn_ = 0, commit_lsn_ = 0;
  std::string_view before_, after_;  // their texts
  bool found_ = false;
  bool is_flat_ = false;
};

}  // namespace kpiwatch
