// A whole, shared out without losing or inventing any of it. Pure.
#pragma once

#include <vector>

namespace kpiwatch {

// `whole` in proportion to `weights`, each share a whole number, by largest remainder: every share
// is rounded down, and what is left over goes, one each, to those of which most was cut off, the
// earlier of equals first. The shares add up to `whole`. REQUIRES: nothing is negative, some weight
// is above zero, and `whole` times each weight and the sum of the weights fit 128 bits.
std::vector<__int128> Apportion(__int128 whole, const std::vector<__int128>& weights);

}  // namespace kpiwatch
