// The infix operators: what each demands of its operands.
#include <algorithm>
#include <utility>

#include "daemon/lang/parser.h"
#include "daemon/lang/quantities.h"
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

// A stretch of time.
bool IsSpan(Type type) { return type >= Type::kDuration && type <= Type::kWorkingHours; }

bool IsTypedByData(Type type) { return type == Type::kAny || type == Type::kNumeric; }

// What may be a number or money.
bool IsPlain(Type type) {
  return IsTypedByData(type) || type == Type::kNumber || type == Type::kMoney;
}

}  // namespace

std::string Parser::Describe(const Operand& operand) {
  if (operand.null_literal) {
    return "null";
  }
  return operand.currency.empty() ? std::string(Described(operand.type))
                                  : fmt::format("money in {}", operand.currency);
}

bool Parser::Needs(const Operand& operand, Type type, std::string_view who) {
  if (!operand.null_literal && (operand.type == type || operand.type == Type::kAny)) {
    return true;
  }
  Fail(operand.offset,
       fmt::format("{} needs {}, found {}", who, Described(type), Describe(operand)));
  return false;
}

bool Parser::NeedsAmount(const Operand& operand, std::string_view who) {
  const Type type = operand.type;
  if (type == Type::kBool || type == Type::kString || type == Type::kTime || operand.null_literal) {
    Fail(operand.offset, fmt::format("{} needs a number, found {}", who, Describe(operand)));
    return false;
  }
  return true;
}

// Whether values of the two may be equal, or one be the other's greater.
bool Parser::Comparable(const Operand& left, const Operand& right, std::string_view op,
                        size_t offset) {
  const auto pair = [&](auto&& holds) { return holds(left, right) || holds(right, left); };
  const bool same = left.type == right.type;
  const bool fits =
      same ? left.currency.empty() || right.currency.empty() || left.currency == right.currency
           : pair([](const Operand& a, const Operand& b) {
               switch (a.type) {
                 case Type::kAny:
                   return !IsSpan(b.type);
                 case Type::kNumeric:
                   return b.type == Type::kNumber || b.type == Type::kMoney;
                 case Type::kMoney:  // a number that is written out takes its currency
                   return b.type == Type::kNumber && b.literal;
                 default:
                   return false;
               }
             });
  if (fits) {
    return true;
  }
  std::string message =
      fmt::format("'{}' compares {} with {}", op, Describe(left), Describe(right));
  if (pair([](const Operand& a, const Operand& b) {
        return a.type == Type::kTime && b.type == Type::kString;
      })) {
    message += "; a time is written timestamp(\"2026-01-31T09:00:00+08:00\")";
  } else if (pair([](const Operand& a, const Operand& b) {
               return a.type == Type::kAny && IsSpan(b.type);
             })) {
    message += "; say what the field counts: data.minutes * 1m";
  }
  Fail(offset, std::move(message));
  return false;
}

Parser::Operand Parser::Emit(Op op, Type type, size_t offset,
                             const std::vector<Operand>& operands) {
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
    if (!equality) {
      return Fail(op.offset, fmt::format("'{}' cannot compare with null", op.text));
    }
    return Emit(op.kind == TokenKind::kEqual ? Op::kIsAbsent : Op::kIsPresent, Type::kBool,
                left.offset, {left.null_literal ? *right : left});
  }
  if (!Comparable(left, *right, op.text, op.offset)) {
    return std::nullopt;
  }
  if (!equality && (left.type == Type::kBool || right->type == Type::kBool)) {
    return Fail(op.offset, fmt::format("'{}' cannot order bools", op.text));
  }
  return Emit(OpOf(op.kind), Type::kBool, left.offset, {left, *right});
}

// Of what is typed by data only, text is read as a number; times and durations it never holds.
Parser::Parsed Parser::Calculated(Op op, std::string_view who, const Operand& left,
                                  const Operand& right, size_t offset) {
  const bool sum = op == Op::kAdd || op == Op::kSubtract;
  const auto known = [](const Operand& operand, const Operand& other) {
    const bool takes_currency =
        operand.literal && operand.type == Type::kNumber && other.type == Type::kMoney;
    return takes_currency ? Type::kMoney : operand.type;
  };
  Operand result{.literal = left.literal && right.literal,
                 .currency = left.currency.empty() ? right.currency : left.currency};
  const bool currencies_differ = !left.currency.empty() && !right.currency.empty() &&
                                 left.currency != right.currency && op != Op::kMultiply;
  const Type a = sum ? known(left, right) : left.type;
  const Type b = sum ? known(right, left) : right.type;
  std::optional<ValueKind> kind;
  if (!IsTypedByData(a) && !IsTypedByData(b)) {
    kind = ResultKind(op, static_cast<ValueKind>(a), static_cast<ValueKind>(b));
    result.type = kind ? static_cast<Type>(*kind) : Type::kAny;
  } else if (IsPlain(a) && IsPlain(b)) {
    kind = ValueKind::kNumber;
    result.type = Type::kNumeric;
  } else {
    kind = sum ? std::nullopt
               : ResultKind(op, IsTypedByData(a) ? ValueKind::kNumber : static_cast<ValueKind>(a),
                            IsTypedByData(b) ? ValueKind::kNumber : static_cast<ValueKind>(b));
    result.type = kind ? static_cast<Type>(*kind) : Type::kAny;
  }
  if (result.type != Type::kMoney) {
    result.currency.clear();
  }
  if (kind && !currencies_differ) {
    return result;
  }
  std::string message = fmt::format("{} mixes {} and {}", who, Describe(left), Describe(right));
  if (sum && (a == Type::kTime || b == Type::kTime) && (IsTypedByData(a) || IsTypedByData(b))) {
    message += "; a field that holds a time is written timestamp(data.<field>)";
  }
  return Fail(offset, std::move(message));
}

Parser::Parsed Parser::Arithmetic(Operand left, Token op, int power, int depth) {
  const std::string who = fmt::format("'{}'", op.text);
  const Parsed right = Expression(power, depth + 1);
  if (!right) {
    return std::nullopt;
  }
  for (const Operand* operand : std::initializer_list<const Operand*>{&left, &*right}) {
    if (operand->type != Type::kTime && !NeedsAmount(*operand, who)) {
      return std::nullopt;
    }
  }
  const Op operation = OpOf(op.kind);
  Parsed result = Calculated(operation, who, left, *right, op.offset);
  if (result) {
    const Operand node = Emit(operation, result->type, left.offset, {left, *right});
    result->node = node.node;
    result->height = node.height;
    result->offset = left.offset;
  }
  return result;
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
    if (!Comparable(left, *element, op.text, element->offset)) {
      return std::nullopt;
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
  const bool both_money = yes->type == Type::kMoney && no->type == Type::kMoney;
  if (!both_money && !Comparable(*yes, *no, "?:", no->offset)) {
    return Fail(no->offset,
                fmt::format("'?:' chooses between {} and {}", Describe(*yes), Describe(*no)));
  }
  Operand result = Emit(Op::kIf, yes->type, condition.offset, {condition, *yes, *no});
  if (yes->type == no->type) {
    result.currency = yes->currency == no->currency ? yes->currency : "";
  } else if (yes->type == Type::kAny || no->type == Type::kAny) {
    result.type = Type::kAny;
  } else if (IsTypedByData(yes->type) || IsTypedByData(no->type)) {
    result.type = Type::kNumeric;
  } else {
    result.type = Type::kMoney;  // and a number that takes its currency
    result.currency = yes->currency.empty() ? no->currency : yes->currency;
  }
  return result;
}

}  // namespace kpiwatch::lang
