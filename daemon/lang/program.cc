#include "daemon/lang/program.h"

#include <algorithm>
#include <utility>

#include "daemon/lang/code.h"
#include "daemon/lang/parser.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

std::optional<Comparator> ComparatorOf(Op op) {
  switch (op) {
    case Op::kLess:
      return Comparator::kLess;
    case Op::kLessEqual:
      return Comparator::kLessEqual;
    case Op::kGreater:
      return Comparator::kGreater;
    case Op::kGreaterEqual:
      return Comparator::kGreaterEqual;
    case Op::kEqual:
      return Comparator::kEqual;
    case Op::kNotEqual:
      return Comparator::kNotEqual;
    default:
      return std::nullopt;
  }
}

// The comparator with its sides exchanged.
Comparator Mirrored(Comparator comparator) {
  switch (comparator) {
    case Comparator::kLess:
      return Comparator::kGreater;
    case Comparator::kLessEqual:
      return Comparator::kGreaterEqual;
    case Comparator::kGreater:
      return Comparator::kLess;
    case Comparator::kGreaterEqual:
      return Comparator::kLessEqual;
    default:
      return comparator;
  }
}

std::string_view OpName(Op op) {
  switch (op) {
    case Op::kConstant:
    case Op::kName:
      return "";
    case Op::kNot:
      return "!";
    case Op::kNegate:
      return "neg";
    case Op::kIsAbsent:
      return "absent";
    case Op::kIsPresent:
      return "present";
    case Op::kAnd:
      return "&&";
    case Op::kOr:
      return "||";
    case Op::kEqual:
      return "==";
    case Op::kNotEqual:
      return "!=";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kIn:
      return "in";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kIf:
      return "?";
    case Op::kStartsWith:
      return "startsWith";
    case Op::kEndsWith:
      return "endsWith";
    case Op::kContains:
      return "contains";
    case Op::kMatches:
      return "matches";
    case Op::kSize:
      return "size";
    case Op::kMin:
      return "min";
    case Op::kMax:
      return "max";
    case Op::kAbs:
      return "abs";
    case Op::kRound:
      return "round";
    case Op::kTimestamp:
      return "timestamp";
  }
  return "";
}

std::string CanonicalConstant(const Value& v) {
  const std::string number = v.number.num.ToString() + "/" + v.number.den.ToString();
  switch (v.kind) {
    case ValueKind::kAbsent:
      return "null";
    case ValueKind::kBool:
      return v.boolean ? "true" : "false";
    case ValueKind::kNumber:
      return number;
    case ValueKind::kString:
      // The length says where a name or a string ends, whatever stands in it.
      return fmt::format("'{}:{}", v.text.size(), v.text);
    case ValueKind::kMoney:
      return fmt::format("{}{}", number, v.text);
    case ValueKind::kTime:
      return number + "@";
    case ValueKind::kDuration:
      return number + "ms";
    case ValueKind::kWorkingDays:
      return number + "wd";
    case ValueKind::kWorkingHours:
      return number + "wh";
  }
  return "";
}

void AppendCanonical(const Code& code, const Node& node, std::string* out) {
  if (node.op == Op::kName) {
    *out += fmt::format("${}:{}", node.text.size(), node.text);
    return;
  }
  if (node.op == Op::kConstant) {
    *out += CanonicalConstant(node.constant);
    return;
  }
  *out += fmt::format("({}", OpName(node.op));
  if (node.op == Op::kMatches) {
    const std::string& pattern = code.patterns[node.slot].source();
    *out += fmt::format(" '{}:{}", pattern.size(), pattern);
  } else if (node.op == Op::kRound) {
    *out += fmt::format(" {}", node.slot);
  }
  for (uint32_t i = node.first; i != Node::kNone; i = code.nodes[i].next) {
    *out += ' ';
    AppendCanonical(code, code.nodes[i], out);
  }
  *out += ')';
}

}  // namespace

std::optional<Program> Program::Compile(std::string_view source, const Scope& scope, Type result,
                                        Error* error) {
  if (source.size() > kMaxSourceBytes) {
    *error = {.offset = kMaxSourceBytes,
              .message = fmt::format("the expression is longer than {} bytes", kMaxSourceBytes)};
    return std::nullopt;
  }
  Parser parser(source, scope);
  if (!parser.Parse(result)) {
    *error = parser.error();
    return std::nullopt;
  }
  Program program;
  program.source_ = std::string(source);
  program.type_ = parser.type();
  program.currency_ = parser.type() == Type::kMoney ? parser.currency() : "";
  auto code = std::make_shared<Code>(parser.TakeCode());
  for (Node& node : code->nodes) {
    if (node.op == Op::kConstant &&
        (node.constant.kind == ValueKind::kString || node.constant.kind == ValueKind::kMoney)) {
      node.constant.text = node.text;
    } else if (node.op == Op::kName) {
      program.slots_.push_back(node.slot);
    }
  }
  std::sort(program.slots_.begin(), program.slots_.end());
  program.slots_.erase(std::unique(program.slots_.begin(), program.slots_.end()),
                       program.slots_.end());
  program.code_ = std::move(code);
  if (const size_t work = program.work(); work > kMaxWork) {
    *error = {.offset = 0,
              .message = fmt::format("the expression takes {} steps; at most {} are allowed, and "
                                     "patterns take the most",
                                     work, kMaxWork)};
    return std::nullopt;
  }
  return program;
}

size_t Program::work() const {
  size_t work = code_->nodes.size();
  for (const Pattern& pattern : code_->patterns) {
    work += pattern.states();
  }
  return work;
}

std::optional<Error> NotAField(const Program& program) {
  switch (program.type()) {
    case Type::kDuration:
      return Error{.message =
                       "a field of an event cannot be a duration; divide it, as in (…) / 1h"};
    case Type::kWorkingDays:
      return Error{.message = "a field of an event cannot be working days; divide them by 1wd"};
    case Type::kWorkingHours:
      return Error{.message = "a field of an event cannot be working hours; divide them by 1wh"};
    default:
      return std::nullopt;
  }
}

std::optional<uint16_t> Program::single_slot() const {
  const Node& root = code_->root();
  return root.op == Op::kName ? std::optional<uint16_t>(root.slot) : std::nullopt;
}

std::optional<Value> Program::constant() const {
  const Node& root = code_->root();
  return root.op == Op::kConstant ? std::optional<Value>(root.constant) : std::nullopt;
}

std::optional<SimpleComparison> Program::simple_comparison() const {
  const Node& root = code_->root();
  const std::optional<Comparator> comparator = ComparatorOf(root.op);
  if (!comparator) {
    return std::nullopt;
  }
  const Node& left = code_->nodes[root.first];
  const Node& right = code_->nodes[left.next];
  const bool mirrored = left.op == Op::kConstant;
  const Node& name = mirrored ? right : left;
  const Node& threshold = mirrored ? left : right;
  if (name.op != Op::kName || threshold.op != Op::kConstant ||
      (threshold.constant.kind != ValueKind::kNumber &&
       threshold.constant.kind != ValueKind::kMoney)) {
    return std::nullopt;
  }
  return SimpleComparison{.slot = name.slot,
                          .comparator = mirrored ? Mirrored(*comparator) : *comparator,
                          .threshold = threshold.constant.number};
}

std::string Program::Canonical() const {
  std::string out;
  AppendCanonical(*code_, code_->root(), &out);
  return out;
}

}  // namespace kpiwatch::lang
