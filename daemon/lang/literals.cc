// Numbers, stretches of time and strings.
#include <optional>
#include <utility>

#include "daemon/lang/exact.h"
#include "daemon/lang/lexer.h"
#include "daemon/lang/quantities.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

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

}  // namespace

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
  const size_t suffix = NameEnd(end);
  const std::string_view digits = text_.substr(start, end - start);
  if (suffix > end) {
    const std::string_view whole = text_.substr(start, suffix - start);
    const std::optional<Span> span = ParseSpan(whole);
    if (!span) {
      return Fail(start, fmt::format("'{}' is neither a number nor a duration such as 24h, 7d, 2wd "
                                     "or 4wh",
                                     whole));
    }
    Token token = Take(TokenKind::kNumber, whole.size());
    token.value.kind = span->kind;
    token.value.number = Rational::Of(span->amount);
    return token;
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
  token.value = Value::Of(*value);
  if (pos_ < text_.size() && text_[pos_] == '%') {
    ++pos_;
    token.text = text_.substr(start, pos_ - start);
    token.value = Value::Of(Normalize({.num = *value, .den = Decimal::FromInt(100)}));
  }
  return token;
}

Token Lexer::String() {
  const size_t start = pos_;
  const bool raw = text_[pos_] == 'r' || text_[pos_] == 'R';
  pos_ += raw ? 1 : 0;
  const std::string_view quote = text_.substr(pos_, 1);
  const bool triple =
      text_.substr(pos_ + 1).starts_with(quote) && text_.substr(pos_ + 2).starts_with(quote);
  const std::string_view close = text_.substr(pos_, triple ? 3 : 1);
  pos_ += close.size();
  std::string out;
  while (true) {
    if (pos_ >= text_.size() || (text_[pos_] == '\n' && !triple)) {
      return Fail(start, fmt::format("the string has no closing {}", close));
    }
    if (text_.substr(pos_).starts_with(close)) {
      pos_ += close.size();
      Token token{.kind = TokenKind::kString, .offset = start};
      token.text = text_.substr(start, pos_ - start);
      token.string = std::move(out);
      return token;
    }
    const char c = text_[pos_++];
    if (c != '\\' || raw) {
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

}  // namespace kpiwatch::lang
