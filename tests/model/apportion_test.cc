#include "daemon/model/apportion.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace kpiwatch {
namespace {

std::vector<int64_t> Shares(int64_t whole, const std::vector<int64_t>& weights) {
  std::vector<int64_t> shares;
  for (const __int128 share : Apportion(whole, {weights.begin(), weights.end()})) {
    shares.push_back(static_cast<int64_t>(share));
  }
  return shares;
}

// S-10, R-58: sales 60 %, product 30 %, marketing 10 %.
TEST(ApportionTest, WhatDividesEvenlyIsExact) {
  EXPECT_EQ(Shares(100'000'000, {60, 30, 10}),
            (std::vector<int64_t>{60'000'000, 30'000'000, 10'000'000}));
}

TEST(ApportionTest, TheLargestRemaindersGetWhatIsLeft) {
  EXPECT_EQ(Shares(10, {5, 5, 4, 5, 2}), (std::vector<int64_t>{3, 2, 2, 2, 1}));
  EXPECT_EQ(Shares(100, {1, 1, 1}), (std::vector<int64_t>{34, 33, 33}));
}

TEST(ApportionTest, WithoutWeightThereIsNoShare) {
  EXPECT_EQ(Shares(5, {0, 2, 0, 1}), (std::vector<int64_t>{0, 3, 0, 2}));
  EXPECT_EQ(Shares(0, {1, 2}), (std::vector<int64_t>{0, 0}));
}

// S-10: the children's sum is the parent to the last unit, and no share is a unit off.
TEST(ApportionTest, SharesAlwaysMakeUpTheWhole) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const int64_t whole = std::uniform_int_distribution<int64_t>(0, 1'000'000)(random);
    std::vector<int64_t> weights(std::uniform_int_distribution<size_t>(1, 30)(random));
    for (int64_t& weight : weights) {
      weight = std::uniform_int_distribution<int64_t>(0, 1'000)(random);
    }
    weights[0] += 1;
    const std::vector<int64_t> shares = Shares(whole, weights);
    const int64_t total = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), int64_t{0}), whole);
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_GE(shares[i], whole * weights[i] / total);
      EXPECT_LE(shares[i], whole * weights[i] / total + 1);
    }
  }
}

}  // namespace
}  // namespace kpiwatch
