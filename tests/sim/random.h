// The one source of chance of a simulation: the same seed gives the same run on every machine and
// standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kpiwatch::sim {

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // In [0, n), n not included; 0 for n <= 1.
  int Below(int n) { return n <= 1 ? 0 : static_cast<int>(Next() % static_cast<uint64_t>(n)); }
  // In [from, to], both included.
  int Between(int from, int to) { return from + Below(to - from + 1); }
  // True in `percent` of a hundred cases.
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[static_cast<size_t>(Below(static_cast<int>(items.size())))];
  }
  template <typename Iterator>
  void Shuffle(Iterator begin, Iterator end) {
    for (auto n = end - begin; n > 1; --n) {
      std::swap(begin[n - 1], begin[Below(static_cast<int>(n))]);
    }
  }
  // A source of its own whose draws do not depend on how often this one is asked later.
  Random Fork() { return Random(Next()); }

 private:
  uint64_t state_;
};

}  // namespace kpiwatch::sim
