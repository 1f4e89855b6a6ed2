#include "daemon/ingest/decoder.h"

#include <utility>

#include "daemon/base/status_macros.h"
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

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(const SourceOptions& options,
                                                     const FieldPlan* plan) {
  KPIWATCH_RETURN_IF_ERROR(CheckOptions(options));
  KPIWATCH_ASSIGN_OR_RETURN(FieldTree tree, FieldTree::OfEvents(*plan));
  if (options.map.empty()) {
    return std::make_unique<EventDecoder>(options, std::move(tree));
  }
  return options.format == SourceFormat::kJson || options.columns.empty()
             ? MakeJsonRowDecoder(options, std::move(tree))
             : MakeCsvDecoder(options, std::move(tree));
}

}  // namespace kpiwatch
