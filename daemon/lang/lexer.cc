#include "daemon/lang/lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/lang/exact.h"
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

bool IsDurationUnit(std::string_view unit) {
  for (std::string_view known : {"ms", "s", "m", "h", "d", "w", "wd", "wh"}) {
    if (unit == known) {
      return true;
    }
  }
  return false;
}

int HexDigit(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void AppendUtf8(uint32_t point, std::string* out) {
  if (point < 0x80) {
    out->push_back(static_cast<char>(point));
    return;
  }
  const int extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const uint32_t lead = extra == 1 ? 0xC0 : extra == 2 ? 0xE0 : 0xF0;
  out->push_back(static_cast<char>(lead | (point >> (6 * extra))));
  for (int i = extra - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F)));
  }
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
  if (c == '"' || c == '\'') {
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

Token Lexer::Number() {
  const size_t start = pos_;
  size_t end = pos_;
  const auto skip_digits = [&] {
    while (end < text_.size() && IsDigit(text_[end])) {
      ++end;
    }
  };
  skip_digits();
  if (end < text_.size() && text_[end] == '.') {
    ++end;
    skip_digits();
  }
  if (end < text_.size() && (text_[end] | 0x20) == 'e') {
    size_t exponent = end + 1;
    if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) {
      ++exponent;
    }
    if (exponent < text_.size() && IsDigit(text_[exponent])) {
      end = exponent;
      skip_digits();
    }
  }
  size_t suffix = end;
  while (suffix < text_.size() && IsNamePart(text_[suffix]) &&
         FindFullWidth(text_.substr(suffix)) == nullptr) {
    ++suffix;
  }
  const std::string_view digits = text_.substr(start, end - start);
  if (suffix > end) {
    const std::string_view whole = text_.substr(start, suffix - start);
    if (IsDurationUnit(text_.substr(end, suffix - end))) {
      return Fail(start,
                  fmt::format("durations such as '{}' are not supported by this version", whole));
    }
    return Fail(start, fmt::format("'{}' is not a number", whole));
  }
  // ".5" and "5." are numbers here, whatever the decimal parser thinks of them.
  std::string text(digits.starts_with('.') ? "0" : "");
  text += digits;
  if (text.back() == '.') {
    text += '0';
  }
  const std::optional<Decimal> value = Decimal::Parse(text);
  if (!value) {
    return Fail(start, fmt::format("'{}' is not exact here: at most {} integer and {} fractional "
                                   "digits",
                                   digits, Decimal::kMaxInputDigits, Decimal::kScaleDigits));
  }
  Token token = Take(TokenKind::kNumber, end - start);
  token.number = Rational::Of(*value);
  if (pos_ < text_.size() && text_[pos_] == '%') {
    ++pos_;
    token.text = text_.substr(start, pos_ - start);
    token.number = Normalize({.num = *value, .den = Decimal::FromInt(100)});
  }
  return token;
}

Token Lexer::String() {
  const size_t start = pos_;
  const char quote = text_[pos_++];
  std::string out;
  while (true) {
    if (pos_ >= text_.size() || text_[pos_] == '\n') {
      return Fail(start, fmt::format("the string has no closing {}", quote));
    }
    const char c = text_[pos_++];
    if (c == quote) {
      Token token{.kind = TokenKind::kString, .offset = start};
      token.text = text_.substr(start, pos_ - start);
      token.string = std::move(out);
      return token;
    }
    if (c != '\\') {
      out.push_back(c);
    } else if (!Escape(pos_ - 1, &out)) {
      return {.kind = TokenKind::kError, .offset = error_.offset};
    }
  }
}

bool Lexer::Escape(size_t start, std::string* out) {
  static constexpr std::string_view kLetters = "abfnrtv\\'\"`?";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"`?";
  if (pos_ >= text_.size()) {
    Fail(start, "the string ends in a backslash");
    return false;
  }
  const char c = text_[pos_++];
  if (const size_t i = kLetters.find(c); i != std::string_view::npos) {
    out->push_back(kMeanings[i]);
    return true;
  }
  const bool octal = c >= '0' && c <= '3';
  const int digits = c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : octal ? 3 : 0;
  if (digits == 0) {
    Fail(start, fmt::format("unknown escape '\\{}'; a backslash itself is written '\\\\'",
                            std::string_view(&c, static_cast<unsigned char>(c) < 0x80 ? 1 : 0)));
    return false;
  }
  pos_ -= octal ? 1 : 0;
  const std::optional<uint32_t> point = CodePoint(start, digits, octal ? 8 : 16);
  if (point) {
    AppendUtf8(*point, out);
  }
  return point.has_value();
}

std::optional<uint32_t> Lexer::CodePoint(size_t start, int digits, uint32_t base) {
  uint32_t point = 0;
  for (int i = 0; i < digits; ++i, ++pos_) {
    const int digit = pos_ < text_.size() ? HexDigit(text_[pos_]) : -1;
    if (digit < 0 || static_cast<uint32_t>(digit) >= base) {
      Fail(start, fmt::format("the escape '{}' needs {} {} digits", text_.substr(start, 2), digits,
                              base == 8 ? "octal" : "hexadecimal"));
      return std::nullopt;
    }
    point = point * base + static_cast<uint32_t>(digit);
  }
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
    Fail(start, "the escape is not a Unicode character");
    return std::nullopt;
  }
  return point;
}

Token Lexer::Name() {
  size_t end = pos_;
  while (end < text_.size() && IsNamePart(text_[end])) {
    if (const FullWidth* f = FindFullWidth(text_.substr(end)); f != nullptr) {
      if (end == pos_) {
        return Fail(pos_, fmt::format("found '{}'; write the ASCII '{}'", f->text, f->ascii));
      }
      break;
    }
    ++end;
  }
  Token token = Take(TokenKind::kName, end - pos_);
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
