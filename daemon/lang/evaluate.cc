// Evaluation: a walk over the nodes whose depth the compiler has bounded. Nothing here allocates.
#include <optional>

#include "daemon/lang/code.h"
#include "daemon/lang/exact.h"
#include "daemon/lang/program.h"

namespace kpiwatch::lang {
namespace {

// A number, or text that is one (the cells of a CSV row are text).
std::optional<Rational> NumberOf(const Value& value) {
  if (value.kind == ValueKind::kNumber) {
    return value.number;
  }
  if (value.kind == ValueKind::kString) {
    if (const std::optional<Decimal> number = Decimal::Parse(value.text)) {
      return Rational::Of(*number);
    }
  }
  return std::nullopt;
}

// nullopt: the values are of kinds that have no order, or one is absent.
std::optional<std::strong_ordering> Order(const Value& a, const Value& b) {
  if (a.kind == ValueKind::kString && b.kind == ValueKind::kString) {
    return a.text <=> b.text;
  }
  if (a.kind == ValueKind::kBool && b.kind == ValueKind::kBool) {
    return a.boolean <=> b.boolean;
  }
  const std::optional<Rational> left = NumberOf(a);
  const std::optional<Rational> right = left ? NumberOf(b) : std::nullopt;
  if (!right) {
    return std::nullopt;
  }
  return *left <=> *right;
}

bool Equal(const Value& a, const Value& b) {
  const std::optional<std::strong_ordering> order = Order(a, b);
  return order && *order == std::strong_ordering::equal;
}

bool Compare(Op op, const Value& a, const Value& b) {
  if (op == Op::kEqual || op == Op::kNotEqual) {
    return Equal(a, b) == (op == Op::kEqual);
  }
  const std::optional<std::strong_ordering> order = Order(a, b);
  if (!order) {
    return false;
  }
  switch (op) {
    case Op::kLess:
      return *order < 0;
    case Op::kLessEqual:
      return *order <= 0;
    case Op::kGreater:
      return *order > 0;
    default:
      return *order >= 0;
  }
}

Value Calculate(Op op, const Value& a, const Value& b) {
  const std::optional<Rational> left = NumberOf(a);
  const std::optional<Rational> right = left ? NumberOf(b) : std::nullopt;
  if (!right) {
    return Value::Absent();
  }
  std::optional<Rational> result;
  switch (op) {
    case Op::kAdd:
      result = Add(*left, *right);
      break;
    case Op::kSubtract:
      result = Subtract(*left, *right);
      break;
    case Op::kMultiply:
      result = Multiply(*left, *right);
      break;
    default:
      result = Divide(*left, *right);
      break;
  }
  return result ? Value::Of(*result) : Value::Absent();
}

class Evaluation {
 public:
  Evaluation(const Code& code, Environment env) : nodes_(code.nodes.data()), env_(env) {}

  Value Of(const Node& node) const {
    switch (node.op) {
      case Op::kConstant:
        return node.constant;
      case Op::kName:
        return env_(node.slot);
      case Op::kNot: {
        const Value v = Of(nodes_[node.first]);
        return v.kind == ValueKind::kBool ? Value::Of(!v.boolean) : Value::Absent();
      }
      case Op::kNegate:
        return Calculate(Op::kSubtract, Value::Of(Decimal()), Of(nodes_[node.first]));
      case Op::kIsAbsent:
      case Op::kIsPresent: {
        const bool absent = Of(nodes_[node.first]).kind == ValueKind::kAbsent;
        return Value::Of(absent == (node.op == Op::kIsAbsent));
      }
      case Op::kAnd:
        return Chain(node, false);
      case Op::kOr:
        return Chain(node, true);
      case Op::kIn:
        return In(node);
      case Op::kIf:
        return If(node);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kDivide: {
        const Node& left = nodes_[node.first];
        return Calculate(node.op, Of(left), Of(nodes_[left.next]));
      }
      default: {
        const Node& left = nodes_[node.first];
        return Value::Of(Compare(node.op, Of(left), Of(nodes_[left.next])));
      }
    }
  }

 private:
  // && stops at the first false (`decisive`), || at the first true.
  Value Chain(const Node& node, bool decisive) const {
    bool all_known = true;
    for (uint32_t i = node.first; i != Node::kNone; i = nodes_[i].next) {
      const Value v = Of(nodes_[i]);
      if (v.kind != ValueKind::kBool) {
        all_known = false;
      } else if (v.boolean == decisive) {
        return v;
      }
    }
    return all_known ? Value::Of(!decisive) : Value::Absent();
  }

  Value In(const Node& node) const {
    const Value value = Of(nodes_[node.first]);
    for (uint32_t i = nodes_[node.first].next; i != Node::kNone; i = nodes_[i].next) {
      if (Equal(value, Of(nodes_[i]))) {
        return Value::Of(true);
      }
    }
    return Value::Of(false);
  }

  Value If(const Node& node) const {
    const Node& condition = nodes_[node.first];
    const Node& yes = nodes_[condition.next];
    const Value v = Of(condition);
    if (v.kind != ValueKind::kBool) {
      return Value::Absent();
    }
    return Of(v.boolean ? yes : nodes_[yes.next]);
  }

  const Node* nodes_;
  Environment env_;
};

}  // namespace

Value Program::Evaluate(Environment env) const { return Evaluation(*code_, env).Of(code_->root()); }

}  // namespace kpiwatch::lang
