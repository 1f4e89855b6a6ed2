#include "daemon/ingest/protobuf_events.h"

#include <optional>
#include <utility>

#include "daemon/ingest/protobuf_struct.h"
#include "daemon/ingest/utf8.h"
#include "daemon/ingest/wire_scan.h"
#include "daemon/model/currency.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Node = FieldTree::Node;

// Field numbers of kpiwatch.v1.Event.
enum Number : uint32_t {
  kId = 1,
  kSource = 2,
  kType = 3,
  kSubject = 4,
  kTime = 5,
  kRecorded = 6,
  kSequence = 7,
  kTenant = 8,
  kEntityId = 9,
  kOwnerId = 10,
  kOwnerUnit = 11,
  kAccountId = 12,
  kAmount = 13,
  kAttrs = 14,
  kData = 15,
};

// The paths below data that have a field of their own.
constexpr std::pair<std::string_view, Number> kTyped[] = {
    {"version", kSequence},     {"entity_id", kEntityId},   {"owner_id", kOwnerId},
    {"owner_unit", kOwnerUnit}, {"account_id", kAccountId}, {"amount", kAmount},
};

constexpr bool IsNumeric(uint32_t number) { return kTime <= number && number <= kSequence; }

bool IsTyped(const Node* node, const std::array<const Node*, 16>& typed) {
  for (const Node* known : typed) {
    if (known == node) {
      return true;
    }
  }
  return false;
}

}  // namespace

ProtobufEvents::ProtobufEvents(EventBuilder* builder) : builder_(*builder) {
  const FieldTree& tree = builder_.tree();
  for (const auto& [name, number] : kTyped) {
    const Node* const node = tree.Find(name);
    if (node != nullptr && (node->field != FieldTree::kNone || number == kAmount)) {
      typed_[number] = node;
    }
  }
  attrs_ = tree.Find("attrs");
  for (const Node& child : tree.Children(tree.root())) {
    has_untyped_ = has_untyped_ || (&child != attrs_ && !IsTyped(&child, typed_));
  }
}

absl::Status ProtobufEvents::Read(std::string_view message) {
  builder_.Begin();
  data_ = {};
  WireScan scan(message);
  while (!scan.done()) {
    uint32_t number = 0;
    WireType type;
    if (!scan.Tag(&number, &type)) [[unlikely]] {
      return MalformedWire("");
    }
    if (number > kData) {
      if (!scan.Skip(type)) {
        return MalformedWire("");
      }
      continue;
    }
    uint64_t value = 0;
    std::string_view bytes;
    const bool numeric = IsNumeric(number);
    if (numeric ? type != WireType::kVarint || !scan.Varint(&value)
                : type != WireType::kBytes || !scan.Bytes(&bytes)) [[unlikely]] {
      return MalformedWire(fmt::format("field {}", number));
    }
    if (!(numeric ? ReadNumber(number, value) : ReadField(number, bytes))) [[unlikely]] {
      return std::exchange(error_, absl::OkStatus());
    }
  }
  if (!data_.empty() && WantsStruct()) {
    return ReadStruct(data_, builder_.tree(), builder_.tree().root(), builder_.fields());
  }
  return absl::OkStatus();
}

bool ProtobufEvents::Fail(absl::Status error) {
  error_ = std::move(error);
  return false;
}

bool ProtobufEvents::ReadField(uint32_t number, std::string_view bytes) {
  Event& event = builder_.event();
  switch (number) {
    case kId:
      return ReadText(number, bytes, &event.id);
    case kSource:
      return ReadText(number, bytes, &event.source);
    case kType:
      return ReadText(number, bytes, &event.type);
    case kSubject:
      return ReadText(number, bytes, &event.subject);
    case kTenant:
      return ReadText(number, bytes, &event.tenant);
    case kAmount:
      return typed_[kAmount] == nullptr || ReadMoney(bytes, *typed_[kAmount]);
    case kAttrs:
      return attrs_ == nullptr || ReadAttribute(bytes);
    case kData:
      data_ = bytes;
      return true;
    default:
      return ReadTyped(number, bytes);
  }
}

bool ProtobufEvents::ReadText(uint32_t number, std::string_view text, std::string_view* target) {
  *target = text;
  return IsUtf8(text) ||
         Fail(absl::InvalidArgumentError(fmt::format("field {}: text is not UTF-8", number)));
}

bool ProtobufEvents::ReadTyped(uint32_t number, std::string_view text) {
  const Node* const node = typed_[number];
  if (node == nullptr || text.empty()) {  // proto3: empty is absent
    return true;
  }
  FieldValue& slot = builder_.field(node->field);
  slot.kind = FieldKind::kString;
  return ReadText(number, text, &slot.text);
}

bool ProtobufEvents::ReadNumber(uint32_t number, uint64_t value) {
  const auto signed_value = static_cast<int64_t>(value);
  if (value == 0) {  // proto3: zero is absent
    return true;
  }
  Event& event = builder_.event();
  if (number != kSequence) {
    // The lowest number stands for "no time" in an Event; an event may not claim it.
    const int64_t time_ms = signed_value == kNoTime ? kNoTime + 1 : signed_value;
    (number == kTime ? event.time_ms : event.recorded_ms) = time_ms;
    return true;
  }
  if (signed_value < 0) {
    return Fail(absl::InvalidArgumentError(fmt::format("sequence {} is negative", signed_value)));
  }
  event.sequence = signed_value;
  FieldValue& slot = builder_.field(typed_[kSequence]->field);
  slot.kind = FieldKind::kNumber;
  slot.number = Decimal::FromInt(signed_value);
  return true;
}

bool ProtobufEvents::ReadMoney(std::string_view message, const Node& node) {
  uint64_t minor = 0;
  std::string_view currency;
  WireScan scan(message);
  while (!scan.done()) {
    uint32_t number = 0;
    WireType type;
    if (!scan.Tag(&number, &type)) {
      return Fail(MalformedWire("amount"));
    }
    const bool ok = number == 1 && type == WireType::kVarint  ? scan.Varint(&minor)
                    : number == 2 && type == WireType::kBytes ? scan.Bytes(&currency)
                                                              : number > 2 && scan.Skip(type);
    if (!ok) {
      return Fail(MalformedWire("amount"));
    }
  }
  if (minor == 0 && currency.empty()) {
    return true;  // nothing set: absent
  }
  const std::optional<int> digits = CurrencyDigits(currency);
  if (!digits) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("amount: '{}' is not a currency code of ISO 4217 with a minor unit",
                    IsUtf8(currency) ? Excerpt(currency) : "?")));
  }
  PutMoney(Decimal::FromMinor(static_cast<int64_t>(minor), *digits), currency, node);
  return true;
}

void ProtobufEvents::PutMoney(Decimal amount, std::string_view currency, const Node& node) {
  if (node.field != FieldTree::kNone) {
    FieldValue& slot = builder_.field(node.field);
    slot.kind = FieldKind::kMoney;
    slot.number = amount;
    slot.text = currency;
  }
  for (const Node& child : builder_.tree().Children(node)) {
    if (child.field != FieldTree::kNone && (child.name == "amount" || child.name == "currency")) {
      FieldValue& slot = builder_.field(child.field);
      slot.kind = child.name == "amount" ? FieldKind::kNumber : FieldKind::kString;
      slot.number = amount;
      slot.text = child.name == "amount" ? std::string_view() : currency;
    }
  }
}

bool ProtobufEvents::ReadAttribute(std::string_view entry) {
  std::string_view key;
  std::string_view value;
  WireScan scan(entry);
  while (!scan.done()) {
    uint32_t number = 0;
    WireType type;
    if (!scan.Tag(&number, &type)) {
      return Fail(MalformedWire("attrs"));
    }
    const bool ok = number == 1 && type == WireType::kBytes   ? scan.Bytes(&key)
                    : number == 2 && type == WireType::kBytes ? scan.Bytes(&value)
                                                              : number > 2 && scan.Skip(type);
    if (!ok) {
      return Fail(MalformedWire("attrs"));
    }
  }
  const Node* const node = builder_.tree().Child(*attrs_, key);
  if (node == nullptr || node->field == FieldTree::kNone) {
    return true;
  }
  FieldValue& slot = builder_.field(node->field);
  slot.kind = FieldKind::kString;
  return ReadText(kAttrs, value, &slot.text);
}

bool ProtobufEvents::WantsStruct() const {
  if (has_untyped_) {
    return true;
  }
  for (const Node* node : typed_) {
    if (node != nullptr && node->field != FieldTree::kNone &&
        builder_.field(node->field).kind == FieldKind::kMissing) {
      return true;
    }
  }
  return false;
}

}  // namespace kpiwatch
