// Which quantities may be calculated with one another, and what comes of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/lang/code.h"
#include "daemon/lang/value.h"

namespace kpiwatch::lang {

// The kind of `a op b`; nullopt: the two do not go together. `op` is one of kAdd, kSubtract,
// kMultiply and kDivide. That money is of one currency is for the caller to see to.
std::optional<ValueKind> ResultKind(Op op, ValueKind a, ValueKind b);

// "a number", "money", "a duration": for messages.
std::string_view Described(Type type);

// A stretch of time as it is written: "7d", "1h30m" and "500ms" are durations, "2wd" working days,
// "4wh" working hours. A day has 24 hours and a week seven days.
struct Span {
  ValueKind kind = ValueKind::kDuration;
  Decimal amount;  // in the unit of `kind`
};
// nullopt: `text` is none, or is not exact.
std::optional<Span> ParseSpan(std::string_view text);

}  // namespace kpiwatch::lang
