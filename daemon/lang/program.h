// The one expression language of rule files and mappings: CEL's syntax with percentages, durations
// and money. Compiled once; evaluating allocates nothing and takes a bounded number of steps.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "daemon/lang/value.h"

namespace kpiwatch::lang {

// Where in an expression something is wrong; `offset` counts bytes from its start (0-based).
struct Error {
  size_t offset = 0;
  std::string message;  // what was found, what was expected, the nearest known name
};

// A name's slot in the environment and its type.
struct Binding {
  uint16_t slot = 0;
  Type type = Type::kAny;
  std::string_view currency = {};  // of kMoney, where it is always the same one
};

// Resolves the names of an expression while it is compiled: "completion", "data.owner_id",
// "person.level", "SalesPersonID". nullopt: unknown name (the compiler then suggests the nearest of
// `known`).
struct Scope {
  std::function<std::optional<Binding>(std::string_view path)> resolve;
  std::vector<std::string> known;     // for suggestions
  std::vector<std::string> reserved;  // names of the language that this version does not offer
  std::string hint;                   // how names look here; told where no known name is near
};

// The values of the slots at evaluation. An absent or null value makes a comparison with it false
// (`!=` true), except one with the literal `null`, which asks for absence. `&&` and `||` look at
// both sides: false && absent is false, true || absent is true, else an absent side makes the
// result absent, as it does that of `!`.
//
// Values of fields (kAny) are compared by what they hold: text with a number numerically where the
// text is a number, text with a time where it is one of RFC 3339, money with a number by its
// amount; otherwise values of different kinds, and money of two currencies, are unequal and neither
// is less. What a function asks of a text (startsWith and the like) is false of what is none.
using Environment = absl::FunctionRef<Value(uint16_t slot)>;

enum class Comparator : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

// A whole program of the form `name < 40%` (or the same turned round).
struct SimpleComparison {
  uint16_t slot = 0;
  Comparator comparator = Comparator::kEqual;
  Rational threshold;
};

struct Code;  // daemon/lang/code.h

// Immutable; safe to share between threads. Copies share their code.
class Program {
 public:
  static constexpr size_t kMaxSourceBytes = 4096;
  // Nesting, so that evaluation's stack is bounded. Chains of && and || do not nest.
  static constexpr int kMaxDepth = 64;
  // Of work().
  static constexpr size_t kMaxWork = 4096;

  // Compiles `source` against `scope`. `result` is the type the caller needs (kAny: any type; what
  // is typed by data only, serves every need). On failure returns nullopt and fills *error.
  static std::optional<Program> Compile(std::string_view source, const Scope& scope, Type result,
                                        Error* error);

  // Evaluates; kAbsent when the result depends on an absent value that is not compared, on a
  // division by zero, on a number that does not fit 128 bits, on a time outside the years 1 to
  // 9999, or on money of two currencies in one sum. Text in the result borrows from
  // the program or the environment.
  Value Evaluate(Environment env) const;
  // True only if the result is the boolean true.
  bool EvaluateBool(Environment env) const {
    const Value v = Evaluate(env);
    return v.kind == ValueKind::kBool && v.boolean;
  }

  const std::string& source() const { return source_; }
  // What is known of the result.
  Type type() const { return type_; }
  // The currency of a result of kMoney, where it is always the same one; else empty.
  const std::string& currency() const { return currency_; }
  // The most steps that one evaluation takes: one for each operand, operator and element of a list,
  // and for each state of a pattern. A step reads a text once at most, `contains` once for each
  // byte that it looks for.
  size_t work() const;
  // The slots that the program reads, ascending, each once.
  const std::vector<uint16_t>& slots() const { return slots_; }
  // When the whole program is one name, its slot.
  std::optional<uint16_t> single_slot() const;
  // When the whole program is a constant, its value; text borrows from the program.
  std::optional<Value> constant() const;
  // When the whole program compares one name with one number or one amount of money.
  std::optional<SimpleComparison> simple_comparison() const;
  // The meaning without the spelling: equal for programs that differ in spaces, comments, quotes
  // or superfluous parentheses. Stable across processes.
  std::string Canonical() const;

 private:
  Program() = default;

  std::string source_;
  Type type_ = Type::kAny;
  std::string currency_;
  std::shared_ptr<const Code> code_;
  std::vector<uint16_t> slots_;
};

// What keeps results of `program` out of the field of an event; nullopt: nothing. Durations have no
// number of their own.
std::optional<Error> NotAField(const Program& program);

}  // namespace kpiwatch::lang
