#include "daemon/lang/quantities.h"

#include <algorithm>
#include <array>

namespace kpiwatch::lang {
namespace {

constexpr size_t kMaxParts = 8;  // of a span such as 1d12h

struct Unit {
  std::string_view name;
  ValueKind kind;
  int64_t amount;
};
constexpr std::array<Unit, 8> kUnits = {{{"ms", ValueKind::kDuration, 1},
                                         {"s", ValueKind::kDuration, 1'000},
                                         {"m", ValueKind::kDuration, 60'000},
                                         {"h", ValueKind::kDuration, 3'600'000},
                                         {"d", ValueKind::kDuration, 86'400'000},
                                         {"w", ValueKind::kDuration, 604'800'000},
                                         {"wd", ValueKind::kWorkingDays, 1},
                                         {"wh", ValueKind::kWorkingHours, 1}}};

const Unit* FindUnit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

// True for what adds to its own kind and can be scaled.
bool IsAmount(ValueKind kind) { return kind >= ValueKind::kMoney && kind != ValueKind::kTime; }

std::optional<ValueKind> SumKind(Op op, ValueKind a, ValueKind b) {
  if (a == ValueKind::kTime && b == ValueKind::kTime) {
    return op == Op::kSubtract ? std::optional(ValueKind::kDuration) : std::nullopt;
  }
  if (a == ValueKind::kTime && b == ValueKind::kDuration) {
    return ValueKind::kTime;
  }
  if (a == ValueKind::kDuration && b == ValueKind::kTime && op == Op::kAdd) {
    return ValueKind::kTime;
  }
  return a == b && (a == ValueKind::kNumber || IsAmount(a)) ? std::optional(a) : std::nullopt;
}

}  // namespace

std::optional<ValueKind> ResultKind(Op op, ValueKind a, ValueKind b) {
  const bool number_a = a == ValueKind::kNumber;
  const bool number_b = b == ValueKind::kNumber;
  if (op == Op::kAdd || op == Op::kSubtract) {
    return SumKind(op, a, b);
  }
  if (number_b && (number_a || IsAmount(a))) {
    return a;
  }
  if (op == Op::kMultiply) {
    return number_a && IsAmount(b) ? std::optional(b) : std::nullopt;
  }
  return a == b && IsAmount(a) ? std::optional(ValueKind::kNumber) : std::nullopt;
}

std::string_view Described(Type type) {
  switch (type) {
    case Type::kAny:
      return "a field";
    case Type::kBool:
      return "a bool";
    case Type::kNumber:
    case Type::kNumeric:
      return "a number";
    case Type::kString:
      return "a string";
    case Type::kMoney:
      return "money";
    case Type::kTime:
      return "a time";
    case Type::kDuration:
      return "a duration";
    case Type::kWorkingDays:
      return "working days";
    case Type::kWorkingHours:
      return "working hours";
  }
  return "";
}

std::optional<Span> ParseSpan(std::string_view text) {
  Span span;
  for (size_t part = 0; part < kMaxParts; ++part) {
    const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view number = text.substr(0, digits);
    text.remove_prefix(digits);
    const size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    const Unit* const unit = FindUnit(text.substr(0, letters));
    text.remove_prefix(letters);
    const std::optional<Decimal> count = Decimal::Parse(number);
    // Working days and hours stand alone.
    if (unit == nullptr || !count ||
        (unit->kind != ValueKind::kDuration && (part > 0 || !text.empty()))) {
      return std::nullopt;
    }
    span.kind = unit->kind;
    span.amount += Decimal::FromUnits(count->units() * unit->amount);
    if (text.empty()) {
      return span;
    }
  }
  return std::nullopt;
}

}  // namespace kpiwatch::lang
