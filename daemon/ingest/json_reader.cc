#include "daemon/ingest/json_reader.h"

#include <cstring>
#include <utility>

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

  bool Finish(std::string_view path, FieldValue* out, absl::Status* error) const {
    if (amount.kind == FieldKind::kMissing) {
      return true;  // some other object: no scalar
    }
    if (amount.kind == FieldKind::kNull) {
      out->kind = FieldKind::kNull;
      return true;
    }
    std::optional<Decimal> number;
    if (amount.kind == FieldKind::kNumber) {
      number = amount.number;
    } else if (amount.kind == FieldKind::kString) {
      number = Decimal::Parse(amount.text);
    }
    if (!number) {
      const std::string_view truth = amount.boolean ? "true" : "false";
      const std::string_view text = amount.kind == FieldKind::kBool ? truth : amount.text;
      *error = absl::InvalidArgumentError(
          fmt::format("{}.amount: '{}' is not a decimal number of at most {} and {} digits", path,
                      Excerpt(text), Decimal::kMaxInputDigits, Decimal::kScaleDigits));
      return false;
    }
    if (currency.kind != FieldKind::kString || currency.text.empty()) {
      *error = absl::InvalidArgumentError(fmt::format("{}: an amount without its currency", path));
      return false;
    }
    out->kind = FieldKind::kMoney;
    out->number = *number;
    out->text = currency.text;
    return true;
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
  absl::Status error;
  Succeeded(parser_.iterate(padded_.data(), json.size(), padded_.size()).get(*document), &error);
  return error;
}

absl::Status JsonError(simdjson::error_code code) {
  return absl::InvalidArgumentError(
      fmt::format("not valid JSON: {}", simdjson::error_message(code)));
}

absl::Status CheckAtEnd(od::document& document) {
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return absl::InvalidArgumentError("not valid JSON: text after the end of the value");
  }
  return absl::OkStatus();
}

bool ReadScalar(od::value& value, std::string_view token, std::string_view path, FieldValue* out,
                absl::Status* error) {
  switch (token.empty() ? '\0' : token[0]) {
    case '"':
      out->kind = FieldKind::kString;
      return ReadText(value, token, &out->text, error);
    case '{':
    case '[':
      return true;
    case 't':
    case 'f':
      if (token == "true" || token == "false") {
        out->kind = FieldKind::kBool;
        out->boolean = token[0] == 't';
        return true;
      }
      break;
    case 'n':
      if (token == "null") {
        out->kind = FieldKind::kNull;
        return true;
      }
      break;
    default:
      if (const std::optional<Decimal> number = Decimal::Parse(token); number && token[0] != '+') {
        out->kind = FieldKind::kNumber;
        out->number = *number;
        out->text = {};
        return true;
      }
  }
  *error = absl::InvalidArgumentError(
      fmt::format("{}: '{}' is not a number of at most {} and {} digits", path, Excerpt(token),
                  Decimal::kMaxInputDigits, Decimal::kScaleDigits));
  return false;
}

bool ReadFields(od::value& value, const FieldTree& tree, const FieldTree::Node& node,
                absl::Span<FieldValue> fields, absl::Status* error) {
  const std::string_view token = TokenOf(value);
  if (!token.empty() && token[0] == '{') {
    od::object object;
    return Succeeded(value.get_object().get(object), error) &&
           ReadFields(object, tree, node, fields, error);
  }
  if (node.field == FieldTree::kNone) {
    return true;
  }
  FieldValue& slot = fields[static_cast<size_t>(node.field)];
  if (ReadScalar(value, token, node.path, &slot, error)) [[likely]] {
    return true;
  }
  if (!IsOptional(tree, node)) {
    return false;
  }
  slot.kind = FieldKind::kMissing;
  *error = absl::OkStatus();
  return true;
}

bool ReadFields(od::object& object, const FieldTree& tree, const FieldTree::Node& node,
                absl::Span<FieldValue> fields, absl::Status* error) {
  const bool may_be_money = node.field != FieldTree::kNone && !IsOptional(tree, node);
  MoneyParts money;
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error)) {
      return false;
    }
    const FieldTree::Node* const child = tree.Child(node, key);
    if (may_be_money && (key == "amount" || key == "currency")) {
      FieldValue* const part = key == "amount" ? &money.amount : &money.currency;
      if (!ReadScalar(field.value(), TokenOf(field.value()), node.path, part, error)) {
        return false;
      }
      if (child != nullptr && child->field != FieldTree::kNone) {
        fields[static_cast<size_t>(child->field)] = *part;
      }
    } else if (child != nullptr && !ReadFields(field.value(), tree, *child, fields, error)) {
      return false;
    }
  }
  return !may_be_money || money.Finish(node.path, &fields[static_cast<size_t>(node.field)], error);
}

}  // namespace kpiwatch
