// Rows of another shape become events by the `map:` of their source: event field <- expression over
// the row.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/source_options.h"
#include "daemon/lang/program.h"

namespace kpiwatch {

class RowCompiler;

// What is known of a row where the map does not say it.
struct RowDefaults {
  std::string_view id;
  int64_t time_ms = kNoTime;
  int64_t sequence = -1;
  bool snapshot = false;  // Event::snapshot; dated if the map says when
};

// Not thread-safe.
class RowMapper {
 public:
  // Compiles the map. `columns`: the names that a row has, in order; null when rows are JSON, whose
  // every path may be named. A column is named as it is, or with '_' for each character that no
  // name can have. `builder` is borrowed. Errors: kInvalidArgument with every mistake of the map.
  static absl::StatusOr<std::unique_ptr<RowMapper>> Make(const SourceOptions& options,
                                                         const std::vector<std::string>* columns,
                                                         EventBuilder* builder);

  // The paths that JSON rows must be read for; their FieldIds are the slots of `row` in Map. Empty
  // with columns, whose numbers are the slots.
  const FieldPlan& row_plan() const { return row_plan_; }
  // Whether Map needs the row's text.
  bool needs_text() const { return needs_text_; }

  // Maps one row and completes the event in the builder; *taken is false when `where` left it out.
  // `text` is the row as it came, for `id: hash(row)`; `defaults` may be null. Errors:
  // kInvalidArgument.
  absl::Status Map(std::span<const FieldValue> row, std::string_view text, const Record& record,
                   const RowDefaults* defaults, bool* taken);

 private:
  enum class Target : uint8_t {
    kId,
    kSource,
    kType,
    kSubject,
    kTenant,
    kTime,
    kRecordedTime,
    kSequence,
    kData,
  };
  struct Column {  // a compiled MapField
    const MapField* from = nullptr;
    Target target = Target::kData;
    int field = FieldTree::kNone;               // of kData
    std::optional<lang::Program> program = {};  // none: the row's `slot`
    uint16_t slot = 0;
    std::string told = {};  // "data.amount, column 4 (SubTotal)": what a mistake is about
    absl::TimeZone zone = {};
    std::string text = {};  // of numbers that become text
  };

  RowMapper(const SourceOptions& options, EventBuilder* builder);
  // Compiles one field of the map; tells `compiler` what is wrong with it.
  void AddColumn(const MapField& field, const std::vector<std::string>* columns,
                 RowCompiler* compiler);
  bool FindTarget(Column* column) const;
  void SetDefaults(const RowDefaults& defaults);
  absl::Status Fill(Column& column, std::span<const FieldValue> row, std::string_view text);

  const std::vector<MapField> map_;
  EventBuilder& builder_;
  FieldPlan row_plan_;
  std::vector<Column> columns_;
  std::optional<lang::Program> where_;
  bool needs_text_ = false;
  std::string hash_;
};

}  // namespace kpiwatch
