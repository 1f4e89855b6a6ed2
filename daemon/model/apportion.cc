#include "daemon/model/apportion.h"

#include <algorithm>
#include <numeric>

#include "daemon/base/check.h"

namespace kpiwatch {

std::vector<__int128> Apportion(__int128 whole, const std::vector<__int128>& weights) {
  const __int128 total = std::accumulate(weights.begin(), weights.end(), static_cast<__int128>(0));
  KPIWATCH_CHECK(total > 0 && whole >= 0, "there is nothing to share out by");
  std::vector<__int128> shares;
  std::vector<size_t> by_remainder;
  __int128 left = whole;
  for (size_t i = 0; i < weights.size(); ++i) {
    shares.push_back(whole * weights[i] / total);
    left -= shares.back();
    by_remainder.push_back(i);
  }
  std::stable_sort(by_remainder.begin(), by_remainder.end(), [&](size_t a, size_t b) {
    return whole * weights[a] % total > whole * weights[b] % total;
  });
  for (size_t i = 0; left > 0; ++i, --left) {
    ++shares[by_remainder[i]];
  }
  return shares;
}

}  // namespace kpiwatch
