// Evaluation: a walk over the nodes whose depth the compiler has bounded. Nothing here allocates.
#include <optional>

#include "daemon/lang/code.h"
#include "daemon/lang/exact.h"
#include "daemon/lang/program.h"
#include "daemon/lang/quantities.h"
#include "daemon/model/rfc3339.h"

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

// What can be calculated with: a number, as above, or another quantity.
std::optional<Value> QuantityOf(const Value& value) {
  if (value.kind >= ValueKind::kMoney) {
    return value;
  }
  const std::optional<Rational> number = NumberOf(value);
  return number ? std::optional(Value::Of(*number)) : std::nullopt;
}

// A number beside money counts as money of that currency. False: the two do not go together.
bool Align(Value* a, Value* b) {
  if (a->kind == ValueKind::kMoney && b->kind == ValueKind::kNumber) {
    *b = Value::Money(b->number, a->text);
  } else if (b->kind == ValueKind::kMoney && a->kind == ValueKind::kNumber) {
    *a = Value::Money(a->number, b->text);
  }
  return a->kind != ValueKind::kMoney || b->kind != ValueKind::kMoney || a->text == b->text;
}

// nullopt: no time.
std::optional<Value> TimeOf(const Value& value) {
  if (value.kind == ValueKind::kTime) {
    return value;
  }
  const std::optional<int64_t> unix_ms =
      value.kind == ValueKind::kString ? ParseRfc3339(value.text) : std::nullopt;
  return unix_ms ? std::optional(Value::Time(*unix_ms)) : std::nullopt;
}

// nullopt: the values are of kinds that have no order, or one is absent.
std::optional<std::strong_ordering> Order(const Value& a, const Value& b) {
  if (a.kind == ValueKind::kString && b.kind == ValueKind::kString) {
    return a.text <=> b.text;
  }
  if (a.kind == ValueKind::kBool && b.kind == ValueKind::kBool) {
    return a.boolean <=> b.boolean;
  }
  if (a.kind < ValueKind::kMoney && b.kind < ValueKind::kMoney) {
    const std::optional<Rational> left = NumberOf(a);
    const std::optional<Rational> right = left ? NumberOf(b) : std::nullopt;
    return right ? std::optional(*left <=> *right) : std::nullopt;
  }
  const bool times = a.kind == ValueKind::kTime || b.kind == ValueKind::kTime;
  std::optional<Value> left = times ? TimeOf(a) : QuantityOf(a);
  std::optional<Value> right = !left ? std::nullopt : times ? TimeOf(b) : QuantityOf(b);
  if (!right || !Align(&*left, &*right) || left->kind != right->kind) {
    return std::nullopt;
  }
  return left->number <=> right->number;
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

// Absent beyond what an event's time may be.
Value InRange(const Value& value) {
  if (value.kind != ValueKind::kTime) {
    return value;
  }
  const bool fits = value.number >= Rational::Of(Decimal::FromInt(kMinEventTimeMs)) &&
                    value.number <= Rational::Of(Decimal::FromInt(kMaxEventTimeMs));
  return fits ? value : Value::Absent();
}

std::optional<Rational> Calculate(Op op, const Rational& a, const Rational& b) {
  switch (op) {
    case Op::kAdd:
      return Add(a, b);
    case Op::kSubtract:
      return Subtract(a, b);
    case Op::kMultiply:
      return Multiply(a, b);
    default:
      return Divide(a, b);
  }
}

Value Calculate(Op op, const Value& a, const Value& b) {
  if (a.kind == ValueKind::kNumber && b.kind == ValueKind::kNumber) {
    const std::optional<Rational> result = Calculate(op, a.number, b.number);
    return result ? Value::Of(*result) : Value::Absent();
  }
  std::optional<Value> left = QuantityOf(a);
  std::optional<Value> right = left ? QuantityOf(b) : std::nullopt;
  if (!right) {
    return Value::Absent();
  }
  // Money may be multiplied by a number and divided by one; else a number takes its currency.
  const bool scales =
      op == Op::kMultiply || (op == Op::kDivide && right->kind == ValueKind::kNumber);
  if (!scales && !Align(&*left, &*right)) {
    return Value::Absent();
  }
  const std::optional<ValueKind> kind = ResultKind(op, left->kind, right->kind);
  const std::optional<Rational> number =
      kind ? Calculate(op, left->number, right->number) : std::nullopt;
  if (!number) {
    return Value::Absent();
  }
  Value result{.kind = *kind, .number = *number};
  if (*kind == ValueKind::kMoney) {
    result.text = left->kind == ValueKind::kMoney ? left->text : right->text;
  }
  return InRange(result);
}

Value Negated(const Value& value) {
  std::optional<Value> quantity = QuantityOf(value);
  if (!quantity || quantity->kind == ValueKind::kTime) {
    return Value::Absent();
  }
  const std::optional<Rational> number = Subtract(Rational(), quantity->number);
  quantity->number = number.value_or(Rational());
  return number ? *quantity : Value::Absent();
}

Value Rounded(const Value& value, int digits) {
  std::optional<Value> quantity = QuantityOf(value);
  const bool plain =
      quantity && (quantity->kind == ValueKind::kNumber || quantity->kind == ValueKind::kMoney);
  const std::optional<Decimal> number = plain ? quantity->number.Rounded(digits) : std::nullopt;
  if (!number) {
    return Value::Absent();
  }
  quantity->number = Rational::Of(*number);
  return *quantity;
}

// The moment that a text, or a number of seconds since 1970, names.
Value Timestamp(const Value& value) {
  if (const std::optional<Value> time = TimeOf(value)) {
    return *time;
  }
  const std::optional<Value> seconds = QuantityOf(value);
  if (!seconds || seconds->kind != ValueKind::kNumber) {
    return Value::Absent();
  }
  const std::optional<Rational> ms =
      Multiply(seconds->number, Rational::Of(Decimal::FromInt(1000)));
  return ms ? InRange({.kind = ValueKind::kTime, .number = *ms}) : Value::Absent();
}

Value SizeOf(const Value& value) {
  if (value.kind != ValueKind::kString) {
    return Value::Absent();
  }
  int64_t characters = 0;
  for (size_t at = 0; at < value.text.size(); ++characters) {
    at += FirstCharacter(value.text.substr(at)).second;
  }
  return Value::Of(Decimal::FromInt(characters));
}

bool TextTest(Op op, const Value& text, const Value& part) {
  if (text.kind != ValueKind::kString || part.kind != ValueKind::kString) {
    return false;
  }
  switch (op) {
    case Op::kStartsWith:
      return text.text.starts_with(part.text);
    case Op::kEndsWith:
      return text.text.ends_with(part.text);
    default:
      return text.text.find(part.text) != std::string_view::npos;
  }
}

class Evaluation {
 public:
  Evaluation(const Code& code, Environment env)
      : code_(code), nodes_(code.nodes.data()), env_(env) {}

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
        return Negated(Of(nodes_[node.first]));
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
      case Op::kStartsWith:
      case Op::kEndsWith:
      case Op::kContains: {
        const Node& text = nodes_[node.first];
        return Value::Of(TextTest(node.op, Of(text), Of(nodes_[text.next])));
      }
      case Op::kMatches:
      case Op::kSize:
      case Op::kAbs:
      case Op::kRound:
      case Op::kTimestamp:
        return Function(node, Of(nodes_[node.first]));
      case Op::kMin:
      case Op::kMax:
        return Extreme(node);
      default: {
        const Node& left = nodes_[node.first];
        return Value::Of(Compare(node.op, Of(left), Of(nodes_[left.next])));
      }
    }
  }

 private:
  Value Function(const Node& node, const Value& value) const {
    switch (node.op) {
      case Op::kMatches:
        return Value::Of(value.kind == ValueKind::kString &&
                         code_.patterns[node.slot].Matches(value.text));
      case Op::kSize:
        return SizeOf(value);
      case Op::kRound:
        return Rounded(value, node.slot);
      case Op::kTimestamp:
        return Timestamp(value);
      default: {
        const std::optional<Value> quantity = QuantityOf(value);
        return !quantity                       ? Value::Absent()
               : quantity->number < Rational() ? Negated(*quantity)
                                               : *quantity;
      }
    }
  }

  // Absent as soon as one operand is, or two do not go together.
  Value Extreme(const Node& node) const {
    std::optional<Value> best = QuantityOf(Of(nodes_[node.first]));
    for (uint32_t i = nodes_[node.first].next; best && i != Node::kNone; i = nodes_[i].next) {
      std::optional<Value> other = QuantityOf(Of(nodes_[i]));
      if (!other || !Align(&*best, &*other) || best->kind != other->kind) {
        return Value::Absent();
      }
      if ((node.op == Op::kMin) == (other->number < best->number)) {
        best = other;
      }
    }
    return best ? *best : Value::Absent();
  }

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

  const Code& code_;
  const Node* nodes_;
  Environment env_;
};

}  // namespace

Value Program::Evaluate(Environment env) const { return Evaluation(*code_, env).Of(code_->root()); }

}  // namespace kpiwatch::lang
