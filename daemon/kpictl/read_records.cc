#include "daemon/kpictl/read_records.h"

#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

constexpr size_t kRecordsOfABatch = 1024;

}  // namespace

absl::Status ForEachRecord(
    FileSource* files,
    absl::FunctionRef<absl::Status(const RecordBatch& batch, const Record& record)> take) {
  KPIWATCH_RETURN_IF_ERROR(files->Start({}));
  const std::unique_ptr<RecordBatch> batch = files->NewBatch();
  while (!files->exhausted()) {
    batch->Clear();
    KPIWATCH_RETURN_IF_ERROR(files->Poll(kRecordsOfABatch, absl::ZeroDuration(), batch.get()));
    for (const Record& record : batch->records()) {
      KPIWATCH_RETURN_IF_ERROR(take(*batch, record));
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
