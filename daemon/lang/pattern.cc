// Matching: all states that the automaton can be in, one character at a time.
#include "daemon/lang/pattern.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <utility>

namespace kpiwatch::lang {

std::pair<uint32_t, size_t> FirstCharacter(std::string_view text) {
  constexpr std::pair<uint32_t, size_t> kInvalid = {0xFFFD, 1};
  const auto byte = [text](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(text[i]));
  };
  const uint32_t lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return kInvalid;
  }
  uint32_t character = lead & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return kInvalid;
    }
    character = character << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return character < kLeast[length] || character > 0x10FFFF || surrogate
             ? kInvalid
             : std::pair<uint32_t, size_t>(character, length);
}

bool Pattern::Class::Holds(uint32_t character) const {
  const bool in = std::any_of(ranges.begin(), ranges.end(), [character](const auto& range) {
    return range.first <= character && character <= range.second;
  });
  return in != negated;
}

// The states that wait for a character, each once.
struct Pattern::Threads {
  std::array<uint16_t, kMaxStates> waiting{};
  size_t count = 0;
  std::bitset<kMaxStates> seen;
  bool matched = false;
  std::array<uint16_t, kMaxStates> open{};  // of Follow

  void Clear() {
    count = 0;
    seen.reset();
  }
};

// Adds what is reached from `state` without a character.
void Pattern::Follow(int state, bool at_begin, bool at_end, Threads* threads) const {
  size_t depth = 0;  // of threads->open, into which each state comes once
  const auto push = [&](int next) {
    if (!threads->seen.test(static_cast<size_t>(next))) {
      threads->seen.set(static_cast<size_t>(next));
      threads->open[depth++] = static_cast<uint16_t>(next);
    }
  };
  push(state);
  while (depth > 0) {
    const int here = threads->open[--depth];
    const State& s = program_[static_cast<size_t>(here)];
    switch (s.step) {
      case Step::kClass:
        threads->waiting[threads->count++] = static_cast<uint16_t>(here);
        break;
      case Step::kSplit:
        push(here + s.first);
        push(here + s.second);
        break;
      case Step::kBegin:
      case Step::kEnd:
        if (s.step == Step::kBegin ? at_begin : at_end) {
          push(here + s.first);
        }
        break;
      case Step::kMatch:
        threads->matched = true;
        break;
    }
  }
}

bool Pattern::Matches(std::string_view text) const {
  std::array<Threads, 2> threads;
  Threads* now = &threads[0];
  Threads* next = &threads[1];
  size_t at = 0;
  while (true) {
    // A match may begin at every character.
    Follow(0, at == 0, at == text.size(), now);
    if (now->matched || at == text.size()) {
      return now->matched;
    }
    const auto [character, length] = FirstCharacter(text.substr(at));
    at += length;
    next->Clear();
    for (size_t i = 0; i < now->count; ++i) {
      const int state = now->waiting[i];
      const State& s = program_[static_cast<size_t>(state)];
      if (classes_[s.klass].Holds(character)) {
        Follow(state + s.first, false, at == text.size(), next);
      }
    }
    if (next->matched) {
      return true;
    }
    std::swap(now, next);
  }
}

}  // namespace kpiwatch::lang
