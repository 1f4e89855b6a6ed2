// What an expression evaluates to.
#pragma once

#include <string_view>

#include "daemon/model/decimal.h"
#include "daemon/model/event.h"

namespace kpiwatch::lang {

// What is known of a value at load. Up to kWorkingHours the order is that of ValueKind.
enum class Type : uint8_t {
  kAny,  // an event field, typed by data
  kBool,
  kNumber,
  kString,
  kMoney,
  kTime,
  kDuration,
  kWorkingDays,
  kWorkingHours,
  kNumeric,  // calculated from fields: a number or money
};

enum class ValueKind : uint8_t {
  kAbsent,
  kBool,
  kNumber,
  kString,
  kMoney,         // `number` of the currency `text`
  kTime,          // `number` of milliseconds since 1970
  kDuration,      // `number` of milliseconds
  kWorkingDays,   // `number` of days
  kWorkingHours,  // `number` of hours
};

// Numbers are exact rationals. Text borrows from the expression or the environment.
struct Value {
  ValueKind kind = ValueKind::kAbsent;
  bool boolean = false;
  Rational number{};
  std::string_view text{};  // kString; kMoney: the currency's code

  static Value Absent() { return {}; }
  static Value Of(bool b) { return {.kind = ValueKind::kBool, .boolean = b}; }
  static Value Of(Rational r) { return {.kind = ValueKind::kNumber, .number = r}; }
  static Value Of(Decimal d) { return Of(Rational::Of(d)); }
  static Value Of(std::string_view s) { return {.kind = ValueKind::kString, .text = s}; }
  static Value Money(Rational amount, std::string_view currency) {
    return {.kind = ValueKind::kMoney, .number = amount, .text = currency};
  }
  static Value Time(int64_t unix_ms) {
    return {.kind = ValueKind::kTime, .number = Rational::Of(Decimal::FromInt(unix_ms))};
  }
  // Null is absent.
  static Value Of(const FieldValue& field) {
    switch (field.kind) {
      case FieldKind::kMissing:
      case FieldKind::kNull:
        break;
      case FieldKind::kBool:
        return Of(field.boolean);
      case FieldKind::kNumber:
        return Of(field.number);
      case FieldKind::kMoney:
        return Money(Rational::Of(field.number), field.text);
      case FieldKind::kString:
        return Of(field.text);
    }
    return Absent();
  }
};

}  // namespace kpiwatch::lang
