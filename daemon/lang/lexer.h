// Text of an expression → tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/lang/program.h"

namespace kpiwatch::lang {

enum class TokenKind : uint8_t {
  kEnd,
  kError,   // Lexer::error() says what is wrong
  kNumber,  // or a stretch of time
  kString,
  kName,
  kDot,
  kComma,
  kQuestion,
  kColon,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kNot,
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kPlus,
  kMinus,
  kStar,
  kSlash,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t offset = 0;        // of its first byte
  std::string_view text{};  // as written
  Value value{};            // kNumber: a number, duration, working days or hours
  std::string string{};     // kString: unescaped; kName: the name (without back quotes)
  bool quoted = false;      // kName in back quotes, never a word of the language
};

// Reads CEL's tokens, percentages, durations, // comments and back-quoted names (`Complete
// Timestamp`). Not thread-safe. The text must outlive the lexer and its tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd again and again at the end, kError from the first mistake on.
  Token Next();
  // What is wrong, after a kError.
  const Error& error() const { return error_; }

 private:
  void SkipSpace();
  Token Fail(size_t offset, std::string message);
  Token Take(TokenKind kind, size_t length);
  Token Number();
  Token String();
  Token Name();
  Token QuotedName();
  Token Operator();
  // The end (not included) of the run of name characters that begins at `from`.
  size_t NameEnd(size_t from) const;
  // Appends the character that the escape at text_[pos_] (after the backslash) stands for.
  bool Escape(size_t start, std::string* out);
  // Reads `digits` digits of `base` (8 or 16) as a character's number; nullopt: failed.
  std::optional<uint32_t> CodePoint(size_t start, int digits, uint32_t base);

  std::string_view text_;
  size_t pos_ = 0;
  bool failed_ = false;
  Error error_;
};

}  // namespace kpiwatch::lang
