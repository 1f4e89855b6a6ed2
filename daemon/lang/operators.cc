// The infix operators: what each demands of its operands.
#include <algorithm>
#include <utility>

#include "daemon/lang/parser.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

Op OpOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return Op::kOr;
    case TokenKind::kAnd:
      return Op::kAnd;
    case TokenKind::kEqual:
      return Op::kEqual;
    case TokenKind::kNotEqual:
      return Op::kNotEqual;
    case TokenKind::kLess:
      return Op::kLess;
    case TokenKind::kLessEqual:
      return Op::kLessEqual;
    case TokenKind::kGreater:
      return Op::kGreater;
    case TokenKind::kGreaterEqual:
      return Op::kGreaterEqual;
    case TokenKind::kPlus:
      return Op::kAdd;
    case TokenKind::kMinus:
      return Op::kSubtract;
    case TokenKind::kStar:
      return Op::kMultiply;
    default:
      return Op::kDivide;
  }
}

}  // namespace

bool Parser::Needs(const Operand& operand, Type type, std::string_view who) {
  if (!operand.null_literal && (operand.type == type || operand.type == Type::kAny)) {
    return true;
  }
  Fail(operand.offset, fmt::format("{} needs a {}, found a {}", who, TypeName(type),
                                   operand.null_literal ? "null" : TypeName(operand.type)));
  return false;
}

Parser::Operand Parser::Emit(Op op, Type type, size_t offset,
                             std::initializer_list<Operand> operands) {
  Operand result{.type = type, .offset = offset};
  uint32_t first = Node::kNone;
  uint32_t previous = Node::kNone;
  for (const Operand& operand : operands) {
    if (previous == Node::kNone) {
      first = operand.node;
    } else {
      nodes_[previous].next = operand.node;
    }
    previous = operand.node;
    result.height = std::max(result.height, operand.height + 1);
  }
  result.node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.op = op, .first = first});
  return result;
}

// a && b && c is one operation with three operands.
Parser::Parsed Parser::Chain(Operand left, Token op, int power, int depth) {
  const std::string who = fmt::format("'{}'", op.text);
  if (!Needs(left, Type::kBool, who)) {
    return std::nullopt;
  }
  Operand chain{.type = Type::kBool, .offset = left.offset, .height = left.height + 1};
  uint32_t last = left.node;
  while (true) {
    const Parsed right = Expression(power, depth + 1);
    if (!right || !Needs(*right, Type::kBool, who)) {
      return std::nullopt;
    }
    nodes_[last].next = right->node;
    last = right->node;
    chain.height = std::max(chain.height, right->height + 1);
    if (token_.kind != op.kind) {
      break;
    }
    Advance();
  }
  chain.node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.op = OpOf(op.kind), .first = left.node});
  return chain;
}

Parser::Parsed Parser::Comparison(Operand left, Token op, int power, int depth) {
  const Parsed right = Expression(power, depth + 1);
  if (!right) {
    return std::nullopt;
  }
  const bool equality = op.kind == TokenKind::kEqual || op.kind == TokenKind::kNotEqual;
  if (left.null_literal || right->null_literal) {
    if (!equality || (left.null_literal && right->null_literal)) {
      return Fail(op.offset, fmt::format("'{}' cannot compare with null", op.text));
    }
    return Emit(op.kind == TokenKind::kEqual ? Op::kIsAbsent : Op::kIsPresent, Type::kBool,
                left.offset, {left.null_literal ? *right : left});
  }
  if (left.type != Type::kAny && right->type != Type::kAny && left.type != right->type) {
    return Fail(op.offset, fmt::format("'{}' compares a {} with a {}", op.text, TypeName(left.type),
                                       TypeName(right->type)));
  }
  if (!equality && (left.type == Type::kBool || right->type == Type::kBool)) {
    return Fail(op.offset, fmt::format("'{}' cannot order bools", op.text));
  }
  return Emit(OpOf(op.kind), Type::kBool, left.offset, {left, *right});
}

Parser::Parsed Parser::Arithmetic(Operand left, Token op, int power, int depth) {
  const std::string who = fmt::format("'{}'", op.text);
  const Parsed right = Expression(power, depth + 1);
  if (!right || !Needs(left, Type::kNumber, who) || !Needs(*right, Type::kNumber, who)) {
    return std::nullopt;
  }
  return Emit(OpOf(op.kind), Type::kNumber, left.offset, {left, *right});
}

Parser::Parsed Parser::In(Operand left, Token op, int depth) {
  if (left.null_literal) {
    return Fail(left.offset, "'null' can only be compared with '==' and '!='");
  }
  if (token_.kind != TokenKind::kOpenBracket) {
    return Unexpected("a list such as [\"a\", \"b\"] after 'in'");
  }
  Advance();
  Operand result{.type = Type::kBool, .offset = left.offset, .height = left.height + 1};
  uint32_t last = left.node;
  while (token_.kind != TokenKind::kCloseBracket) {
    const Parsed element = Expression(0, depth + 1);
    if (!element) {
      return std::nullopt;
    }
    if (element->null_literal) {
      return Fail(element->offset, "'null' cannot stand in a list");
    }
    if (left.type != Type::kAny && element->type != Type::kAny && left.type != element->type) {
      return Fail(element->offset, fmt::format("'{}' compares a {} with a {}", op.text,
                                               TypeName(left.type), TypeName(element->type)));
    }
    nodes_[last].next = element->node;
    last = element->node;
    result.height = std::max(result.height, element->height + 1);
    if (token_.kind == TokenKind::kComma) {
      Advance();
    } else if (token_.kind != TokenKind::kCloseBracket) {
      return Unexpected("',' or ']'");
    }
  }
  Advance();
  result.node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.op = Op::kIn, .first = left.node});
  return result;
}

Parser::Parsed Parser::Conditional(Operand condition, int depth) {
  if (!Needs(condition, Type::kBool, "'?'")) {
    return std::nullopt;
  }
  const Parsed yes = Expression(0, depth + 1);
  if (!yes || !Expect(TokenKind::kColon, ":")) {
    return std::nullopt;
  }
  const Parsed no = Expression(0, depth + 1);
  if (!no) {
    return std::nullopt;
  }
  if (yes->null_literal || no->null_literal) {
    return Fail(yes->null_literal ? yes->offset : no->offset, "'null' can only be compared");
  }
  if (yes->type != Type::kAny && no->type != Type::kAny && yes->type != no->type) {
    return Fail(no->offset, fmt::format("'?:' chooses between a {} and a {}", TypeName(yes->type),
                                        TypeName(no->type)));
  }
  const Type type = yes->type == no->type ? yes->type : Type::kAny;
  return Emit(Op::kIf, type, condition.offset, {condition, *yes, *no});
}

}  // namespace kpiwatch::lang
