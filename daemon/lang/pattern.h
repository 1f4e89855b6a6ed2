// Regular expressions of `matches`, in RE2's syntax as far as it tells whether a text matches:
// alternatives, groups, classes, repetition, ^ and $, and \d \w \s and their opposites. Matching
// allocates nothing and takes at most states() steps for each character of the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpiwatch::lang {

// Immutable; safe to share between threads.
class Pattern {
 public:
  static constexpr size_t kMaxStates = 256;

  // nullopt, and what is wrong in *error: not a pattern, or one of more than kMaxStates states.
  static std::optional<Pattern> Compile(std::string_view text, std::string* error);

  // True if some part of `text` matches. Bytes that are not UTF-8 count as U+FFFD.
  bool Matches(std::string_view text) const;

  size_t states() const { return program_.size(); }
  const std::string& source() const { return source_; }

  // A set of characters.
  struct Class {
    bool negated = false;
    std::vector<std::pair<uint32_t, uint32_t>> ranges;  // both ends included
    bool Holds(uint32_t character) const;
  };
  enum class Step : uint8_t { kClass, kSplit, kBegin, kEnd, kMatch };
  // A state of the automaton. Ways are relative to it, so that a part can be repeated by copying.
  struct State {
    Step step = Step::kMatch;
    uint16_t klass = 0;  // kClass
    int16_t first = 1;   // the next state, kMatch has none
    int16_t second = 1;  // kSplit: the other one
  };

 private:
  struct Threads;
  void Follow(int state, bool at_begin, bool at_end, Threads* threads) const;

  std::string source_;
  std::vector<State> program_;
  std::vector<Class> classes_;
};

// The character at the front of `text` and the bytes it takes; U+FFFD and 1 where it is not UTF-8.
// REQUIRES: text is not empty.
std::pair<uint32_t, size_t> FirstCharacter(std::string_view text);

}  // namespace kpiwatch::lang
