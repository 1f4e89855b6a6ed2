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

// "number", "string", "bool", "any".
std::string_view TypeName(Type type);

// Parses one expression. Not thread-safe; used once.
class Parser {
 public:
  // REQUIRES: `source` and `scope` outlive the parser.
  Parser(std::string_view source, const Scope& scope) : scope_(scope), lexer_(source) {}

  // The whole source as one expression of type `result`; false: see error().
  bool Parse(Type result);
  const Error& error() const { return error_; }
  std::vector<Node> TakeNodes() { return std::move(nodes_); }

 private:
  // A parsed operand: its node, what is known of it, and where it stands.
  struct Operand {
    uint32_t node = Node::kNone;
    Type type = Type::kAny;
    size_t offset = 0;
    int height = 1;
    bool null_literal = false;
  };
  using Parsed = std::optional<Operand>;  // nullopt: error_ is set

  Parsed Expression(int min_power, int depth);
  Parsed Primary(int depth);
  Parsed Prefix(int depth);
  Parsed Infix(Operand left, Token op, int power, int depth);
  Parsed Chain(Operand left, Token op, int power, int depth);
  Parsed Comparison(Operand left, Token op, int power, int depth);
  Parsed Arithmetic(Operand left, Token op, int power, int depth);
  Parsed In(Operand left, Token op, int depth);
  Parsed Conditional(Operand condition, int depth);
  Parsed Name(Token first);
  Parsed Constant(size_t offset, Type type, Value value, std::string text);

  void Advance() { token_ = lexer_.Next(); }
  bool Expect(TokenKind kind, std::string_view text);
  bool Needs(const Operand& operand, Type type, std::string_view who);
  Operand Emit(Op op, Type type, size_t offset, std::initializer_list<Operand> operands);
  bool TooDeep(int height, size_t offset);
  Parsed Fail(size_t offset, std::string message);
  // "expected `what`, found …", for the current token.
  Parsed Unexpected(std::string_view what);

  const Scope& scope_;
  Lexer lexer_;
  Token token_;
  std::vector<Node> nodes_;
  Error error_;
};

}  // namespace kpiwatch::lang
