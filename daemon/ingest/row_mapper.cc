#include "daemon/ingest/row_mapper.h"

#include <algorithm>
#include <utility>

#include "daemon/base/hash.h"
#include "daemon/base/nearest_name.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/row_compiler.h"
#include "daemon/ingest/row_values.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kData = "data.";
constexpr std::string_view kTargets[] = {"id",     "source", "type",          "subject",
                                         "tenant", "time",   "recorded_time", "sequence"};

// What a mistake in a field of the map is about.
std::string PlaceOf(const MapField& field) {
  return fmt::format("{}{}map: {}", field.place, field.place.empty() ? "" : ": ", field.target);
}

}  // namespace

RowMapper::RowMapper(const SourceOptions& options, EventBuilder* builder)
    : map_(options.map), builder_(*builder) {}

bool RowMapper::FindTarget(Column* column) const {
  const std::string_view name = column->from->target;
  const auto* const target = std::find(std::begin(kTargets), std::end(kTargets), name);
  if (target != std::end(kTargets)) {
    column->target = static_cast<Target>(target - std::begin(kTargets));
    return true;
  }
  if (!name.starts_with(kData)) {
    return false;
  }
  const FieldTree::Node* const node = builder_.tree().Find(name.substr(kData.size()));
  column->field = node == nullptr ? FieldTree::kNone : node->field;
  return true;
}

void RowMapper::AddColumn(const MapField& field, const std::vector<std::string>* columns,
                          RowCompiler* compiler) {
  Column column{.from = &field};
  if (!FindTarget(&column)) {
    const auto nearest = NearestName(field.target, kTargets);
    compiler->AddMistake(fmt::format(
        "map: an event has no field '{}'{}", field.target,
        nearest ? fmt::format("; did you mean '{}'?", *nearest) : " (data.<name>, id, time, …)"));
    return;
  }
  const std::string what = PlaceOf(field);
  if (!field.time_zone.empty() && !absl::LoadTimeZone(field.time_zone, &column.zone)) {
    compiler->AddMistake(fmt::format("{}: unknown time zone '{}'", what, field.time_zone));
  }
  if (field.hash_row) {
    needs_text_ = true;
  } else if (const auto slot = compiler->ColumnOf(field.expression)) {
    column.slot = *slot;
  } else {
    column.program = compiler->Compile(what, field.expression, lang::Type::kAny);
    if (const auto single = column.program ? column.program->single_slot() : std::nullopt) {
      column.slot = *single;  // taken as it is: money and null are no values of expressions
      column.program.reset();
    }
  }
  column.told = field.target;
  if (columns != nullptr && !column.program && !field.hash_row) {
    column.told += fmt::format(", column {} ({})", column.slot + 1, (*columns)[column.slot]);
  }
  // What no rule asks for is checked, but not computed.
  if (column.target != Target::kData || column.field != FieldTree::kNone) {
    columns_.push_back(std::move(column));
  }
}

absl::StatusOr<std::unique_ptr<RowMapper>> RowMapper::Make(const SourceOptions& options,
                                                           const std::vector<std::string>* columns,
                                                           EventBuilder* builder) {
  std::unique_ptr<RowMapper> mapper(new RowMapper(options, builder));
  RowCompiler compiler(columns, &mapper->row_plan_);
  std::vector<std::string_view> seen;
  for (const MapField& field : mapper->map_) {
    if (std::find(seen.begin(), seen.end(), field.target) != seen.end()) {
      compiler.AddMistake(PlaceOf(field) + " stands twice");
      continue;
    }
    seen.push_back(field.target);
    mapper->AddColumn(field, columns, &compiler);
  }
  for (const std::string_view needed : {"id", "type"}) {
    const bool has_id = options.format == SourceFormat::kDebezium && needed == "id";
    if (!has_id && std::find(seen.begin(), seen.end(), needed) == seen.end()) {
      compiler.AddMistake(fmt::format("map: {} is missing{}", needed,
                                      needed == "id" ? " (hash(row) where rows have none)" : ""));
    }
  }
  if (!options.where.empty()) {
    mapper->where_ = compiler.Compile("where", options.where, lang::Type::kBool);
  }
  if (const std::string mistakes = compiler.mistakes(); !mistakes.empty()) {
    return absl::InvalidArgumentError(mistakes);
  }
  return mapper;
}

absl::Status RowMapper::Map(std::span<const FieldValue> row, std::string_view text,
                            const Record& record, const RowDefaults* defaults, bool* taken) {
  const auto environment = [row](uint16_t slot) { return lang::Value::Of(row[slot]); };
  *taken = !where_ || where_->EvaluateBool(environment);
  if (!*taken) {
    return absl::OkStatus();
  }
  builder_.Begin();
  for (Column& column : columns_) {
    if (absl::Status status = Fill(column, row, text); !status.ok()) {
      return WithContext(column.told, status);
    }
  }
  if (defaults != nullptr) {
    SetDefaults(*defaults);
  }
  return builder_.Finish(record);
}

void RowMapper::SetDefaults(const RowDefaults& defaults) {
  Event& event = builder_.event();
  if (defaults.snapshot) {
    event.snapshot = event.time_ms == kNoTime ? SnapshotRead::kUndated : SnapshotRead::kDated;
  }
  event.id = event.id.empty() ? defaults.id : event.id;
  event.time_ms = event.time_ms == kNoTime ? defaults.time_ms : event.time_ms;
  event.sequence = event.sequence < 0 ? defaults.sequence : event.sequence;
}

absl::Status RowMapper::Fill(Column& column, std::span<const FieldValue> row,
                             std::string_view text) {
  FieldValue value;
  if (column.from->hash_row) {
    const Hash128 hash = HashOf({text});
    hash_ = fmt::format("{:016x}{:016x}", hash.high, hash.low);
    value.kind = FieldKind::kString;
    value.text = hash_;
  } else if (column.program) {
    value = ToField(
        column.program->Evaluate([row](uint16_t slot) { return lang::Value::Of(row[slot]); }));
  } else {
    value = row[column.slot];
  }
  Event& event = builder_.event();
  const MapField& from = *column.from;
  switch (column.target) {
    case Target::kId:
      event.id = TextOf(value, &column.text);
      break;
    case Target::kSource:
      event.source = TextOf(value, &column.text);
      break;
    case Target::kType:
      event.type = TextOf(value, &column.text);
      break;
    case Target::kSubject:
      event.subject = TextOf(value, &column.text);
      break;
    case Target::kTenant:
      event.tenant = TextOf(value, &column.text);
      break;
    case Target::kTime:
      return ReadTime(value, from.time_format, column.zone, &event.time_ms);
    case Target::kRecordedTime:
      return ReadTime(value, from.time_format, column.zone, &event.recorded_ms);
    case Target::kSequence:
      event.sequence = ParseSequence(TextOf(value, &column.text));
      break;
    case Target::kData:
      if (!from.currency.empty()) {
        return ReadMoney(value, from.currency, &builder_.field(column.field));
      }
      builder_.field(column.field) = value;
      break;
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
