#include "daemon/ingest/json_reader.h"

#include <cstring>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/event_builder.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

namespace od = simdjson::ondemand;

// Numbers outside the plan may be what they like: the version is a help, not a demand.
bool IsOptional(const FieldTree& tree, const FieldTree::Node& node) {
  return node.field == tree.version_field() &&
         tree.version_field() == static_cast<int>(tree.plan_size());
}

// What an object that stands for one amount of money has said so far.
struct MoneyParts {
  FieldValue amount;
  FieldValue currency;

  absl::Status Finish(std::string_view path, FieldValue* out) const {
    if (amount.kind == FieldKind::kMissing) {
      return absl::OkStatus();  // some other object: no scalar
    }
    if (amount.kind == FieldKind::kNull) {
      out->kind = FieldKind::kNull;
      return absl::OkStatus();
    }
    std::optional<Decimal> number;
    if (amount.kind == FieldKind::kNumber) {
      number = amount.number;
    } else if (amount.kind == FieldKind::kString) {
      number = Decimal::Parse(amount.text);
    }
    if (!number) {
      return absl::InvalidArgumentError(
          fmt::format("{}.amount: '{}' is not a decimal number of at most {} and {} digits", path,
                      Excerpt(amount.text), Decimal::kMaxInputDigits, Decimal::kScaleDigits));
    }
    if (currency.kind != FieldKind::kString || currency.text.empty()) {
      return absl::InvalidArgumentError(fmt::format("{}: an amount without its currency", path));
    }
    out->kind = FieldKind::kMoney;
    out->number = *number;
    out->text = currency.text;
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status JsonDocument::Open(std::string_view json, od::document* document) {
  const size_t needed = json.size() + simdjson::SIMDJSON_PADDING;
  if (padded_.size() < needed) {
    padded_.resize(needed * 2);
  }
  if (!json.empty()) {
    std::memcpy(padded_.data(), json.data(), json.size());
  }
  std::memset(padded_.data() + json.size(), 0, simdjson::SIMDJSON_PADDING);
  const simdjson::error_code error =
      parser_.iterate(padded_.data(), json.size(), padded_.size()).get(*document);
  return error == simdjson::SUCCESS ? absl::OkStatus() : JsonError(error);
}

absl::Status JsonError(simdjson::error_code error) {
  return absl::InvalidArgumentError(
      fmt::format("not valid JSON: {}", simdjson::error_message(error)));
}

absl::Status CheckAtEnd(od::document& document) {
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return absl::InvalidArgumentError("not valid JSON: text after the end of the value");
  }
  return absl::OkStatus();
}

absl::Status ReadKey(od::field& field, std::string_view* key) {
  const char* const start = field.key().raw();
  const char* end = start;
  while (*end != '"' && *end != '\\') {  // the padding ends every string that stage 1 let pass
    ++end;
  }
  if (*end == '"') [[likely]] {
    *key = std::string_view(start, static_cast<size_t>(end - start));
    return absl::OkStatus();
  }
  const simdjson::error_code error = field.unescaped_key().get(*key);
  return error == simdjson::SUCCESS ? absl::OkStatus() : JsonError(error);
}

absl::Status ReadText(od::value& value, std::string_view token, std::string_view* text) {
  if (token.size() >= 2 && token.back() == '"' &&
      std::memchr(token.data(), '\\', token.size()) == nullptr) [[likely]] {
    *text = token.substr(1, token.size() - 2);
    return absl::OkStatus();
  }
  const simdjson::error_code error = value.get_string().get(*text);
  return error == simdjson::SUCCESS ? absl::OkStatus() : JsonError(error);
}

absl::Status ReadScalar(od::value& value, std::string_view token, std::string_view path,
                        FieldValue* out) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      out->kind = FieldKind::kString;
      return ReadText(value, token, &out->text);
    case '{':
    case '[':
      return absl::OkStatus();
    case 't':
    case 'f':
      if (token == "true" || token == "false") {
        out->kind = FieldKind::kBool;
        out->boolean = token[0] == 't';
        return absl::OkStatus();
      }
      break;
    case 'n':
      if (token == "null") {
        out->kind = FieldKind::kNull;
        return absl::OkStatus();
      }
      break;
    default:
      if (const std::optional<Decimal> number = Decimal::Parse(token); number && token[0] != '+') {
        out->kind = FieldKind::kNumber;
        out->number = *number;
        out->text = {};
        return absl::OkStatus();
      }
  }
  return absl::InvalidArgumentError(
      fmt::format("{}: '{}' is not a number of at most {} and {} digits", path, Excerpt(token),
                  Decimal::kMaxInputDigits, Decimal::kScaleDigits));
}

absl::Status ReadFields(od::value& value, const FieldTree& tree, const FieldTree::Node& node,
                        absl::Span<FieldValue> fields) {
  const std::string_view token = TokenOf(value);
  if (!token.empty() && token[0] == '{') {
    od::object object;
    if (const simdjson::error_code error = value.get_object().get(object)) {
      return JsonError(error);
    }
    return ReadFields(object, tree, node, fields);
  }
  if (node.field == FieldTree::kNone) {
    return absl::OkStatus();
  }
  FieldValue& slot = fields[static_cast<size_t>(node.field)];
  absl::Status status = ReadScalar(value, token, node.path, &slot);
  if (!status.ok() && IsOptional(tree, node)) {
    slot.kind = FieldKind::kMissing;
    return absl::OkStatus();
  }
  return status;
}

absl::Status ReadFields(od::object& object, const FieldTree& tree, const FieldTree::Node& node,
                        absl::Span<FieldValue> fields) {
  const bool may_be_money = node.field != FieldTree::kNone && !IsOptional(tree, node);
  MoneyParts money;
  for (auto result : object) {
    od::field field;
    if (const simdjson::error_code error = std::move(result).get(field)) {
      return JsonError(error);
    }
    std::string_view key;
    KPIWATCH_RETURN_IF_ERROR(ReadKey(field, &key));
    if (may_be_money && (key == "amount" || key == "currency")) {
      FieldValue* const part = key == "amount" ? &money.amount : &money.currency;
      KPIWATCH_RETURN_IF_ERROR(ReadScalar(field.value(), TokenOf(field.value()), node.path, part));
      if (const FieldTree::Node* child = tree.Child(node, key);
          child != nullptr && child->field != FieldTree::kNone) {
        fields[static_cast<size_t>(child->field)] = *part;
      }
      continue;
    }
    if (const FieldTree::Node* child = tree.Child(node, key)) {
      KPIWATCH_RETURN_IF_ERROR(ReadFields(field.value(), tree, *child, fields));
    }
  }
  return may_be_money ? money.Finish(node.path, &fields[static_cast<size_t>(node.field)])
                      : absl::OkStatus();
}

}  // namespace kpiwatch
