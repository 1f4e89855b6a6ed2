// What an expression evaluates to.
#pragma once

#include <string_view>

#include "daemon/model/decimal.h"
#include "daemon/model/event.h"

namespace kpiwatch::lang {

enum class Type : uint8_t { kAny, kBool, kNumber, kString };  // kAny: an event field, typed by data

enum class ValueKind : uint8_t { kAbsent, kBool, kNumber, kString };

// Numbers are exact rationals. Text borrows from the expression or the environment.
struct Value {
  ValueKind kind = ValueKind::kAbsent;
  bool boolean = false;
  Rational number{};
  std::string_view text{};

  static Value Absent() { return {}; }
  static Value Of(bool b) { return {.kind = ValueKind::kBool, .boolean = b}; }
  static Value Of(Rational r) { return {.kind = ValueKind::kNumber, .number = r}; }
  static Value Of(Decimal d) { return Of(Rational::Of(d)); }
  static Value Of(std::string_view s) { return {.kind = ValueKind::kString, .text = s}; }
  // Money is its amount; null is absent.
  static Value Of(const FieldValue& field) {
    switch (field.kind) {
      case FieldKind::kMissing:
      case FieldKind::kNull:
        break;
      case FieldKind::kBool:
        return Of(field.boolean);
      case FieldKind::kNumber:
      case FieldKind::kMoney:
        return Of(field.number);
      case FieldKind::kString:
        return Of(field.text);
    }
    return Absent();
  }
};

}  // namespace kpiwatch::lang
