#include "daemon/ingest/debezium_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/debezium_row.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/frame.h"
#include "daemon/ingest/row_mapper.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

class DebeziumDecoder final : public Decoder {
 public:
  DebeziumDecoder(const SourceOptions& options, FieldTree tree)
      : tree_(std::move(tree)),
        builder_(&tree_, options.name, options.tenant),
        has_sequence_(std::any_of(options.map.begin(), options.map.end(),
                                  [](const MapField& f) { return f.target == "sequence"; })) {}

  absl::Status Init(const SourceOptions& options) {
    KPIWATCH_ASSIGN_OR_RETURN(mapper_, RowMapper::Make(options, nullptr, &builder_));
    KPIWATCH_ASSIGN_OR_RETURN(row_, DebeziumRow::Make(mapper_->row_plan()));
    return absl::OkStatus();
  }

  absl::Status Decode(const RecordBatch&, const Record& record,
                      absl::FunctionRef<void(const Event&)> emit) override {
    if (record.tombstone) {
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(CheckRecordSize(record.value));
    std::string_view text;
    KPIWATCH_RETURN_IF_ERROR(StripFrame(record.value, &text));
    if (text.starts_with(kUtf8Mark)) {
      text.remove_prefix(kUtf8Mark.size());
    }
    KPIWATCH_RETURN_IF_ERROR(row_->Read(text));
    const std::string_view op = row_->op();
    if (!row_->found() || op == "m") {
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(Check(op));
    row_->SetRow(op == "d");
    id_ = row_->Id(record.key);
    const RowDefaults defaults = {.id = id_,
                                  .time_ms = row_->time_ms(),
                                  .sequence = row_->position(),
                                  .snapshot = row_->is_snapshot()};
    bool taken = false;
    KPIWATCH_RETURN_IF_ERROR(mapper_->Map(row_->fields(), text, record, &defaults, &taken));
    if (taken) {
      emit(builder_.event());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Check(std::string_view op) const {
    if (row_->is_flat()) {
      return has_sequence_ ? absl::OkStatus()
                           : absl::InvalidArgumentError(
                                 "neither op, before nor after: of flattened rows the map names "
                                 "the `sequence`, as nothing else says which is the later one");
    }
    if (op == "t") {
      return absl::InvalidArgumentError(
          "a table was truncated (op 't'): which rows are gone is not said");
    }
    if (op != "c" && op != "u" && op != "r" && op != "d") {
      return absl::InvalidArgumentError(
          fmt::format("unknown operation op '{}'; expected c, u, d or r", Excerpt(op)));
    }
    if (op == "d" ? !row_->has_before() : !row_->has_after()) {
      return absl::InvalidArgumentError(fmt::format("op '{}' without `{}`: there is no row{}", op,
                                                    op == "d" ? "before" : "after",
                                                    op == "d" ? " (see REPLICA IDENTITY)" : ""));
    }
    return absl::OkStatus();
  }

  const FieldTree tree_;
  EventBuilder builder_;
  const bool has_sequence_;
  std::unique_ptr<RowMapper> mapper_;
  std::unique_ptr<DebeziumRow> row_;
  std::string id_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeDebeziumDecoder(const SourceOptions& options,
                                                             FieldTree tree) {
  auto decoder = std::make_unique<DebeziumDecoder>(options, std::move(tree));
  KPIWATCH_RETURN_IF_ERROR(decoder->Init(options));
  return decoder;
}

bool IsDebeziumCloudEvent(std::string_view json) {
  return json.find("\"iodebeziumop\"") != std::string_view::npos;
}

}  // namespace kpiwatch
