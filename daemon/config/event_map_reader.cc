// `map:` of a source: the fields of an event, each with where it comes from in a row.
#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "daemon/base/nearest_name.h"
#include "daemon/config/config_reader.h"
#include "daemon/model/decimal.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, 8> kEnvelope = {
    "type", "id", "source", "subject", "time", "recorded_time", "sequence", "tenant"};

// data.<field>, perhaps with dots of its own.
bool IsDataField(std::string_view target) {
  return target.starts_with("data.") && !target.ends_with('.') &&
         target.find("..") == std::string_view::npos;
}

// Whether a time written in `format` can be read back by it: at least its year.
bool IsTimeFormat(const std::string& format) {
  const absl::Time time =
      absl::FromCivil(absl::CivilSecond(2023, 11, 22, 13, 14, 15), absl::UTCTimeZone());
  absl::Time read;
  std::string error;
  return absl::ParseTime(format, absl::FormatTime(format, time, absl::UTCTimeZone()),
                         absl::UTCTimeZone(), &read, &error) &&
         absl::ToCivilYear(read, absl::UTCTimeZone()).year() == 2023;
}

bool IsTime(std::string_view target) { return target == "time" || target == "recorded_time"; }

// Names with blanks between them and nothing else, which is no expression.
bool IsWords(std::string_view text) {
  return text.find(' ') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return c == ' ' || c == '_' || c == '.' || c >= 0x80 || absl::ascii_isalnum(c);
         });
}

// What a mapping {from: …, format: …, zone: …, currency: …} says.
void ReadDetails(const YamlNode& node, const std::vector<std::string>& columns, MapField* field,
                 Diagnostics* out) {
  MapReader map(node, fmt::format("field '{}'", field->target), out);
  if (const YamlNode* from = map.Require("from")) {
    CheckRowExpression(*from, columns, lang::Type::kAny, out);
    field->expression = std::string(from->text);
    field->place = out->Describe(from->place);
  }
  field->time_format = map.Text("format").value_or("");
  field->time_zone = map.Text("zone").value_or("");
  field->currency = map.Text("currency").value_or("");
  for (const std::string_view key : {"format", "zone"}) {
    if (const YamlNode* detail = map.Find(key); detail != nullptr && !IsTime(field->target)) {
      out->Error(*detail, fmt::format("'{}' is for 'time' and 'recorded_time'", key));
    }
  }
  if (!field->time_format.empty() && IsTime(field->target) && !IsTimeFormat(field->time_format)) {
    out->Error(*map.Find("format"), fmt::format("no time can be read by '{}'; formats are like "
                                                "%Y-%m-%d %H:%M:%S",
                                                field->time_format));
  }
  absl::TimeZone zone;
  if (!field->time_zone.empty() && !absl::LoadTimeZone(field->time_zone, &zone)) {
    out->Error(*map.Find("zone"), fmt::format("unknown time zone '{}'; names are like "
                                              "Asia/Shanghai",
                                              field->time_zone));
  }
  if (!field->currency.empty() && !CurrencyDigits(field->currency).has_value()) {
    out->Error(*map.Find("currency"),
               fmt::format("unknown currency '{}'; codes are like CNY", field->currency));
  } else if (!field->currency.empty() && !field->target.starts_with("data.")) {
    out->Error(*map.Find("currency"), "'currency' is for amounts, which stand in data.<field>");
  }
  map.Finish();
}

}  // namespace

void CheckRowExpression(const YamlNode& node, const std::vector<std::string>& columns,
                        lang::Type type, Diagnostics* out) {
  if (!node.is_scalar()) {
    out->Error(node, fmt::format("expected an expression over a row, found {}", node.Describe()));
    return;
  }
  lang::Scope scope;
  scope.known = columns;
  scope.resolve = [&](std::string_view path) -> std::optional<lang::Binding> {
    const bool known = columns.empty() ||  // the header line of a file names them
                       std::find(columns.begin(), columns.end(), path) != columns.end();
    return known ? std::optional(lang::Binding{.slot = 0, .type = lang::Type::kAny}) : std::nullopt;
  };
  if (std::find(columns.begin(), columns.end(), node.text) != columns.end()) {
    return;  // a column, whatever is in its name
  }
  lang::Error error;
  const auto program = lang::Program::Compile(node.text, scope, type, &error);
  const auto unfit = program ? lang::NotAField(*program) : std::nullopt;
  if (unfit) {
    out->ExpressionError(node, *unfit);
  } else if (!program) {
    if (IsWords(node.text)) {
      error.message += fmt::format("; a name with blanks is written \"`{}`\"", node.text);
    }
    out->ExpressionError(node, error);
  }
}

std::vector<MapField> ReadEventMap(const YamlNode& node, const std::vector<std::string>& columns,
                                   bool needs_id, Diagnostics* out) {
  std::vector<MapField> fields;
  if (node.is_list()) {
    out->Error(node,
               "'map': several events by 'when' are not supported by this version; write one "
               "mapping");
    return fields;
  }
  MapReader map(node, "'map'", out);
  if (!map.is_map()) {
    return fields;
  }
  map.Require("type");
  if (needs_id) {
    map.Require("id");
  }
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode& key = *node.children[i];
    const YamlNode& value = *node.children[i + 1];
    const bool envelope =
        std::find(kEnvelope.begin(), kEnvelope.end(), key.text) != kEnvelope.end();
    if (!envelope && !IsDataField(key.text)) {
      if (key.is_scalar()) {
        out->Error(key, fmt::format("an event has no field '{}'{}; fields of our own are "
                                    "data.<field>",
                                    key.text, DidYouMean(NearestName(key.text, kEnvelope))));
      }
      continue;
    }
    MapField field;
    field.target = std::string(key.text);
    if (value.is_map()) {
      ReadDetails(value, columns, &field, out);
    } else if (value.is_scalar() && value.plain && value.text == "hash(row)") {
      field.hash_row = true;
      if (field.target != "id") {
        out->Error(value, "hash(row) makes an 'id'");
      }
    } else if (value.kind != YamlNode::Kind::kNull) {
      CheckRowExpression(value, columns, lang::Type::kAny, out);
      field.expression = std::string(value.text);
      field.place = out->Describe(value.place);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace kpiwatch
