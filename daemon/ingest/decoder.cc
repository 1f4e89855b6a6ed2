#include "daemon/ingest/decoder.h"

#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/cloudevents_headers.h"
#include "daemon/ingest/debezium_decoder.h"
#include "daemon/ingest/event_decoder.h"
#include "daemon/ingest/row_decoders.h"

namespace kpiwatch {
namespace {

// What the rest of the options cannot go with; OK when there is nothing.
absl::Status CheckOptions(const SourceOptions& options) {
  const bool mapped = !options.map.empty();
  if (options.format == SourceFormat::kCsv && !mapped) {
    return absl::InvalidArgumentError("format csv needs a `map:` that makes events of its rows");
  }
  if (options.format == SourceFormat::kDebezium && !mapped) {
    return absl::InvalidArgumentError("format debezium needs a `map:` that makes events of rows");
  }
  if (options.format == SourceFormat::kCsv && options.columns.empty()) {
    return absl::InvalidArgumentError(
        "format csv needs `columns:` where no header line names them");
  }
  if (mapped &&
      (options.format == SourceFormat::kCloudEvents || options.format == SourceFormat::kKpiwatch)) {
    return absl::InvalidArgumentError("`map:` goes with rows (format json or csv) only");
  }
  if (!mapped && !options.where.empty()) {
    return absl::InvalidArgumentError("`where:` goes with a `map:`: it looks at rows");
  }
  return absl::OkStatus();
}

// Rows, and between them CloudEvents that say so in their headers.
class RowsAndEvents final : public Decoder {
 public:
  // `wraps_rows`: rows may come as CloudEvents, too.
  RowsAndEvents(std::unique_ptr<Decoder> rows, std::unique_ptr<Decoder> events, bool wraps_rows)
      : rows_(std::move(rows)), events_(std::move(events)), wraps_rows_(wraps_rows) {}

  absl::Status Decode(const RecordBatch& batch, const Record& record,
                      absl::FunctionRef<void(const Event&)> emit) override {
    headers_.clear();
    batch.ReadHeaders(record, &headers_);
    const bool is_event =
        HasCloudEventHeaders(headers_) ||
        (IsStructuredCloudEvent(headers_) && !(wraps_rows_ && IsDebeziumCloudEvent(record.value)));
    return (is_event ? events_ : rows_)->Decode(batch, record, emit);
  }

 private:
  const std::unique_ptr<Decoder> rows_;
  const std::unique_ptr<Decoder> events_;
  const bool wraps_rows_;
  std::vector<Header> headers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(const SourceOptions& options,
                                                     const FieldPlan* plan) {
  KPIWATCH_RETURN_IF_ERROR(CheckOptions(options));
  KPIWATCH_ASSIGN_OR_RETURN(FieldTree tree, FieldTree::OfEvents(*plan));
  if (options.map.empty()) {
    return std::make_unique<EventDecoder>(options, std::move(tree));
  }
  const bool debezium = options.format == SourceFormat::kDebezium;
  KPIWATCH_ASSIGN_OR_RETURN(std::unique_ptr<Decoder> rows,
                            debezium ? MakeDebeziumDecoder(options, std::move(tree))
                            : options.format == SourceFormat::kJson || options.columns.empty()
                                ? MakeJsonRowDecoder(options, std::move(tree))
                                : MakeCsvDecoder(options, std::move(tree)));
  KPIWATCH_ASSIGN_OR_RETURN(std::unique_ptr<Decoder> events, MakeLogDecoder(options, plan));
  return std::make_unique<RowsAndEvents>(std::move(rows), std::move(events), debezium);
}

absl::StatusOr<std::unique_ptr<Decoder>> MakeLogDecoder(const SourceOptions& options,
                                                        const FieldPlan* plan) {
  SourceOptions events;
  events.name = options.name;
  events.tenant = options.tenant;
  events.format = SourceFormat::kCloudEvents;
  KPIWATCH_ASSIGN_OR_RETURN(FieldTree tree, FieldTree::OfEvents(*plan));
  return std::make_unique<EventDecoder>(events, std::move(tree));
}

}  // namespace kpiwatch
