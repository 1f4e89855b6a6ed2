#include "daemon/ingest/file/file_source.h"

#include <deque>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/csv_parser.h"
#include "daemon/ingest/row_error.h"
#include "daemon/ingest/text_encoding.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Rows and the lines where they stand. Records point into it once Finish has been called.
class FileBatch final : public RecordBatch {
 public:
  void Add(uint32_t partition, int64_t offset, int64_t line, std::string_view row) {
    lines_.push_back(line);
    text_.append(row);
    records_.push_back({.partition = partition,
                        .offset = offset,
                        .timestamp_ms = kNoTime,
                        .value = {},
                        .native = &lines_.back()});
    ends_.push_back(text_.size());
  }
  // Text may move while rows are added, so the views come last.
  void Finish() {
    size_t begin = 0;
    for (size_t i = 0; i < records_.size(); ++i) {
      records_[i].value = std::string_view(text_).substr(begin, ends_[i] - begin);
      begin = ends_[i];
    }
  }
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override {
    records_.clear();
    text_.clear();
    ends_.clear();
    lines_.clear();
  }

 private:
  std::string text_;
  std::vector<size_t> ends_;
  std::deque<int64_t> lines_;  // addresses stay
};

bool EndsIn(std::string_view path, std::string_view suffix) {
  if (path.ends_with(".gz")) {
    path.remove_suffix(3);
  }
  return path.ends_with(suffix);
}

SourceFormat FormatOf(std::string_view path) {
  return EndsIn(path, ".csv") || EndsIn(path, ".tsv") ? SourceFormat::kCsv : SourceFormat::kAuto;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const SourceOptions& options,
                                                             std::span<const std::string> paths) {
  if (options.format == SourceFormat::kKpiwatch) {
    return absl::InvalidArgumentError(
        "format kpiwatch is binary and does not come in files of lines; expected JSON or CSV");
  }
  std::unique_ptr<FileSource> source(new FileSource(options));
  if (options.format == SourceFormat::kAuto && !paths.empty()) {
    source->options_.format = FormatOf(paths[0]);
    if (EndsIn(paths[0], ".tsv") && options.delimiter == ',') {
      source->options_.delimiter = '\t';
    }
    for (const std::string& path : paths) {
      if (FormatOf(path) != source->options_.format) {
        return absl::InvalidArgumentError(fmt::format(
            "{} and {} are of different kinds; bind them to different sources", paths[0], path));
      }
    }
  }
  source->has_header_ = source->options_.format == SourceFormat::kCsv && options.columns.empty();
  for (const std::string& path : paths) {
    KPIWATCH_RETURN_IF_ERROR(source->OpenFile(path));
  }
  return source;
}

absl::Status FileSource::OpenFile(const std::string& path) {
  KPIWATCH_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenByteStream(path));
  const bool csv = options_.format == SourceFormat::kCsv;
  auto rows = std::make_unique<RowReader>(std::move(stream),
                                          csv ? std::optional(options_.delimiter) : std::nullopt);
  if (has_header_) {
    KPIWATCH_RETURN_IF_ERROR(ReadHeader(path, rows.get()));
  }
  files_.push_back({.path = path, .rows = std::move(rows)});
  partitions_.push_back({.id = {path, 0}, .error = {}});
  skip_.push_back(0);
  return absl::OkStatus();
}

absl::Status FileSource::ReadHeader(const std::string& path, RowReader* rows) {
  std::string_view raw;
  bool found = false;
  if (absl::Status status = rows->Next(&raw, &found); !status.ok()) {
    return WithContext(path, status);
  }
  if (!found) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: the file is empty; expected a header line with the names of the columns", path));
  }
  KPIWATCH_ASSIGN_OR_RETURN(TextEncoding encoding, TextEncoding::Make(options_.encoding));
  std::string_view text;
  std::string_view row;
  std::vector<std::string_view> fields;
  CsvParser parser(options_.delimiter);
  absl::Status status = encoding.ToUtf8(raw, &text);
  if (status.ok()) {
    parser.Begin(text);
    status = parser.Next(&fields, &row, &found);
  }
  if (!status.ok()) {
    return absl::InvalidArgumentError(TellInFile(path, rows->line(), status));
  }
  const std::vector<std::string> columns(fields.begin(), fields.end());
  if (files_.empty()) {
    options_.columns = columns;
  } else if (columns != options_.columns) {
    return absl::InvalidArgumentError(
        fmt::format("{} and {} have different header lines; bind them to different sources",
                    files_[0].path, path));
  }
  return absl::OkStatus();
}

absl::Status FileSource::Start(std::span<const StoredPosition> positions) {
  for (const StoredPosition& stored : positions) {
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (partitions_[i].id == stored.id) {
        skip_[i] = stored.next_offset;
      }
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<RecordBatch> FileSource::NewBatch() { return std::make_unique<FileBatch>(); }

absl::Status FileSource::Poll(size_t max_records, absl::Duration, RecordBatch* batch) {
  auto* const mine = static_cast<FileBatch*>(batch);
  absl::Status status;
  while (!exhausted() && mine->records().size() < max_records && status.ok()) {
    PartitionState& partition = partitions_[current_];
    std::string_view row;
    bool found = false;
    RowReader* const rows = files_[current_].rows.get();
    if (absl::Status read = rows->Next(&row, &found); !read.ok()) {
      status = WithContext(files_[current_].path, read);
      partition.failed = true;
      partition.error = std::string(MessageOf(status));
      ++current_;
    } else if (!found) {
      partition.end = partition.first_seen_end = partition.position;
      files_[current_++].rows.reset();
    } else {
      const int64_t offset = partition.position++;
      if (offset >= skip_[current_]) {
        mine->Add(static_cast<uint32_t>(current_), offset, rows->line(), row);
      }
    }
  }
  mine->Finish();
  return status;
}

std::string FileSource::PlaceOf(const Record& record) const {
  return fmt::format("{}:{}", files_[record.partition].path, LineOf(record));
}

std::string FileSource::Tell(const Record& record, const absl::Status& mistake) const {
  return TellInFile(files_[record.partition].path, LineOf(record), mistake);
}

int64_t FileSource::LineOf(const Record& record) {
  return *static_cast<const int64_t*>(record.native);
}

}  // namespace kpiwatch
