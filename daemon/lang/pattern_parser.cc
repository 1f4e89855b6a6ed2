// Text of a regular expression → automaton. Every part is a run of states that is entered at its
// first and left behind its last, so that parts are joined by putting one behind the other.
#include <algorithm>
#include <utility>

#include "daemon/lang/pattern.h"
#include "fmt/format.h"

namespace kpiwatch::lang {
namespace {

using State = Pattern::State;
using Step = Pattern::Step;
using Class = Pattern::Class;
using Part = std::vector<State>;

constexpr int kMaxGroups = 32;  // nesting
constexpr uint32_t kLastCharacter = 0x10FFFF;
constexpr int kNoLimit = -1;

State Split(size_t first, ptrdiff_t second) {
  return {.step = Step::kSplit,
          .first = static_cast<int16_t>(first),
          .second = static_cast<int16_t>(second)};
}
State Jump(ptrdiff_t way) {
  return {.step = Step::kSplit,
          .first = static_cast<int16_t>(way),
          .second = static_cast<int16_t>(way)};
}

void Append(const Part& part, Part* out) { out->insert(out->end(), part.begin(), part.end()); }

Part Either(const Part& a, const Part& b) {
  Part out = {Split(1, static_cast<ptrdiff_t>(a.size()) + 2)};
  Append(a, &out);
  out.push_back(Jump(static_cast<ptrdiff_t>(b.size()) + 1));
  Append(b, &out);
  return out;
}

Part Optional(const Part& part) {
  Part out = {Split(1, static_cast<ptrdiff_t>(part.size()) + 1)};
  Append(part, &out);
  return out;
}

Part Star(const Part& part) {
  const auto size = static_cast<ptrdiff_t>(part.size());
  Part out = {Split(1, size + 2)};
  Append(part, &out);
  out.push_back(Jump(-size - 1));
  return out;
}

// The class that the letter of an escape names: d w s and their opposites.
std::optional<Class> NamedClass(char letter) {
  Class klass;
  switch (letter | 0x20) {
    case 'd':
      klass.ranges = {{'0', '9'}};
      break;
    case 'w':
      klass.ranges = {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}, {'_', '_'}};
      break;
    case 's':
      klass.ranges = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
      break;
    default:
      return std::nullopt;
  }
  klass.negated = letter < 'a';
  return klass;
}

class PatternParser {
 public:
  explicit PatternParser(std::string_view text) : text_(text) {}

  // The whole text; nullopt: see error().
  std::optional<Part> Whole() {
    std::optional<Part> part = Alternatives(0);
    if (part && pos_ < text_.size()) {
      return Fail("a ')' without '('");
    }
    return part;
  }
  const std::string& error() const { return error_; }
  std::vector<Class> TakeClasses() { return std::move(classes_); }

 private:
  std::nullopt_t Fail(std::string message) {
    if (error_.empty()) {
      error_ = std::move(message);
    }
    return std::nullopt;
  }
  bool Take(char c) {
    const bool here = pos_ < text_.size() && text_[pos_] == c;
    pos_ += here ? 1 : 0;
    return here;
  }
  bool Fits(const Part& part) {
    if (part.size() < Pattern::kMaxStates) {
      return true;
    }
    Fail(fmt::format("it has more than {} states", Pattern::kMaxStates));
    return false;
  }
  uint32_t Character() {
    const auto [character, length] = FirstCharacter(text_.substr(pos_));
    pos_ += length;
    return character;
  }

  std::optional<Part> Alternatives(int depth) {
    if (depth > kMaxGroups) {
      return Fail(fmt::format("groups nest deeper than {} levels", kMaxGroups));
    }
    std::optional<Part> left = Sequence(depth);
    while (left && Take('|')) {
      const std::optional<Part> right = Sequence(depth);
      if (!right) {
        return std::nullopt;
      }
      left = Either(*left, *right);
      if (!Fits(*left)) {
        return std::nullopt;
      }
    }
    return left;
  }

  std::optional<Part> Sequence(int depth) {
    Part sequence;
    while (pos_ < text_.size() && text_[pos_] != '|' && text_[pos_] != ')') {
      const std::optional<Part> atom = Atom(depth);
      const std::optional<Part> part = atom ? Repeated(*atom) : std::nullopt;
      if (!part) {
        return std::nullopt;
      }
      Append(*part, &sequence);
      if (!Fits(sequence)) {
        return std::nullopt;
      }
    }
    return sequence;
  }

  std::optional<Part> Of(Class klass) {
    classes_.push_back(std::move(klass));
    return Part{{.step = Step::kClass, .klass = static_cast<uint16_t>(classes_.size() - 1)}};
  }
  std::optional<Part> Literal(uint32_t character) {
    return Of({.ranges = {{character, character}}});
  }

  std::optional<Part> Atom(int depth) {
    const uint32_t c = Character();
    switch (c) {
      case '.':
        return Of({.negated = true, .ranges = {{'\n', '\n'}}});
      case '^':
        return Part{{.step = Step::kBegin}};
      case '$':
        return Part{{.step = Step::kEnd}};
      case '[':
        return Set();
      case '(':
        return Group(depth);
      case '\\':
        return Escape();
      case '*':
      case '+':
      case '?':
        return Fail(fmt::format("nothing stands before '{}'", static_cast<char>(c)));
      default:
        return Literal(c);
    }
  }

  std::optional<Part> Group(int depth) {
    if (Take('?') && !Take(':')) {
      return Fail("of the groups that begin with '(?' only '(?:' is known");
    }
    std::optional<Part> part = Alternatives(depth + 1);
    if (part && !Take(')')) {
      return Fail("a '(' without ')'");
    }
    return part;
  }

  // The character that an escape other than those of classes stands for; its backslash is read.
  std::optional<uint32_t> EscapedCharacter() {
    if (pos_ >= text_.size()) {
      return Fail("it ends in a backslash");
    }
    const uint32_t c = Character();
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      default:
        break;
    }
    const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (word) {
      return Fail(fmt::format("the escape '\\{}' is not known", static_cast<char>(c)));
    }
    return c;
  }

  std::optional<Part> Escape() {
    if (pos_ < text_.size()) {
      if (std::optional<Class> klass = NamedClass(text_[pos_])) {
        ++pos_;
        return Of(*std::move(klass));
      }
    }
    const std::optional<uint32_t> character = EscapedCharacter();
    return character ? Literal(*character) : std::nullopt;
  }

  // [a-z_\d], after its bracket.
  std::optional<Part> Set() {
    Class klass;
    klass.negated = Take('^');
    bool first = true;
    while (first || !Take(']')) {
      first = false;
      if (pos_ >= text_.size()) {
        return Fail("a '[' without ']'");
      }
      if (text_.substr(pos_).starts_with("[:")) {
        return Fail("classes such as [:alpha:] are not known");
      }
      if (!SetItem(&klass)) {
        return std::nullopt;
      }
    }
    return Of(std::move(klass));
  }

  // One character, range or named class of a set.
  bool SetItem(Class* klass) {
    if (text_[pos_] == '\\' && pos_ + 1 < text_.size()) {
      if (const std::optional<Class> named = NamedClass(text_[pos_ + 1])) {
        if (named->negated) {
          Fail(fmt::format("'\\{}' cannot stand in a set", text_[pos_ + 1]));
          return false;
        }
        pos_ += 2;
        klass->ranges.insert(klass->ranges.end(), named->ranges.begin(), named->ranges.end());
        return true;
      }
    }
    const std::optional<uint32_t> low = SetCharacter();
    if (!low) {
      return false;
    }
    std::optional<uint32_t> high = low;
    if (pos_ + 1 < text_.size() && text_[pos_] == '-' && text_[pos_ + 1] != ']') {
      ++pos_;
      high = SetCharacter();
    }
    if (!high || *high < *low || *high > kLastCharacter) {
      Fail("a range of a set ends before it begins");
      return false;
    }
    klass->ranges.emplace_back(*low, *high);
    return true;
  }
  std::optional<uint32_t> SetCharacter() { return Take('\\') ? EscapedCharacter() : Character(); }

  std::optional<Part> Repeated(const Part& atom) {
    Part part = atom;
    int least = 0;
    int most = 0;
    while (pos_ < text_.size()) {
      if (Take('*')) {
        part = Star(part);
      } else if (Take('+')) {
        Part star = Star(part);
        Append(star, &part);
      } else if (Take('?')) {
        part = Optional(part);
      } else if (Counts(&least, &most)) {
        const std::optional<Part> times = Times(part, least, most);
        if (!times) {
          return std::nullopt;
        }
        part = *times;
      } else {
        break;
      }
      Take('?');  // as few as possible is as many as possible where only the answer counts
      if (!Fits(part)) {
        return std::nullopt;
      }
    }
    return part;
  }

  // {3} {3,} {3,5}; anything else after a brace is text.
  bool Counts(int* least, int* most) {
    const size_t start = pos_;
    if (Take('{') && Count(least)) {
      *most = *least;
      if (Take(',') && !Count(most)) {
        *most = kNoLimit;
      }
      if (Take('}')) {
        return true;
      }
    }
    pos_ = start;
    return false;
  }
  bool Count(int* count) {
    constexpr int kFar = 10'000;
    const size_t start = pos_;
    *count = 0;
    while (pos_ < text_.size() && text_[pos_] >= '0' && text_[pos_] <= '9') {
      *count = std::min(*count * 10 + (text_[pos_++] - '0'), kFar);
    }
    return pos_ > start;
  }

  std::optional<Part> Times(const Part& part, int least, int most) {
    if (most != kNoLimit && most < least) {
      return Fail(fmt::format("{{{},{}}} ends before it begins", least, most));
    }
    Part out;
    for (int i = 0; i < std::max(least, most); ++i) {
      Append(i < least ? part : Optional(part), &out);
      if (!Fits(out)) {
        return std::nullopt;
      }
    }
    if (most == kNoLimit) {
      Append(Star(part), &out);
    }
    return out;
  }

  std::string_view text_;
  size_t pos_ = 0;
  std::vector<Class> classes_;
  std::string error_;
};

}  // namespace

std::optional<Pattern> Pattern::Compile(std::string_view text, std::string* error) {
  PatternParser parser(text);
  std::optional<Part> part = parser.Whole();
  if (!part) {
    *error = parser.error();
    return std::nullopt;
  }
  part->push_back({.step = Step::kMatch});
  Pattern pattern;
  pattern.source_ = std::string(text);
  pattern.program_ = *std::move(part);
  pattern.classes_ = parser.TakeClasses();
  return pattern;
}

}  // namespace kpiwatch::lang
