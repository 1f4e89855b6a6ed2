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
  }
  return "";
}

void AppendCanonical(const Code& code, const Node& node, std::string* out) {
  if (node.op == Op::kName) {
    // The length says where a name or a string ends, whatever stands in it.
    *out += fmt::format("${}:{}", node.text.size(), node.text);
    return;
  }
  if (node.op == Op::kConstant) {
    const Value& v = node.constant;
    switch (v.kind) {
      case ValueKind::kAbsent:
        *out += "null";
        break;
      case ValueKind::kBool:
        *out += v.boolean ? "true" : "false";
        break;
      case ValueKind::kNumber:
        *out += v.number.num.ToString() + "/" + v.number.den.ToString();
        break;
      case ValueKind::kString:
        *out += fmt::format("'{}:{}", v.text.size(), v.text);
        break;
    }
    return;
  }
  *out += fmt::format("({}", OpName(node.op));
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
  auto code = std::make_shared<Code>(Code{parser.TakeNodes()});
  for (Node& node : code->nodes) {
    if (node.op == Op::kConstant && node.constant.kind == ValueKind::kString) {
      node.constant.text = node.text;
    } else if (node.op == Op::kName) {
      program.slots_.push_back(node.slot);
    }
  }
  std::sort(program.slots_.begin(), program.slots_.end());
  program.slots_.erase(std::unique(program.slots_.begin(), program.slots_.end()),
                       program.slots_.end());
  program.code_ = std::move(code);
  return program;
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
      threshold.constant.kind != ValueKind::kNumber) {
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
