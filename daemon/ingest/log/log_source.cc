#include "daemon/ingest/log/log_source.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kWayOut =
    "Bring back the log's directory or the store that belongs to it; or give the source another "
    "name, under which this log is read from its beginning";

class LogBatch final : public RecordBatch {
 public:
  LogChunks* chunks() { return &chunks_; }
  void Add(const LogRecord& record) {
    records_.push_back(
        {.offset = record.number, .timestamp_ms = record.time_ms, .value = record.value});
  }
  void ReadHeaders(const Record&, std::vector<Header>* headers) const override {
    headers->push_back({"content-type", "application/cloudevents+json"});
  }
  void Clear() override {
    records_.clear();
    chunks_.Clear();
  }

 private:
  LogChunks chunks_;
};

}  // namespace

LogSource::LogSource(std::string name, SegmentLog* log) : name_(std::move(name)), log_(log) {}

absl::Status LogSource::Start(std::span<const StoredPosition> positions) {
  const int64_t begin = log_->begin();
  const int64_t end = log_->end();
  state_.position = begin;
  for (const StoredPosition& stored : positions) {
    if (stored.id == state_.id) {
      state_.position = stored.next_offset;
      state_.last = stored.last;
    }
  }
  state_.end = state_.first_seen_end = end;
  if (const absl::Status status = CheckPosition(); !status.ok()) {
    Fail(std::string(MessageOf(status)));
  }
  const bool usable = !state_.failed;
  reader_ = std::make_unique<LogReader>(log_, usable ? state_.position : end);
  if (usable) {
    log_->Consumed(state_.position);
  }
  return absl::OkStatus();
}

absl::Status LogSource::CheckPosition() const {
  const int64_t begin = log_->begin();
  if (state_.position < begin || state_.position > log_->end()) {
    return absl::DataLossError(
        fmt::format("the stored position {} is not in the log, which holds the records {} to {} "
                    "(not included): it was replaced, or the store was. {}",
                    state_.position, begin, log_->end(), kWayOut));
  }
  const LastRecord& last = state_.last;
  if (last.offset < begin || last.offset >= log_->end()) {
    return absl::OkStatus();  // none was read, or retention has taken it
  }
  LogReader reader(log_, last.offset);
  LogChunks chunks;
  std::vector<LogRecord> records;
  KPIWATCH_RETURN_IF_ERROR(reader.Read(1, &chunks, &records));
  if (records[0].time_ms != last.timestamp_ms) {
    return absl::DataLossError(
        fmt::format("record {} of the log is not the one that was read last: the log was replaced, "
                    "or the store was. {}",
                    last.offset, kWayOut));
  }
  return absl::OkStatus();
}

std::unique_ptr<RecordBatch> LogSource::NewBatch() { return std::make_unique<LogBatch>(); }

absl::Status LogSource::Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) {
  if (state_.failed || log_->end() == state_.position) {
    log_->WaitBeyond(state_.failed ? log_->end() : state_.position, max_wait);
  }
  state_.end = log_->end();
  if (state_.failed) {
    return absl::OkStatus();
  }
  auto* const mine = static_cast<LogBatch*>(batch);
  read_.clear();
  const absl::Status status = reader_->Read(max_records, mine->chunks(), &read_);
  for (const LogRecord& record : read_) {
    mine->Add(record);
    state_.last = {record.number, record.time_ms};
  }
  state_.position = reader_->next();
  if (!status.ok()) {
    Fail(std::string(MessageOf(status)));
  }
  return absl::OkStatus();
}

void LogSource::Committed(std::span<const StoredPosition> positions) {
  for (const StoredPosition& stored : positions) {
    if (stored.id == state_.id) {
      log_->Consumed(stored.next_offset);
    }
  }
}

absl::Status LogSource::health() const {
  return state_.failed ? absl::DataLossError(state_.error) : log_->health();
}

void LogSource::Fail(std::string error) {
  Log(LogLevel::kError, "the local log cannot be read on", {{"source", name_}, {"reason", error}});
  state_.failed = true;
  state_.error = std::move(error);
  log_->EndAppends(absl::DataLossError(
      fmt::format("no events are taken, because the log cannot be read: {}", state_.error)));
}

}  // namespace kpiwatch
