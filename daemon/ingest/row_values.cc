#include "daemon/ingest/row_values.h"

#include <string>

#include "daemon/ingest/event_builder.h"
#include "daemon/model/rfc3339.h"
#include "fmt/format.h"

namespace kpiwatch {

FieldValue ToField(const lang::Value& value) {
  FieldValue field;
  switch (value.kind) {
    case lang::ValueKind::kAbsent:
    case lang::ValueKind::kDuration:  // these three are refused at load
    case lang::ValueKind::kWorkingDays:
    case lang::ValueKind::kWorkingHours:
      break;
    case lang::ValueKind::kBool:
      field.kind = FieldKind::kBool;
      field.boolean = value.boolean;
      break;
    case lang::ValueKind::kNumber:
    case lang::ValueKind::kMoney:
    case lang::ValueKind::kTime: {
      const bool time = value.kind == lang::ValueKind::kTime;
      const bool money = value.kind == lang::ValueKind::kMoney;
      if (const auto number = value.number.Rounded(time ? 0 : Decimal::kScaleDigits)) {
        field.kind = money ? FieldKind::kMoney : FieldKind::kNumber;
        field.number = *number;
        field.text = money ? value.text : std::string_view();
      }
      break;
    }
    case lang::ValueKind::kString:
      field.kind = FieldKind::kString;
      field.text = value.text;
      break;
  }
  return field;
}

bool IsEmpty(const FieldValue& field) {
  return field.kind == FieldKind::kMissing || field.kind == FieldKind::kNull ||
         (field.kind == FieldKind::kString && field.text.empty());
}

std::string_view TextOf(const FieldValue& field, std::string* buffer) {
  switch (field.kind) {
    case FieldKind::kString:
      return field.text;
    case FieldKind::kNumber:
    case FieldKind::kMoney:
      *buffer = field.number.ToString();
      return *buffer;
    case FieldKind::kBool:
      return field.boolean ? "true" : "false";
    case FieldKind::kMissing:
    case FieldKind::kNull:
      break;
  }
  return {};
}

absl::Status ReadTime(const FieldValue& field, const std::string& format, absl::TimeZone zone,
                      int64_t* unix_ms) {
  *unix_ms = kNoTime;
  if (IsEmpty(field)) {
    return absl::OkStatus();
  }
  std::optional<int64_t> read;
  std::string buffer;
  const std::string text(TextOf(field, &buffer));
  if (format.empty()) {
    read = ParseRfc3339(text);
    if (const int64_t millis = ParseSequence(text); !read && millis >= 0) {
      read = millis;
    }
  } else {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(format, text, zone, &time, &error)) {
      read = absl::ToUnixMillis(time);
    }
  }
  if (!read || !IsEventTime(*read)) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is not a time of the form {}", Excerpt(text),
                    format.empty() ? "RFC 3339 or Unix milliseconds" : format));
  }
  *unix_ms = *read;
  return absl::OkStatus();
}

absl::Status ReadMoney(const FieldValue& field, std::string_view currency, FieldValue* money) {
  *money = FieldValue();
  if (IsEmpty(field)) {
    money->kind = field.kind == FieldKind::kMissing ? FieldKind::kMissing : FieldKind::kNull;
    return absl::OkStatus();
  }
  if (field.kind == FieldKind::kMoney && field.text != currency) {
    return absl::InvalidArgumentError(
        fmt::format("an amount in {} where the map says {}", Excerpt(field.text), currency));
  }
  std::optional<Decimal> number;
  if (field.kind == FieldKind::kString) {
    number = Decimal::Parse(field.text);
  } else if (field.kind != FieldKind::kBool) {
    number = field.number;
  }
  if (!number) {
    std::string buffer;
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is not a decimal number of at most {} integer and {} fractional digits "
        "(thousands separators are not read)",
        Excerpt(TextOf(field, &buffer)), Decimal::kMaxInputDigits, Decimal::kScaleDigits));
  }
  money->kind = FieldKind::kMoney;
  money->number = *number;
  money->text = currency;
  return absl::OkStatus();
}

}  // namespace kpiwatch
