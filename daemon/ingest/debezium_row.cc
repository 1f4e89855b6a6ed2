#include "daemon/ingest/debezium_row.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/base/hash.h"
#include "daemon/base/status_macros.h"
#include "daemon/ingest/event_builder.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view kRow = "row.", kBefore = "before", kAfter = "after";
constexpr std::string_view kSource = "source.";
constexpr std::string_view kAttribute = "iodebezium";
constexpr int kMostWrappings = 3;

// The attribute of Debezium's CloudEvents that says what `source.ts_ms` says elsewhere.
std::string AttributeOf(std::string_view path) {
  std::string name(kAttribute);
  for (const char c : path.starts_with(kSource) ? path.substr(kSource.size()) : path) {
    if (c != '_') {
      name += static_cast<char>('A' <= c && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return name;
}

// What an object's members say of its shape.
struct Shape {
  bool op = false, rows = false, source = false;  // rows: before or after
  bool payload = false;
  bool specversion = false, data = false;
};

bool ReadShape(od::object& object, Shape* shape, absl::Status* error) {
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error)) {
      return false;
    }
    shape->op = shape->op || key == "op";
    shape->rows = shape->rows || key == kBefore || key == kAfter;
    shape->source = shape->source || key == "source";
    shape->payload = shape->payload || key == "payload";
    shape->specversion = shape->specversion || key == "specversion";
    shape->data = shape->data || key == "data";
  }
  return Succeeded(object.reset().error(), error);
}

// "mysql-bin.000003" and 154: files first. -1: not of this form.
int64_t BinlogPosition(std::string_view file, int64_t pos) {
  constexpr int kPosBits = 36;
  const int64_t number = ParseSequence(file.substr(file.rfind('.') + 1));
  const bool fits = number >= 0 && number < int64_t{1} << (63 - kPosBits) && pos >= 0 &&
                    pos < int64_t{1} << kPosBits;
  return fits ? number << kPosBits | pos : -1;
}

// SQL Server's "00000027:00000ac0:0002": log file, block, slot. -1: not of this form.
int64_t SqlServerPosition(std::string_view lsn) {
  constexpr int kBits[] = {24, 23, 16};
  int64_t position = 0;
  for (const int bits : kBits) {
    const size_t colon = std::min(lsn.find(':'), lsn.size());
    uint32_t part = 0;
    const auto [stop, error] = std::from_chars(lsn.data(), lsn.data() + colon, part, 16);
    if (error != std::errc() || stop != lsn.data() + colon || part >> bits != 0) {
      return -1;
    }
    position = position << bits | part;
    lsn.remove_prefix(std::min(colon + 1, lsn.size()));
  }
  return lsn.empty() ? position : -1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DebeziumRow>> DebeziumRow::Make(const FieldPlan& wanted) {
  std::unique_ptr<DebeziumRow> row(new DebeziumRow());
  row->plan_ = wanted;
  constexpr size_t kOwnPaths = 20;
  size_t aliases = 0;
  for (const std::string& path : wanted.paths()) {
    aliases += path.starts_with(kRow) ? 1 : 0;
  }
  if (wanted.size() + 2 * aliases + kOwnPaths > FieldPlan::kMaxFields) {
    return absl::InvalidArgumentError("map: reads too many columns");
  }
  const std::vector<std::string> paths = wanted.paths();
  for (size_t i = 0; i < paths.size(); ++i) {
    if (std::string_view(paths[i]).starts_with(kRow)) {
      const std::string_view column = std::string_view(paths[i]).substr(kRow.size());
      row->aliases_.push_back({static_cast<int>(i),
                               row->Add(absl::StrCat("before.", std::string(column))),
                               row->Add(absl::StrCat("after.", std::string(column)))});
    }
  }
  row->op_ = row->Add("op");
  row->ts_ms_ = row->Add("ts_ms");
  row->source_ts_ms_ = row->Add("source.ts_ms");
  row->snapshot_ = row->Add("source.snapshot");
  row->lsn_ = row->Add("source.lsn");
  row->file_ = row->Add("source.file");
  row->pos_ = row->Add("source.pos");
  row->scn_ = row->Add("source.scn");
  row->change_lsn_ = row->Add("source.change_lsn");
  row->commit_lsn_ = row->Add("source.commit_lsn");
  for (const char* path : {"source.name", "source.db", "source.schema", "source.table", "op",
                           "source.lsn", "source.file", "source.pos", "source.row", "source.scn",
                           "source.change_lsn", "source.event_serial_no"}) {
    row->identity_.push_back(row->Add(path));
  }
  KPIWATCH_ASSIGN_OR_RETURN(FieldTree tree, FieldTree::OfRows(row->plan_));
  row->tree_ = std::make_unique<const FieldTree>(std::move(tree));
  row->fields_.resize(row->tree_->size());
  for (size_t i = 0; i < row->plan_.size(); ++i) {
    const std::string_view path = row->plan_.paths()[i];
    if (path == "op" || path.starts_with(kSource)) {
      row->attributes_.emplace_back(AttributeOf(path), static_cast<int>(i));
    }
  }
  return row;
}

int DebeziumRow::Add(std::string_view path) { return plan_.Add(path).value(); }

absl::Status DebeziumRow::Read(std::string_view json) {
  for (FieldValue& field : fields_) {
    field.kind = FieldKind::kMissing;
  }
  before_ = after_ = {};
  found_ = is_flat_ = false;
  od::document document;
  KPIWATCH_RETURN_IF_ERROR(document_.Open(json, &document));
  absl::Status error;
  od::object object;
  if (!Succeeded(document.get_object().get(object), &error) || !ReadObject(object, 0, &error)) {
    return error;
  }
  return CheckAtEnd(document);
}

bool DebeziumRow::ReadObject(Object& object, int depth, absl::Status* error) {
  Shape shape;
  if (!ReadShape(object, &shape, error)) {
    return false;
  }
  if (depth < kMostWrappings && shape.specversion && shape.data) {
    return ReadCloudEvent(object, depth, error);
  }
  const bool is_envelope = shape.rows && (shape.op || shape.source || depth > 0);
  if (depth < kMostWrappings && shape.payload && !is_envelope) {
    return ReadPayload(object, depth, error);
  }
  return is_envelope || (shape.op && shape.source) ? ReadEnvelope(object, error)
                                                   : ReadFlat(object, error);
}

bool DebeziumRow::ReadCloudEvent(Object& object, int depth, absl::Status* error) {
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error)) {
      return false;
    }
    od::value& value = field.value();
    if (key == "data") {
      od::object data;
      if (TokenOf(value).starts_with('{') && (!Succeeded(value.get_object().get(data), error) ||
                                              !ReadObject(data, depth + 1, error))) {
        return false;
      }
      continue;
    }
    for (const auto& [name, slot] : attributes_) {
      if (name == key &&
          !ReadScalar(value, TokenOf(value), name, &fields_[static_cast<size_t>(slot)], error)) {
        return false;
      }
    }
  }
  return true;
}

bool DebeziumRow::ReadPayload(Object& object, int depth, absl::Status* error) {
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error)) {
      return false;
    }
    od::object payload;
    if (key == "payload" && TokenOf(field.value()).starts_with('{') &&
        (!Succeeded(field.value().get_object().get(payload), error) ||
         !ReadObject(payload, depth + 1, error))) {
      return false;
    }
  }
  return true;
}

bool DebeziumRow::ReadRow(Value& value, std::string_view name, std::string_view* text,
                          absl::Status* error) {
  od::object object;
  if (!TokenOf(value).starts_with('{')) {
    return true;  // null: there is none
  }
  if (!Succeeded(value.get_object().get(object), error) ||
      !Succeeded(object.raw_json().get(*text), error) ||
      !Succeeded(object.reset().error(), error)) {
    return false;
  }
  const FieldTree::Node* const node = tree_->Child(tree_->root(), name);
  return node == nullptr || ReadFields(object, *tree_, *node, absl::MakeSpan(fields_), error);
}

bool DebeziumRow::ReadEnvelope(Object& object, absl::Status* error) {
  found_ = true;
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error)) {
      return false;
    }
    if (key == kBefore || key == kAfter) {
      if (!ReadRow(field.value(), key, key == kBefore ? &before_ : &after_, error)) {
        return false;
      }
    } else if (const FieldTree::Node* const node = tree_->Child(tree_->root(), key);
               node != nullptr && key != "row" &&
               !ReadFields(field.value(), *tree_, *node, absl::MakeSpan(fields_), error)) {
      return false;
    }
  }
  return true;
}

bool DebeziumRow::ReadFlat(Object& object, absl::Status* error) {
  found_ = true;
  is_flat_ = op().empty();
  if (!Succeeded(object.raw_json().get(after_), error) ||
      !Succeeded(object.reset().error(), error)) {
    return false;
  }
  const FieldTree::Node* const node = tree_->Child(tree_->root(), kAfter);
  return node == nullptr || ReadFields(object, *tree_, *node, absl::MakeSpan(fields_), error);
}

void DebeziumRow::SetRow(bool deleted) {
  for (const Alias& alias : aliases_) {
    fields_[static_cast<size_t>(alias.row)] = At(deleted ? alias.before : alias.after);
  }
}

std::string_view DebeziumRow::TextAt(int field) const {
  return At(field).kind == FieldKind::kString ? At(field).text : std::string_view();
}

int64_t DebeziumRow::NumberAt(int field) const {
  const FieldValue& value = At(field);
  if (value.kind == FieldKind::kString) {
    return ParseSequence(value.text);
  }
  const bool whole = value.kind == FieldKind::kNumber && !value.number.is_negative() &&
                     value.number.units() % Decimal::kOne == 0 &&
                     value.number <= Decimal::FromInt(std::numeric_limits<int64_t>::max());
  return whole ? static_cast<int64_t>(value.number.units() / Decimal::kOne) : -1;
}

bool DebeziumRow::is_snapshot() const {
  const FieldValue& snapshot = At(snapshot_);
  return op() == "r" || (snapshot.kind == FieldKind::kBool && snapshot.boolean) ||
         (snapshot.kind == FieldKind::kString && !snapshot.text.empty() &&
          snapshot.text != "false");
}

int64_t DebeziumRow::time_ms() const {
  for (const int field : {source_ts_ms_, ts_ms_}) {
    if (const int64_t time = NumberAt(field); time > 0) {  // older ones say 0 of what they read
      return time;
    }
  }
  return kNoTime;
}

int64_t DebeziumRow::position() const {
  if (const int64_t lsn = NumberAt(lsn_); lsn >= 0) {
    return lsn;
  }
  if (!TextAt(file_).empty()) {
    return BinlogPosition(TextAt(file_), NumberAt(pos_));
  }
  for (const int field : {change_lsn_, commit_lsn_}) {
    if (!TextAt(field).empty()) {
      return SqlServerPosition(TextAt(field));
    }
  }
  return NumberAt(scn_);
}

std::string DebeziumRow::Id(std::string_view key) const {
  std::string identity;
  for (const int field : identity_) {
    const FieldValue& value = At(field);
    identity +=
        value.kind == FieldKind::kNumber ? value.number.ToString() : std::string(TextAt(field));
    identity += '\n';
  }
  const Hash128 hash = HashOf({identity, key, before_, after_});
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

}  // namespace kpiwatch
