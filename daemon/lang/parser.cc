#include "daemon/lang/parser.h"

#include <algorithm>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/lang/quantities.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

constexpr int kUnaryPower = 7;

// How tightly an infix operator binds; 0: not an infix operator.
int InfixPower(const Token& token) {
  switch (token.kind) {
    case TokenKind::kQuestion:
      return 1;
    case TokenKind::kOr:
      return 2;
    case TokenKind::kAnd:
      return 3;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
      return 4;
    case TokenKind::kName:
      return !token.quoted && token.string == "in" ? 4 : 0;
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      return 5;
    case TokenKind::kStar:
    case TokenKind::kSlash:
      return 6;
    default:
      return 0;
  }
}

// What people write for an operator, and how it is written here.
std::string_view MeantOperator(std::string_view word) {
  if (word == "and" || word == "AND") {
    return "&&";
  }
  if (word == "or" || word == "OR") {
    return "||";
  }
  return word == "is" ? "==" : "";
}

}  // namespace

bool Parser::Parse(Type result) {
  Advance();
  const Parsed whole = Expression(0, 1);
  if (!whole) {
    return false;
  }
  if (token_.kind != TokenKind::kEnd) {
    return Unexpected("an operator or the end").has_value();
  }
  if (whole->null_literal) {
    return Fail(whole->offset, "'null' can only be compared").has_value();
  }
  const bool serves = result == Type::kAny || whole->type == Type::kAny || whole->type == result;
  if (!serves) {
    return Fail(whole->offset, fmt::format("expected {} expression, found {}", Described(result),
                                           Describe(*whole)))
        .has_value();
  }
  type_ = whole->type;
  currency_ = whole->currency;
  return true;
}

Parser::Parsed Parser::Fail(size_t offset, std::string message) {
  error_ = {.offset = offset, .message = std::move(message)};
  return std::nullopt;
}

Parser::Parsed Parser::Unexpected(std::string_view what) {
  if (token_.kind == TokenKind::kError) {
    error_ = lexer_.error();
    return std::nullopt;
  }
  if (token_.kind == TokenKind::kEnd) {
    return Fail(token_.offset, fmt::format("expected {}, found the end of the expression", what));
  }
  std::string message = fmt::format("expected {}, found '{}'", what, token_.text);
  if (const std::string_view meant = MeantOperator(token_.text); !meant.empty()) {
    message += fmt::format("; did you mean '{}'?", meant);
  }
  return Fail(token_.offset, std::move(message));
}

bool Parser::Expect(TokenKind kind, std::string_view text) {
  if (token_.kind != kind) {
    Unexpected(fmt::format("'{}'", text));
    return false;
  }
  Advance();
  return true;
}

bool Parser::TooDeep(int height, size_t offset) {
  if (height <= Program::kMaxDepth) {
    return false;
  }
  Fail(offset, fmt::format("the expression nests deeper than {} levels", Program::kMaxDepth));
  return true;
}

Parser::Parsed Parser::Expression(int min_power, int depth) {
  if (TooDeep(depth, token_.offset)) {
    return std::nullopt;
  }
  Parsed left = Prefix(depth);
  while (left) {
    const int power = InfixPower(token_);
    if (power == 0 || power <= min_power) {
      return left;
    }
    Token op = std::move(token_);
    Advance();
    left = Infix(*left, std::move(op), power, depth);
    if (left && TooDeep(left->height, left->offset)) {
      return std::nullopt;
    }
  }
  return left;
}

Parser::Parsed Parser::Prefix(int depth) {
  const TokenKind kind = token_.kind;
  if (kind != TokenKind::kNot && kind != TokenKind::kMinus) {
    return Methods(Primary(depth), depth);
  }
  const size_t offset = token_.offset;
  Advance();
  const Parsed operand = Expression(kUnaryPower, depth + 1);
  const bool is_not = kind == TokenKind::kNot;
  if (!operand || !(is_not ? Needs(*operand, Type::kBool, "'!'") : NeedsAmount(*operand, "'-'"))) {
    return std::nullopt;
  }
  if (is_not) {
    return Emit(Op::kNot, Type::kBool, offset, {*operand});
  }
  Operand negated = *operand;
  negated.offset = offset;
  if (Node* const constant = ConstantOf(*operand)) {
    constant->constant.number.num = -constant->constant.number.num;
    return negated;
  }
  const Type type = operand->type == Type::kAny ? Type::kNumeric : operand->type;
  const Operand node = Emit(Op::kNegate, type, offset, {*operand});
  negated.node = node.node;
  negated.type = type;
  negated.height = node.height;
  return negated;
}

Parser::Parsed Parser::Infix(Operand left, Token op, int power, int depth) {
  switch (op.kind) {
    case TokenKind::kQuestion:
      return Conditional(left, depth);
    case TokenKind::kOr:
    case TokenKind::kAnd:
      return Chain(left, std::move(op), power, depth);
    case TokenKind::kName:
      return In(left, std::move(op), depth);
    case TokenKind::kPlus:
    case TokenKind::kMinus:
    case TokenKind::kStar:
    case TokenKind::kSlash:
      return Arithmetic(left, std::move(op), power, depth);
    default:
      return Comparison(left, std::move(op), power, depth);
  }
}

Parser::Parsed Parser::Primary(int depth) {
  Token token = std::move(token_);
  switch (token.kind) {
    case TokenKind::kNumber:
      Advance();
      return Number(std::move(token));
    case TokenKind::kString:
      Advance();
      return Constant(token.offset, Type::kString, Value::Of(std::string_view()),
                      std::move(token.string));
    case TokenKind::kName:
      Advance();
      return Name(std::move(token), depth);
    case TokenKind::kOpenParen: {
      Advance();
      Parsed inner = Expression(0, depth + 1);
      if (!inner || !Expect(TokenKind::kCloseParen, ")")) {
        return std::nullopt;
      }
      inner->offset = token.offset;
      return inner;
    }
    case TokenKind::kOpenBracket:
      return Fail(token.offset, "a list can stand only after 'in'");
    default:
      token_ = std::move(token);
      return Unexpected("a value");
  }
}

Parser::Parsed Parser::Constant(size_t offset, Type type, Value value, std::string text) {
  const auto node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.op = Op::kConstant, .constant = value, .text = std::move(text)});
  return Operand{.node = node, .type = type, .offset = offset, .literal = true};
}

// A number, a stretch of time, or with a currency behind it, money: 100 CNY.
Parser::Parsed Parser::Number(Token token) {
  const bool plain = token.value.kind == ValueKind::kNumber && !token.text.ends_with('%');
  if (!plain || token_.kind != TokenKind::kName || token_.quoted ||
      !CurrencyDigits(token_.string)) {
    return Constant(token.offset, static_cast<Type>(token.value.kind), token.value, "");
  }
  Parsed money = Constant(token.offset, Type::kMoney,
                          Value::Money(token.value.number, std::string_view()), token_.string);
  money->currency = token_.string;
  Advance();
  return money;
}

// `value.function(…)`, again and again.
Parser::Parsed Parser::Methods(Parsed receiver, int depth) {
  while (receiver && token_.kind == TokenKind::kDot) {
    Advance();
    if (token_.kind != TokenKind::kName) {
      return Unexpected("a function after '.'");
    }
    const Token name = std::move(token_);
    Advance();
    if (token_.kind != TokenKind::kOpenParen) {
      return Fail(name.offset, fmt::format("'.{}' stands after what has no fields; a function of "
                                           "that name needs parentheses",
                                           name.text));
    }
    receiver = Call(name, std::move(receiver), depth);
  }
  return receiver;
}

Parser::Parsed Parser::Name(Token first, int depth) {
  if (!first.quoted) {
    if (first.string == "true" || first.string == "false") {
      return Constant(first.offset, Type::kBool, Value::Of(first.string == "true"), "");
    }
    if (first.string == "null") {
      Parsed null = Constant(first.offset, Type::kAny, Value::Absent(), "");
      null->null_literal = true;
      return null;
    }
    if (first.string == "in" || first.string == "not") {
      token_ = std::move(first);
      return Unexpected(token_.string == "not" ? "a value ('not' is written '!')" : "a value");
    }
  }
  Token last = first;
  std::string path;
  while (token_.kind == TokenKind::kDot) {
    Advance();
    if (token_.kind != TokenKind::kName) {
      return Unexpected("a field name after '.'");
    }
    path += path.empty() ? "" : ".";
    path += last.string;
    last = std::move(token_);
    Advance();
  }
  if (token_.kind == TokenKind::kOpenParen) {
    if (path.empty()) {
      return Call(last, std::nullopt, depth);
    }
    Parsed receiver = Resolve(std::move(path), first.offset);
    return receiver ? Call(last, std::move(receiver), depth) : std::nullopt;
  }
  path += path.empty() ? "" : ".";
  path += last.string;
  return Resolve(std::move(path), first.offset);
}

Parser::Parsed Parser::Resolve(std::string path, size_t offset) {
  if (const std::optional<Binding> binding = scope_.resolve(path)) {
    const auto node = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({.op = Op::kName, .slot = binding->slot, .text = std::move(path)});
    return Operand{.node = node,
                   .type = binding->type,
                   .offset = offset,
                   .currency = std::string(binding->currency)};
  }
  if (std::find(scope_.reserved.begin(), scope_.reserved.end(), path) != scope_.reserved.end()) {
    return Fail(offset, fmt::format("'{}' is not supported by this version", path));
  }
  std::string message = fmt::format("unknown name '{}'", path);
  if (const std::optional<std::string_view> near = NearestName(path, scope_.known)) {
    message += fmt::format("; did you mean '{}'?", *near);
  } else if (!scope_.hint.empty()) {
    message += "; " + scope_.hint;
  }
  return Fail(offset, std::move(message));
}

}  // namespace kpiwatch::lang
