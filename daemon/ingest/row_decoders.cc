#include "daemon/ingest/row_decoders.h"

#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/csv_parser.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/frame.h"
#include "daemon/ingest/json_reader.h"
#include "daemon/ingest/row_error.h"
#include "daemon/ingest/row_mapper.h"
#include "daemon/ingest/text_encoding.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

namespace od = simdjson::ondemand;
using Emit = absl::FunctionRef<void(const Event&)>;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// What both have: the event being built and the map that builds it.
class RowDecoder : public Decoder {
 protected:
  RowDecoder(const SourceOptions& options, FieldTree tree)
      : tree_(std::move(tree)), builder_(&tree_, options.name, options.tenant) {}

  absl::Status Map(std::span<const FieldValue> row, std::string_view text, const Record& record,
                   Emit emit) {
    bool taken = false;
    KPIWATCH_RETURN_IF_ERROR(mapper_->Map(row, text, record, nullptr, &taken));
    if (taken) {
      emit(builder_.event());
    }
    return absl::OkStatus();
  }

  const FieldTree tree_;
  EventBuilder builder_;
  std::unique_ptr<RowMapper> mapper_;
};

class CsvDecoder final : public RowDecoder {
 public:
  CsvDecoder(const SourceOptions& options, FieldTree tree, TextEncoding encoding)
      : RowDecoder(options, std::move(tree)),
        columns_(options.columns),
        encoding_(std::move(encoding)),
        parser_(options.delimiter),
        row_(columns_.size()) {}

  absl::Status Init(const SourceOptions& options) {
    KPIWATCH_ASSIGN_OR_RETURN(mapper_, RowMapper::Make(options, &columns_, &builder_));
    return absl::OkStatus();
  }

  absl::Status Decode(const RecordBatch&, const Record& record, Emit emit) override {
    if (record.tombstone) {
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(CheckRecordSize(record.value));
    std::string_view text;
    KPIWATCH_RETURN_IF_ERROR(encoding_.ToUtf8(record.value, &text));
    if (text.starts_with(kUtf8Mark)) {
      text.remove_prefix(kUtf8Mark.size());
    }
    parser_.Begin(text);
    for (;;) {
      std::string_view row;
      bool found = false;
      KPIWATCH_RETURN_IF_ERROR(parser_.Next(&fields_, &row, &found));
      if (!found) {
        return absl::OkStatus();
      }
      if (fields_.size() != columns_.size()) {
        return RowError(
            parser_.line(), 0,
            fmt::format("{} fields where {} are expected", fields_.size(), columns_.size()));
      }
      for (size_t i = 0; i < fields_.size(); ++i) {
        row_[i].kind = FieldKind::kString;
        row_[i].text = fields_[i];
      }
      KPIWATCH_RETURN_IF_ERROR(Map(row_, row, record, emit));
    }
  }

 private:
  const std::vector<std::string> columns_;
  TextEncoding encoding_;
  CsvParser parser_;
  std::vector<std::string_view> fields_;
  std::vector<FieldValue> row_;
};

class JsonRowDecoder final : public RowDecoder {
 public:
  JsonRowDecoder(const SourceOptions& options, FieldTree tree)
      : RowDecoder(options, std::move(tree)) {}

  absl::Status Init(const SourceOptions& options) {
    KPIWATCH_ASSIGN_OR_RETURN(mapper_, RowMapper::Make(options, nullptr, &builder_));
    KPIWATCH_ASSIGN_OR_RETURN(FieldTree rows, FieldTree::OfRows(mapper_->row_plan()));
    row_tree_ = std::make_unique<const FieldTree>(std::move(rows));
    row_.resize(row_tree_->size());
    return absl::OkStatus();
  }

  absl::Status Decode(const RecordBatch&, const Record& record, Emit emit) override {
    if (record.tombstone) {
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(CheckRecordSize(record.value));
    std::string_view text;
    KPIWATCH_RETURN_IF_ERROR(StripFrame(record.value, &text));
    if (text.starts_with(kUtf8Mark)) {
      text.remove_prefix(kUtf8Mark.size());
    }
    od::document document;
    KPIWATCH_RETURN_IF_ERROR(document_.Open(text, &document));
    absl::Status error;
    od::json_type type;
    if (!Succeeded(document.type().get(type), &error)) {
      return error;
    }
    od::object object;
    if (type != od::json_type::array) {
      if (!Succeeded(document.get_object().get(object), &error)) {
        return error;
      }
      KPIWATCH_RETURN_IF_ERROR(DecodeRow(object, record, emit));
      return CheckAtEnd(document);
    }
    od::array array;
    if (!Succeeded(document.get_array().get(array), &error)) {
      return error;
    }
    for (auto element : array) {
      if (!Succeeded(element.get_object().get(object), &error)) {
        return error;
      }
      KPIWATCH_RETURN_IF_ERROR(DecodeRow(object, record, emit));
    }
    return CheckAtEnd(document);
  }

 private:
  absl::Status DecodeRow(od::object& object, const Record& record, Emit emit) {
    for (FieldValue& value : row_) {
      value.kind = FieldKind::kMissing;
    }
    absl::Status error;
    std::string_view text;
    if (mapper_->needs_text() && (!Succeeded(object.raw_json().get(text), &error) ||
                                  !Succeeded(object.reset().error(), &error))) {
      return error;
    }
    if (!ReadFields(object, *row_tree_, row_tree_->root(), absl::MakeSpan(row_), &error)) {
      return error;
    }
    return Map(row_, text, record, emit);
  }

  JsonDocument document_;
  std::unique_ptr<const FieldTree> row_tree_;
  std::vector<FieldValue> row_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeCsvDecoder(const SourceOptions& options,
                                                        FieldTree tree) {
  KPIWATCH_ASSIGN_OR_RETURN(TextEncoding encoding, TextEncoding::Make(options.encoding));
  if (TextEncoding::MayHide(options.encoding, options.delimiter)) {
    return absl::InvalidArgumentError(fmt::format(
        "delimiter '{}' may be a part of other characters in gb18030", options.delimiter));
  }
  auto decoder = std::make_unique<CsvDecoder>(options, std::move(tree), std::move(encoding));
  KPIWATCH_RETURN_IF_ERROR(decoder->Init(options));
  return decoder;
}

absl::StatusOr<std::unique_ptr<Decoder>> MakeJsonRowDecoder(const SourceOptions& options,
                                                            FieldTree tree) {
  auto decoder = std::make_unique<JsonRowDecoder>(options, std::move(tree));
  KPIWATCH_RETURN_IF_ERROR(decoder->Init(options));
  return decoder;
}

}  // namespace kpiwatch
