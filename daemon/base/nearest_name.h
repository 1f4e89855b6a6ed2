// "did you mean": the known name that is closest to a mistyped one.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

namespace kpiwatch {

// Single-byte insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`;
// limit + 1 when more than `limit` are needed.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit);

// The most edits at which a name still counts as a misspelling of `name`: a third of its bytes and
// at least one; 0 for empty and single-letter names and for more than 128 bytes.
size_t MaxMisspelling(std::string_view name);

// The name of `names` (a range of strings or string views) with the least edit distance to `name`,
// the first of several; nullopt when none is near. The result borrows from `names`.
template <typename Names>
std::optional<std::string_view> NearestName(std::string_view name, const Names& names) {
  std::optional<std::string_view> nearest;
  size_t best = MaxMisspelling(name) + 1;  // only distances below this are of interest
  for (const auto& candidate : names) {
    const size_t distance = EditDistance(name, candidate, best);
    if (distance < best) {
      nearest = candidate;
      best = distance;
    }
  }
  return nearest;
}

inline std::optional<std::string_view> NearestName(std::string_view name,
                                                   std::initializer_list<std::string_view> names) {
  return NearestName<std::initializer_list<std::string_view>>(name, names);
}

}  // namespace kpiwatch
