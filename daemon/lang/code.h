// The compiled form of an expression: nodes in post order, the root last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/lang/pattern.h"
#include "daemon/lang/value.h"

namespace kpiwatch::lang {

enum class Op : uint8_t {
  kConstant,
  kName,
  kNot,
  kNegate,
  kIsAbsent,   // x == null
  kIsPresent,  // x != null
  kAnd,        // two operands or more
  kOr,         // two operands or more
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,  // the value, then the list's elements
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kIf,  // condition, then, else
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,  // a text; `slot` is that of the pattern
  kSize,     // of a text, in characters
  kMin,      // two operands or more
  kMax,      // two operands or more
  kAbs,
  kRound,      // `slot` is the number of fractional digits
  kTimestamp,  // of a text, or of a number of seconds
};

struct Node {
  static constexpr uint32_t kNone = UINT32_MAX;

  Op op = Op::kConstant;
  uint16_t slot = 0;       // kName; kMatches, kRound: see there
  uint32_t first = kNone;  // first operand
  uint32_t next = kNone;   // the next operand of the same operation
  Value constant{};        // kConstant; its text borrows from `text`
  std::string text{};      // kConstant: the string or currency; kName: the path
};

struct Code {
  std::vector<Node> nodes;
  std::vector<Pattern> patterns;  // of kMatches

  const Node& root() const { return nodes.back(); }
};

}  // namespace kpiwatch::lang
