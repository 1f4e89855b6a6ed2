#include "daemon/base/nearest_name.h"

#include <algorithm>
#include <vector>

namespace kpiwatch {
namespace {
constexpr size_t kLongestName = 128;
}  // namespace

size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  const size_t gap = a.size() < b.size() ? b.size() - a.size() : a.size() - b.size();
  if (gap > limit) {
    return limit + 1;
  }
  // Optimal string alignment, by rows: cost[j] turns the first i bytes of a into the first j of b.
  std::vector<size_t> two_back(b.size() + 1);
  std::vector<size_t> back(b.size() + 1);
  std::vector<size_t> cost(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    cost[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    two_back.swap(back);
    back.swap(cost);
    cost[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = back[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[j] = std::min({replace, back[j] + 1, cost[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[j] = std::min(cost[j], two_back[j - 2] + 1);
      }
    }
  }
  return std::min(cost[b.size()], limit + 1);
}

size_t MaxMisspelling(std::string_view name) {
  if (name.size() < 2 || name.size() > kLongestName) {
    return 0;
  }
  return std::max<size_t>(1, name.size() / 3);
}

}  // namespace kpiwatch
