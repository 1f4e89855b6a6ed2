#include "daemon/store/run_record.h"

#include <optional>
#include <string>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kName = "runs";

struct Record {
  bool running = false;
  std::array<uint64_t, kRunEnds> ended = {};
};

absl::StatusOr<Record> Read(const StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                            store.Get(Family::kMeta, CursorKey(kName)));
  Record record;
  if (!stored) {
    return record;
  }
  wire::Reader reader(*stored);
  record.running = reader.U8() != 0;
  for (uint64_t& count : record.ended) {
    count = reader.Varint();
  }
  if (!reader.AtEnd()) {
    return absl::DataLossError("the store's record of earlier runs is damaged");
  }
  return record;
}

absl::Status Write(const Record& record, StateStore& store) {
  std::string value;
  wire::AppendU8(record.running ? 1 : 0, &value);
  for (const uint64_t count : record.ended) {
    wire::AppendVarint(count, &value);
  }
  WriteBatch batch;
  batch.Put(Family::kMeta, CursorKey(kName), value);
  return store.Write(batch);
}

uint64_t& CountOf(RunEnd end, Record* record) { return record->ended[static_cast<size_t>(end)]; }

}  // namespace

std::string_view RunEndName(RunEnd end) {
  constexpr std::array<std::string_view, kRunEnds> kNames = {"stopped", "unclean", "fenced",
                                                             "failed"};
  return kNames[static_cast<size_t>(end)];
}

absl::StatusOr<RunCounts> BeginRun(StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(Record record, Read(store));
  const bool unclean = record.running;
  CountOf(RunEnd::kUnclean, &record) += unclean ? 1 : 0;
  record.running = true;
  KPIWATCH_RETURN_IF_ERROR(Write(record, store));
  return RunCounts{record.ended, unclean};
}

absl::Status EndRun(StateStore& store, RunEnd end) {
  KPIWATCH_ASSIGN_OR_RETURN(Record record, Read(store));
  ++CountOf(end, &record);
  record.running = false;
  return Write(record, store);
}

}  // namespace kpiwatch
