#include "daemon/ingest/protobuf_struct.h"

#include <bit>
#include <cmath>
#include <optional>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/utf8.h"
#include "daemon/ingest/wire_scan.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Node = FieldTree::Node;

// Field numbers of Struct, of its map's entries and of Value.
constexpr uint32_t kFields = 1;
constexpr uint32_t kKey = 1;
constexpr uint32_t kValue = 2;
constexpr uint32_t kNullValue = 1;
constexpr uint32_t kNumberValue = 2;
constexpr uint32_t kStringValue = 3;
constexpr uint32_t kBoolValue = 4;
constexpr uint32_t kStructValue = 5;

struct Entry {
  std::string_view key;
  std::string_view value;  // a Value message
};

bool ReadEntry(std::string_view message, Entry* entry) {
  WireScan scan(message);
  uint32_t number = 0;
  WireType type;
  while (!scan.done()) {
    if (!scan.Tag(&number, &type)) {
      return false;
    }
    const bool known = type == WireType::kBytes && (number == kKey || number == kValue);
    if (known ? !scan.Bytes(number == kKey ? &entry->key : &entry->value) : !scan.Skip(type)) {
      return false;
    }
  }
  return true;
}

// Value as a scalar, or the Struct that it holds.
struct Decoded {
  FieldValue scalar;
  std::optional<std::string_view> structure;
};

// One field of a Value, whose tag is read.
bool ReadPart(WireScan& scan, uint32_t number, WireType type, Decoded* out, double* number_value) {
  uint64_t bits = 0;
  std::string_view bytes;
  switch (type) {
    case WireType::kVarint:
      if (!scan.Varint(&bits)) {
        return false;
      }
      if (number == kNullValue || number == kBoolValue) {
        out->scalar.kind = number == kNullValue ? FieldKind::kNull : FieldKind::kBool;
        out->scalar.boolean = bits != 0;
      }
      return true;
    case WireType::kFixed64:
      if (!scan.Fixed64(&bits)) {
        return false;
      }
      if (number == kNumberValue) {
        out->scalar.kind = FieldKind::kNumber;
        *number_value = std::bit_cast<double>(bits);
      }
      return true;
    case WireType::kBytes:
      if (!scan.Bytes(&bytes)) {
        return false;
      }
      if (number == kStringValue) {
        out->scalar.kind = FieldKind::kString;
        out->scalar.text = bytes;
      } else if (number == kStructValue) {
        out->structure = bytes;
      }
      return true;
    default:
      return scan.Skip(type);
  }
}

bool ReadValue(std::string_view message, Decoded* out, double* number_value) {
  WireScan scan(message);
  uint32_t number = 0;
  WireType type;
  while (!scan.done()) {
    if (!scan.Tag(&number, &type) || !ReadPart(scan, number, type, out, number_value)) {
      return false;
    }
  }
  return true;
}

// A binary number as a decimal of six digits; nullopt when it is out of range.
std::optional<Decimal> FromDouble(double value) {
  constexpr double kLimit = 1e18;
  if (!(std::abs(value) < kLimit)) {  // also not-a-number
    return std::nullopt;
  }
  return Decimal::Parse(fmt::format("{:.6f}", value));
}

// Reads `message` as the member called `path`.
absl::Status Decode(std::string_view message, std::string_view path, Decoded* out) {
  double number = 0;
  if (!ReadValue(message, out, &number)) {
    return MalformedWire(path);
  }
  if (out->scalar.kind == FieldKind::kNumber) {
    const std::optional<Decimal> decimal = FromDouble(number);
    if (!decimal) {
      return absl::InvalidArgumentError(
          fmt::format("{}: the number {} is out of range", path, number));
    }
    out->scalar.number = *decimal;
    out->scalar.is_binary = true;
  } else if (out->scalar.kind == FieldKind::kString && !IsUtf8(out->scalar.text)) {
    return absl::InvalidArgumentError(fmt::format("{}: text is not UTF-8", path));
  }
  return absl::OkStatus();
}

// Members of a Struct that may be money.
struct MoneyParts {
  FieldValue amount;
  FieldValue currency;
};

absl::Status FinishMoney(const MoneyParts& parts, const Node& node, FieldValue* out) {
  const auto& [amount, currency] = parts;
  if (amount.kind == FieldKind::kMissing || out->kind != FieldKind::kMissing) {
    return absl::OkStatus();
  }
  if (amount.kind != FieldKind::kString) {
    return absl::InvalidArgumentError(
        fmt::format("{}.amount: money inside a Struct must be a string", node.path));
  }
  const std::optional<Decimal> number = Decimal::Parse(amount.text);
  if (!number) {
    return absl::InvalidArgumentError(
        fmt::format("{}.amount: '{}' is not a decimal number", node.path, Excerpt(amount.text)));
  }
  if (currency.kind != FieldKind::kString || currency.text.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: an amount without its currency", node.path));
  }
  out->kind = FieldKind::kMoney;
  out->number = *number;
  out->text = currency.text;
  return absl::OkStatus();
}

absl::Status TakeEntry(const Entry& entry, const FieldTree& tree, const Node& node,
                       absl::Span<FieldValue> fields, MoneyParts* money) {
  const Node* const child = tree.Child(node, entry.key);
  const bool is_part =
      node.field != FieldTree::kNone && (entry.key == "amount" || entry.key == "currency");
  if (child == nullptr && !is_part) {
    return absl::OkStatus();
  }
  Decoded value;
  KPIWATCH_RETURN_IF_ERROR(Decode(entry.value, child != nullptr ? child->path : node.path, &value));
  if (is_part) {
    (entry.key == "amount" ? money->amount : money->currency) = value.scalar;
  }
  if (child != nullptr && value.structure) {
    return ReadStruct(*value.structure, tree, *child, fields);
  }
  if (child != nullptr && child->field != FieldTree::kNone) {
    FieldValue& slot = fields[static_cast<size_t>(child->field)];
    if (slot.kind == FieldKind::kMissing) {
      slot = value.scalar;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadStruct(std::string_view message, const FieldTree& tree, const Node& node,
                        absl::Span<FieldValue> fields) {
  MoneyParts money;
  WireScan scan(message);
  while (!scan.done()) {
    uint32_t number = 0;
    WireType type;
    std::string_view bytes;
    Entry entry;
    if (!scan.Tag(&number, &type)) {
      return MalformedWire(node.path);
    }
    if (number != kFields || type != WireType::kBytes) {
      if (!scan.Skip(type)) {
        return MalformedWire(node.path);
      }
      continue;
    }
    if (!scan.Bytes(&bytes) || !ReadEntry(bytes, &entry)) {
      return MalformedWire(node.path);
    }
    KPIWATCH_RETURN_IF_ERROR(TakeEntry(entry, tree, node, fields, &money));
  }
  return node.field == FieldTree::kNone
             ? absl::OkStatus()
             : FinishMoney(money, node, &fields[static_cast<size_t>(node.field)]);
}

absl::Status MalformedWire(std::string_view where) {
  return absl::InvalidArgumentError(
      fmt::format("malformed protobuf{}{}", where.empty() ? "" : " in ", where));
}

}  // namespace kpiwatch
