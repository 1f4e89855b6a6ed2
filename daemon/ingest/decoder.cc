#include "daemon/ingest/decoder.h"

#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/event_decoder.h"

namespace kpiwatch {

absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(const SourceOptions& options,
                                                     const FieldPlan* plan) {
  KPIWATCH_ASSIGN_OR_RETURN(FieldTree tree, FieldTree::OfEvents(*plan));
  return std::make_unique<EventDecoder>(options, std::move(tree));
}

}  // namespace kpiwatch
