#include "daemon/lang/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 beyond ASCII may stand in names: field names of Chinese systems are often Chinese.
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

// Punctuation that an input method makes of an ASCII key, and what was meant.
struct FullWidth {
  std::string_view text;
  std::string_view ascii;
};
constexpr std::array<FullWidth, 17> kFullWidth = {{{"“", "\""},
                                                   {"”", "\""},
                                                   {"‘", "'"},
                                                   {"’", "'"},
                                                   {"（", "("},
                                                   {"）", ")"},
                                                   {"，", ","},
                                                   {"、", ","},
                                                   {"：", ":"},
                                                   {"！", "!"},
                                                   {"？", "?"},
                                                   {"＜", "<"},
                                                   {"＞", ">"},
                                                   {"＝", "="},
                                                   {"％", "%"},
                                                   {"≥", ">="},
                                                   {"≤", "<="}}};

const FullWidth* FindFullWidth(std::string_view text) {
  for (const FullWidth& f : kFullWidth) {
    if (text.starts_with(f.text)) {
      return &f;
    }
  }
  return nullptr;
}

// Punctuation by its text, the longest first.
constexpr std::array<std::pair<std::string_view, TokenKind>, 21> kOperators = {{
    {"&&", TokenKind::kAnd},       {"||", TokenKind::kOr},         {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},  {"<=", TokenKind::kLessEqual},  {">=", TokenKind::kGreaterEqual},
    {"<", TokenKind::kLess},       {">", TokenKind::kGreater},     {"!", TokenKind::kNot},
    {"+", TokenKind::kPlus},       {"-", TokenKind::kMinus},       {"*", TokenKind::kStar},
    {"/", TokenKind::kSlash},      {".", TokenKind::kDot},         {",", TokenKind::kComma},
    {"?", TokenKind::kQuestion},   {":", TokenKind::kColon},       {"(", TokenKind::kOpenParen},
    {")", TokenKind::kCloseParen}, {"[", TokenKind::kOpenBracket}, {"]", TokenKind::kCloseBracket},
}};

}  // namespace

Token Lexer::Next() {
  if (failed_) {
    return {.kind = TokenKind::kError, .offset = error_.offset};
  }
  SkipSpace();
  if (pos_ >= text_.size()) {
    return {.kind = TokenKind::kEnd, .offset = text_.size()};
  }
  const char c = text_[pos_];
  if (IsDigit(c) || (c == '.' && pos_ + 1 < text_.size() && IsDigit(text_[pos_ + 1]))) {
    return Number();
  }
  const bool raw = (c == 'r' || c == 'R') && pos_ + 1 < text_.size();
  const char quote = raw ? text_[pos_ + 1] : c;
  if (quote == '"' || quote == '\'') {
    return String();
  }
  if (c == '`') {
    return QuotedName();
  }
  if (IsNameStart(c)) {
    return Name();
  }
  return Operator();
}

void Lexer::SkipSpace() {
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++pos_;
    } else if (text_.substr(pos_).starts_with("//")) {
      pos_ = std::min(text_.find('\n', pos_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::Fail(size_t offset, std::string message) {
  failed_ = true;
  error_ = {.offset = offset, .message = std::move(message)};
  return {.kind = TokenKind::kError, .offset = offset};
}

Token Lexer::Take(TokenKind kind, size_t length) {
  Token token{.kind = kind, .offset = pos_, .text = text_.substr(pos_, length)};
  pos_ += length;
  return token;
}

size_t Lexer::NameEnd(size_t from) const {
  size_t end = from;
  while (end < text_.size() && IsNamePart(text_[end]) &&
         FindFullWidth(text_.substr(end)) == nullptr) {
    ++end;
  }
  return end;
}

Token Lexer::Name() {
  if (const FullWidth* f = FindFullWidth(text_.substr(pos_)); f != nullptr) {
    return Fail(pos_, fmt::format("found '{}'; write the ASCII '{}'", f->text, f->ascii));
  }
  Token token = Take(TokenKind::kName, NameEnd(pos_) - pos_);
  token.string = std::string(token.text);
  return token;
}

Token Lexer::QuotedName() {
  const size_t start = pos_;
  const size_t end = text_.find('`', start + 1);
  if (end == std::string_view::npos || end == start + 1) {
    return Fail(start, "a quoted name needs a name and a closing `");
  }
  Token token = Take(TokenKind::kName, end + 1 - start);
  token.string = std::string(text_.substr(start + 1, end - start - 1));
  token.quoted = true;
  return token;
}

Token Lexer::Operator() {
  const std::string_view rest = text_.substr(pos_);
  for (const auto& [text, kind] : kOperators) {
    if (rest.starts_with(text)) {
      return Take(kind, text.size());
    }
  }
  switch (rest.front()) {
    case '=':
      return Fail(pos_, "found '='; equality is written '=='");
    case '&':
      return Fail(pos_, "found '&'; 'and' is written '&&'");
    case '|':
      return Fail(pos_, "found '|'; 'or' is written '||'");
    case '%':
      return Fail(pos_, "found '%'; a percentage is written like '40%', and there is no modulo");
    default:
      break;
  }
  const char c = rest.front();
  if (c > ' ' && c < 0x7F) {
    return Fail(pos_, fmt::format("unexpected character '{}'", c));
  }
  return Fail(pos_, fmt::format("unexpected character 0x{:02x}", static_cast<unsigned char>(c)));
}

}  // namespace kpiwatch::lang
