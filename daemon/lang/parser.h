// Tokens → typed nodes: a Pratt parser that checks types as it goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/lang/code.h"
#include "daemon/lang/lexer.h"
#include "daemon/lang/program.h"

namespace kpiwatch::lang {

// Parses one expression. Not thread-safe; used once.
class Parser {
 public:
  // REQUIRES: `source` and `scope` outlive the parser.
  Parser(std::string_view source, const Scope& scope) : scope_(scope), lexer_(source) {}

  // The whole source as one expression of type `result`; false: see error().
  bool Parse(Type result);
  const Error& error() const { return error_; }
  // The type of the whole expression, after Parse.
  Type type() const { return type_; }
  const std::string& currency() const { return currency_; }  // of kMoney; empty: not known
  Code TakeCode() { return {.nodes = std::move(nodes_), .patterns = std::move(patterns_)}; }

 private:
  // A parsed operand: its node, what is known of it, and where it stands.
  struct Operand {
    uint32_t node = Node::kNone;
    Type type = Type::kAny;
    size_t offset = 0;
    int height = 1;
    bool null_literal = false;
    bool literal = false;    // written out, or calculated from what is
    std::string currency{};  // of kMoney, where it is known at load
  };
  using Parsed = std::optional<Operand>;  // nullopt: error_ is set

  Parsed Expression(int min_power, int depth);
  Parsed Primary(int depth);
  Parsed Methods(Parsed receiver, int depth);
  Parsed Prefix(int depth);
  Parsed Infix(Operand left, Token op, int power, int depth);
  Parsed Chain(Operand left, Token op, int power, int depth);
  Parsed Comparison(Operand left, Token op, int power, int depth);
  Parsed Arithmetic(Operand left, Token op, int power, int depth);
  Parsed In(Operand left, Token op, int depth);
  Parsed Conditional(Operand condition, int depth);
  Parsed Name(Token first, int depth);
  Parsed Resolve(std::string path, size_t offset);
  Parsed Number(Token token);
  Parsed Constant(size_t offset, Type type, Value value, std::string text);

  // functions.cc: calls, whose name is read and whose '(' is the current token.
  Parsed Call(const Token& name, Parsed receiver, int depth);
  bool Arguments(std::vector<Operand>* arguments, int depth);
  Parsed TextTest(Op op, const std::vector<Operand>& arguments, std::string_view name);
  Parsed Matches(const std::vector<Operand>& arguments);
  Parsed Has(const std::vector<Operand>& arguments);
  Parsed Extreme(Op op, const std::vector<Operand>& arguments, std::string_view name);
  Parsed Round(const std::vector<Operand>& arguments);
  Parsed Timestamp(const std::vector<Operand>& arguments);
  Parsed Duration(const std::vector<Operand>& arguments);
  // The constant that `operand` is; null: it is none.
  Node* ConstantOf(const Operand& operand);

  void Advance() { token_ = lexer_.Next(); }
  bool Expect(TokenKind kind, std::string_view text);
  bool Needs(const Operand& operand, Type type, std::string_view who);
  // A number, money, or a stretch of time.
  bool NeedsAmount(const Operand& operand, std::string_view who);
  bool Comparable(const Operand& left, const Operand& right, std::string_view op, size_t offset);
  // What `left op right` is, without a node; fails at `offset`.
  Parsed Calculated(Op op, std::string_view who, const Operand& left, const Operand& right,
                    size_t offset);
  Operand Emit(Op op, Type type, size_t offset, const std::vector<Operand>& operands);
  bool TooDeep(int height, size_t offset);
  Parsed Fail(size_t offset, std::string message);
  // "expected `what`, found …", for the current token.
  Parsed Unexpected(std::string_view what);
  static std::string Describe(const Operand& operand);

  const Scope& scope_;
  Lexer lexer_;
  Token token_;
  std::vector<Node> nodes_;
  std::vector<Pattern> patterns_;
  Type type_ = Type::kAny;
  std::string currency_;
  Error error_;
};

}  // namespace kpiwatch::lang
