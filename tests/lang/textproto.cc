#include "tests/lang/textproto.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace kpiwatch::lang {
namespace {

void AppendUtf8(uint32_t point, std::string* out) {
  const int extra = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out->push_back(static_cast<char>(kLead[extra] | (point >> (6 * extra))));
  for (int i = extra - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F)));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<TextProto> Whole(std::string* error) {
    TextProto message{.is_message = true};
    if (!Fields('\0', &message)) {
      *error = "not understood at byte " + std::to_string(pos_);
      return std::nullopt;
    }
    return message;
  }

 private:
  void SkipSpace() {
    while (pos_ < text_.size()) {
      if (text_[pos_] == '#') {
        pos_ = std::min(text_.find('\n', pos_), text_.size());
      } else if (std::isspace(static_cast<unsigned char>(text_[pos_])) != 0) {
        ++pos_;
      } else {
        return;
      }
    }
  }
  char Peek() {
    SkipSpace();
    return pos_ < text_.size() ? text_[pos_] : '\0';
  }
  bool Take(char c) {
    const bool here = c != '\0' && Peek() == c;
    pos_ += here ? 1 : 0;
    return here;
  }
  std::string Word() {
    SkipSpace();
    const size_t start = pos_;
    while (pos_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[pos_])) != 0 || text_[pos_] == '_' ||
            text_[pos_] == '.' || text_[pos_] == '-' || text_[pos_] == '+')) {
      ++pos_;
    }
    return std::string(text_.substr(start, pos_ - start));
  }

  // Up to `close`, which is taken; '\0': to the end.
  bool Fields(char close, TextProto* message) {
    while (Peek() != '\0') {
      if (Take(close)) {
        return true;
      }
      std::string name;
      if (Take('[')) {
        const size_t end = text_.find(']', pos_);
        if (end == std::string_view::npos) {
          return false;
        }
        name = std::string(text_.substr(pos_, end - pos_));
        pos_ = end + 1;
      } else {
        name = Word();
      }
      if (name.empty()) {
        return false;
      }
      Take(':');
      if (!Values(name, message)) {
        return false;
      }
      if (!Take(',')) {
        Take(';');
      }
    }
    return close == '\0';
  }

  // One value, or a list of them.
  bool Values(const std::string& name, TextProto* message) {
    if (!Take('[')) {
      return Value(&message->fields.emplace_back(name, TextProto()).second);
    }
    while (!Take(']')) {
      if (Peek() == '\0' || !Value(&message->fields.emplace_back(name, TextProto()).second)) {
        return false;
      }
      Take(',');
    }
    return true;
  }

  bool Value(TextProto* value) {
    if (Take('{')) {
      value->is_message = true;
      return Fields('}', value);
    }
    if (Peek() != '"' && Peek() != '\'') {
      value->scalar = Word();
      return !value->scalar.empty();
    }
    while (Peek() == '"' || Peek() == '\'') {
      if (!String(&value->scalar)) {
        return false;
      }
    }
    return true;
  }

  bool String(std::string* out) {
    const char quote = text_[pos_++];
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == quote) {
        return true;
      }
      if (c != '\\') {
        out->push_back(c);
      } else if (!Escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool Escape(std::string* out) {
    static constexpr std::string_view kLetters = "abfnrtv\\'\"?";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    if (pos_ >= text_.size()) {
      return false;
    }
    const char c = text_[pos_++];
    if (const size_t i = kLetters.find(c); i != std::string_view::npos) {
      out->push_back(kMeanings[i]);
      return true;
    }
    if (c == 'u' || c == 'U') {
      AppendUtf8(Digits(c == 'u' ? 4 : 8, 16), out);
      return true;
    }
    if (c == 'x' || c == 'X') {
      out->push_back(static_cast<char>(Digits(2, 16)));
      return true;
    }
    --pos_;
    if (c < '0' || c > '7') {
      return false;
    }
    out->push_back(static_cast<char>(Digits(3, 8)));
    return true;
  }

  uint32_t Digits(int most, uint32_t base) {
    uint32_t number = 0;
    for (int i = 0; i < most && pos_ < text_.size(); ++i, ++pos_) {
      const char c = text_[pos_];
      const uint32_t digit = std::isdigit(static_cast<unsigned char>(c)) != 0
                                 ? static_cast<uint32_t>(c - '0')
                             : std::isxdigit(static_cast<unsigned char>(c)) != 0
                                 ? static_cast<uint32_t>((c | 0x20) - 'a' + 10)
                                 : base;
      if (digit >= base) {
        break;
      }
      number = number * base + digit;
    }
    return number;
  }

  std::string_view text_;
  size_t pos_ = 0;
};

}  // namespace

const TextProto* TextProto::Find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::vector<const TextProto*> TextProto::All(std::string_view name) const {
  std::vector<const TextProto*> all;
  for (const auto& [key, value] : fields) {
    if (key == name) {
      all.push_back(&value);
    }
  }
  return all;
}

std::string TextProto::Text(std::string_view name) const {
  const TextProto* const field = Find(name);
  return field == nullptr ? "" : field->scalar;
}

std::optional<TextProto> ParseTextProto(std::string_view text, std::string* error) {
  return Reader(text).Whole(error);
}

}  // namespace kpiwatch::lang
