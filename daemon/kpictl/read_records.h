// The records of a file or of standard input.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/ingest/file/file_source.h"

namespace kpiwatch {

// Calls `take` with each record of `files`, in order; ends early when it returns an error, with
// that error. Errors: those of Poll.
absl::Status ForEachRecord(
    FileSource* files,
    absl::FunctionRef<absl::Status(const RecordBatch& batch, const Record& record)> take);

}  // namespace kpiwatch
