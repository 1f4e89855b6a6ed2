// The EventSource over files and standard input, for replays and for sending.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/file/row_reader.h"
#include "daemon/ingest/source_options.h"

namespace kpiwatch {

// One source's files, read one after the other. Each file is a partition (its topic is the path as
// given, its number 0) and each row a record: a line (NDJSON) or a CSV row as it stands there,
// without its line end, in the file's encoding. Offsets count rows, header and empty lines left
// out. Records have no time of their own and no headers.
// Limitations: binary kpiwatch.v1.Event does not come in files; a row has at most 1 MiB.
class FileSource final : public EventSource {
 public:
  // Opens the files and reads their header lines. A file is CSV when the source's format says so,
  // or says auto and the name ends in .csv or .tsv (perhaps with .gz behind); "-" is standard
  // input. Errors: kNotFound for a file that cannot be opened, kInvalidArgument for files whose
  // kinds or header lines differ, for an empty CSV file without `columns:` and for the format
  // kpiwatch, kDataLoss for what cannot be read.
  static absl::StatusOr<std::unique_ptr<FileSource>> Open(const SourceOptions& options,
                                                          std::span<const std::string> paths);

  // The source's options with the format and the columns that its files have: for MakeDecoder.
  const SourceOptions& options() const { return options_; }
  // Where a record of a batch of this source stands: "orders.csv:17".
  std::string PlaceOf(const Record& record) const;
  static int64_t LineOf(const Record& record);  // 17
  // What a decoder said of such a record, with the one place where that stands: "orders.csv:18:5:
  // a quoted field that does not end". REQUIRES: !mistake.ok().
  std::string Tell(const Record& record, const absl::Status& mistake) const;

  const std::string& name() const override { return options_.name; }
  absl::Status Start(std::span<const StoredPosition> positions) override;
  std::unique_ptr<RecordBatch> NewBatch() override;
  // Never waits, except for standard input. Errors: kDataLoss with file and line for what cannot be
  // read; the partition has then failed.
  absl::Status Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) override;
  std::span<const PartitionState> partitions() const override { return partitions_; }
  void Committed(std::span<const StoredPosition>) override {}
  bool ready() const override { return true; }
  bool exhausted() const override { return current_ == files_.size(); }
  absl::Status health() const override { return absl::OkStatus(); }
  void Wake() override {}

 private:
  struct File {
    std::string path;
    std::unique_ptr<RowReader> rows;  // gone when read to the end
  };

  explicit FileSource(const SourceOptions& options) : options_(options) {}
  absl::Status OpenFile(const std::string& path);
  absl::Status ReadHeader(const std::string& path, RowReader* rows);

  SourceOptions options_;
  std::vector<File> files_;
  std::vector<PartitionState> partitions_;  // parallel to files_
  std::vector<int64_t> skip_;               // rows before the stored positions
  size_t current_ = 0;                      // the file being read
  bool has_header_ = false;                 // columns came from the files
};

}  // namespace kpiwatch
