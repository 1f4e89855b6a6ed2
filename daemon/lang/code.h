// The compiled form of an expression: nodes in post order, the root last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
};

struct Node {
  static constexpr uint32_t kNone = UINT32_MAX;

  Op op = Op::kConstant;
  uint16_t slot = 0;       // kName
  uint32_t first = kNone;  // first operand
  uint32_t next = kNone;   // the next operand of the same operation
  Value constant{};        // kConstant; its text borrows from `text`
  std::string text{};      // kConstant: the string; kName: the path
};

struct Code {
  std::vector<Node> nodes;

  const Node& root() const { return nodes.back(); }
};

}  // namespace kpiwatch::lang
