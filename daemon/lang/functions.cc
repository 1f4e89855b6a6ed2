// Calls of functions: what each takes and gives.
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/lang/parser.h"
#include "daemon/lang/quantities.h"
#include "daemon/model/rfc3339.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

enum class Function : uint8_t {
  kTextTest,
  kMatches,
  kSize,
  kHas,
  kExtreme,
  kAbs,
  kRound,
  kTimestamp,
  kDuration,
};

constexpr size_t kMany = 64;

struct Signature {
  std::string_view name;
  Function function;
  Op op;
  size_t least;  // how many values it takes, the one before the dot included
  size_t most;
  bool method;  // text.function(…)
  bool global;  // function(text, …)
};

constexpr std::array<Signature, 12> kFunctions = {{
    {"abs", Function::kAbs, Op::kAbs, 1, 1, false, true},
    {"contains", Function::kTextTest, Op::kContains, 2, 2, true, false},
    {"duration", Function::kDuration, Op::kConstant, 1, 1, false, true},
    {"endsWith", Function::kTextTest, Op::kEndsWith, 2, 2, true, false},
    {"has", Function::kHas, Op::kIsPresent, 1, 1, false, true},
    {"matches", Function::kMatches, Op::kMatches, 2, 2, true, true},
    {"max", Function::kExtreme, Op::kMax, 2, kMany, false, true},
    {"min", Function::kExtreme, Op::kMin, 2, kMany, false, true},
    {"round", Function::kRound, Op::kRound, 1, 2, false, true},
    {"size", Function::kSize, Op::kSize, 1, 1, true, true},
    {"startsWith", Function::kTextTest, Op::kStartsWith, 2, 2, true, false},
    {"timestamp", Function::kTimestamp, Op::kTimestamp, 1, 1, false, true},
}};

// Functions of the language that this version does not offer.
constexpr std::array<std::string_view, 5> kLater = {"kpi", "previous", "change", "drop", "median"};

const Signature* FindFunction(std::string_view name) {
  const auto* const it = std::find_if(kFunctions.begin(), kFunctions.end(),
                                      [name](const Signature& s) { return s.name == name; });
  return it == kFunctions.end() ? nullptr : it;
}

std::string UnknownFunction(std::string_view name) {
  if (std::find(kLater.begin(), kLater.end(), name) != kLater.end()) {
    return fmt::format("the function '{}' is not supported by this version", name);
  }
  std::vector<std::string_view> names;
  for (const Signature& s : kFunctions) {
    names.push_back(s.name);
  }
  const std::optional<std::string_view> near = NearestName(name, names);
  return fmt::format("unknown function '{}'{}", name,
                     near ? fmt::format("; did you mean '{}'?", *near) : "");
}

// Whether the call has the form and the number of values that `s` asks for; else what is wrong.
std::string WrongCall(const Signature& s, bool method, size_t count) {
  if (method && !s.method) {
    return fmt::format("'{0}' is written {0}(…), not behind a value", s.name);
  }
  if (!method && !s.global) {
    return fmt::format("'{0}' is written text.{0}(…)", s.name);
  }
  if (count >= s.least && count <= s.most) {
    return "";
  }
  const size_t own = method ? 1 : 0;  // stands before the dot
  const std::string wanted = s.least == s.most ? fmt::format("{}", s.least - own)
                             : s.most == kMany ? fmt::format("{} or more", s.least - own)
                                               : fmt::format("{} or {}", s.least, s.most);
  return fmt::format("'{}' takes {} value{}, found {}", s.name, wanted, wanted == "1" ? "" : "s",
                     count - own);
}

}  // namespace

Node* Parser::ConstantOf(const Operand& operand) {
  Node& node = nodes_[operand.node];
  return node.op == Op::kConstant && !operand.null_literal ? &node : nullptr;
}

bool Parser::Arguments(std::vector<Operand>* arguments, int depth) {
  Advance();  // past the '('
  while (token_.kind != TokenKind::kCloseParen) {
    const Parsed argument = Expression(0, depth + 1);
    if (!argument) {
      return false;
    }
    if (argument->null_literal) {
      return Fail(argument->offset, "'null' can only be compared").has_value();
    }
    arguments->push_back(*argument);
    if (token_.kind == TokenKind::kComma) {
      Advance();
    } else if (token_.kind != TokenKind::kCloseParen) {
      return Unexpected("',' or ')'").has_value();
    }
  }
  Advance();
  return true;
}

Parser::Parsed Parser::Call(const Token& name, Parsed receiver, int depth) {
  const Signature* const s = name.quoted ? nullptr : FindFunction(name.string);
  if (s == nullptr) {
    return Fail(name.offset, UnknownFunction(name.string));
  }
  std::vector<Operand> arguments;
  if (receiver) {
    if (receiver->null_literal) {
      return Fail(receiver->offset, "'null' can only be compared");
    }
    arguments.push_back(*receiver);
  }
  if (!Arguments(&arguments, depth)) {
    return std::nullopt;
  }
  if (std::string wrong = WrongCall(*s, receiver.has_value(), arguments.size()); !wrong.empty()) {
    return Fail(name.offset, std::move(wrong));
  }
  const std::string who = fmt::format("'{}'", s->name);
  Parsed result;
  switch (s->function) {
    case Function::kTextTest:
      result = TextTest(s->op, arguments, who);
      break;
    case Function::kMatches:
      result = Matches(arguments);
      break;
    case Function::kSize:
      result = Needs(arguments[0], Type::kString, who)
                   ? Parsed(Emit(s->op, Type::kNumber, 0, arguments))
                   : std::nullopt;
      break;
    case Function::kHas:
      result = Has(arguments);
      break;
    case Function::kExtreme:
      result = Extreme(s->op, arguments, who);
      break;
    case Function::kAbs:
      result = NeedsAmount(arguments[0], who) ? Parsed(arguments[0]) : std::nullopt;
      if (result) {
        const Operand node = Emit(s->op, result->type, 0, arguments);
        result->node = node.node;
        result->height = node.height;
        result->type = result->type == Type::kAny ? Type::kNumeric : result->type;
      }
      break;
    case Function::kRound:
      result = Round(arguments);
      break;
    case Function::kTimestamp:
      result = Timestamp(arguments);
      break;
    case Function::kDuration:
      result = Duration(arguments);
      break;
  }
  if (result) {
    result->offset = receiver ? receiver->offset : name.offset;
  }
  return result;
}

Parser::Parsed Parser::TextTest(Op op, const std::vector<Operand>& arguments,
                                std::string_view name) {
  if (!Needs(arguments[0], Type::kString, name) || !Needs(arguments[1], Type::kString, name)) {
    return std::nullopt;
  }
  if (op == Op::kContains && ConstantOf(arguments[1]) == nullptr) {
    // Looking for one long text in another would not be bounded by the length of either.
    return Fail(arguments[1].offset, "'contains' looks for a text that is written out");
  }
  return Emit(op, Type::kBool, 0, arguments);
}

Parser::Parsed Parser::Matches(const std::vector<Operand>& arguments) {
  if (!Needs(arguments[0], Type::kString, "'matches'") ||
      !Needs(arguments[1], Type::kString, "'matches'")) {
    return std::nullopt;
  }
  const Node* const text = ConstantOf(arguments[1]);
  if (text == nullptr) {
    return Fail(arguments[1].offset, "'matches' needs a pattern that is written out");
  }
  std::string error;
  std::optional<Pattern> pattern = Pattern::Compile(text->text, &error);
  if (!pattern) {
    return Fail(arguments[1].offset,
                fmt::format("'{}' is not a regular expression: {}", text->text, error));
  }
  patterns_.push_back(*std::move(pattern));
  const Operand result = Emit(Op::kMatches, Type::kBool, 0, {arguments[0]});
  nodes_.back().slot = static_cast<uint16_t>(patterns_.size() - 1);
  return result;
}

Parser::Parsed Parser::Has(const std::vector<Operand>& arguments) {
  if (nodes_[arguments[0].node].op != Op::kName) {
    return Fail(arguments[0].offset, "'has' asks for a field, such as has(data.kind)");
  }
  return Emit(Op::kIsPresent, Type::kBool, 0, arguments);
}

Parser::Parsed Parser::Extreme(Op op, const std::vector<Operand>& arguments,
                               std::string_view name) {
  Parsed result = arguments[0];
  for (const Operand& argument : arguments) {
    if (argument.type != Type::kTime && !NeedsAmount(argument, name)) {
      return std::nullopt;
    }
    if ((argument.type == Type::kTime) != (arguments[0].type == Type::kTime)) {
      return Fail(argument.offset, fmt::format("{} mixes {} and {}", name, Describe(arguments[0]),
                                               Describe(argument)));
    }
    if (argument.type != Type::kTime) {
      // What may stand in one sum may be compared, which leaves out times alone.
      result = Calculated(Op::kAdd, name, *result, argument, argument.offset);
      if (!result) {
        return std::nullopt;
      }
    }
  }
  const Operand node = Emit(op, result->type, 0, arguments);
  result->node = node.node;
  result->height = node.height;
  return result;
}

Parser::Parsed Parser::Round(const std::vector<Operand>& arguments) {
  const Operand& what = arguments[0];
  const bool plain = what.type == Type::kNumber || what.type == Type::kMoney ||
                     what.type == Type::kNumeric || what.type == Type::kAny;
  if (!plain) {
    return Fail(what.offset, fmt::format("'round' needs a number, found {}", Describe(what)));
  }
  uint16_t digits = 0;
  if (arguments.size() == 2) {
    const Node* const node = ConstantOf(arguments[1]);
    bool found = false;
    for (uint16_t n = 0; node != nullptr && n <= Decimal::kScaleDigits; ++n) {
      if (node->constant.kind == ValueKind::kNumber &&
          node->constant.number == Rational::Of(Decimal::FromInt(n))) {
        digits = n;
        found = true;
      }
    }
    if (!found) {
      return Fail(arguments[1].offset,
                  fmt::format("'round' takes 0 to {} digits, written out", Decimal::kScaleDigits));
    }
  }
  Operand result = what;
  const Operand node = Emit(Op::kRound, what.type, 0, {what});
  nodes_.back().slot = digits;
  result.node = node.node;
  result.height = node.height;
  result.type = what.type == Type::kAny ? Type::kNumeric : what.type;
  return result;
}

Parser::Parsed Parser::Timestamp(const std::vector<Operand>& arguments) {
  Operand operand = arguments[0];
  Node* const constant = ConstantOf(operand);
  if (constant != nullptr && operand.type == Type::kString) {
    const std::optional<int64_t> time = ParseRfc3339(constant->text);
    if (!time) {
      return Fail(
          operand.offset,
          fmt::format("'{}' is not a time such as 2026-01-31T09:00:00+08:00", constant->text));
    }
    constant->constant = Value::Time(*time);
    constant->text.clear();
    operand.type = Type::kTime;
    return operand;
  }
  switch (operand.type) {
    case Type::kAny:
    case Type::kString:
    case Type::kNumber:
    case Type::kNumeric:
      return Emit(Op::kTimestamp, Type::kTime, 0, arguments);
    case Type::kTime:
      return operand;
    default:
      return Fail(operand.offset,
                  fmt::format("'timestamp' needs a string or a number of seconds, found {}",
                              Describe(operand)));
  }
}

Parser::Parsed Parser::Duration(const std::vector<Operand>& arguments) {
  Operand operand = arguments[0];
  if (operand.type == Type::kDuration) {
    return operand;
  }
  Node* const constant = ConstantOf(operand);
  if (constant == nullptr || operand.type != Type::kString) {
    return Fail(operand.offset, "'duration' needs a text that is written out, such as \"1h30m\"");
  }
  std::string_view text = constant->text;
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  const std::optional<Span> span = ParseSpan(text);
  if (!span || span->kind != ValueKind::kDuration) {
    return Fail(operand.offset,
                fmt::format("'{}' is not a duration such as 24h or 1h30m", constant->text));
  }
  constant->constant = {.kind = ValueKind::kDuration,
                        .number = Rational::Of(negative ? -span->amount : span->amount)};
  constant->text.clear();
  operand.type = Type::kDuration;
  return operand;
}

}  // namespace kpiwatch::lang
