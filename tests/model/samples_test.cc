#include "daemon/model/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace kpiwatch {
namespace {

using Entry = Samples::Entry;

Decimal Dec(std::string_view text) { return *Decimal::Parse(text); }

Entry Of(Decimal value, int64_t count = 1) { return {{0, value}, count}; }
Entry Of(int64_t value, int64_t count = 1) { return Of(Decimal::FromInt(value), count); }

Samples With(SampleUse use, std::vector<Entry> entries) {
  Samples samples(use);
  samples.Add(&entries);
  return samples;
}

// Amounts of two digits behind the point, spread over five decades.
std::vector<Decimal> Amounts(size_t count) {
  std::mt19937 random(7);
  std::vector<Decimal> amounts;
  for (size_t i = 0; i < count; ++i) {
    const int64_t size = int64_t{1} << (random() % 24);
    amounts.push_back(Decimal::FromMinor(size + static_cast<int64_t>(random()) % size, 2));
  }
  return amounts;
}

Samples OfAll(SampleUse use, const std::vector<Decimal>& values) {
  std::vector<Entry> entries;
  for (const Decimal value : values) {
    entries.push_back(Of(value));
  }
  return With(use, std::move(entries));
}

// D-21: nearest rank, and the median of an even number averages the two in the middle.
TEST(SamplesTest, QuantilesAreByNearestRank) {
  const Samples samples = With(SampleUse::kSpread, {Of(40), Of(10), Of(30), Of(20)});
  EXPECT_EQ(samples.Quantile(Dec("0")), Dec("10"));
  EXPECT_EQ(samples.Quantile(Dec("0.25")), Dec("10"));
  EXPECT_EQ(samples.Quantile(Dec("0.26")), Dec("20"));
  EXPECT_EQ(samples.Quantile(Dec("0.5")), Dec("20"));
  EXPECT_EQ(samples.Quantile(Dec("0.95")), Dec("40"));
  EXPECT_EQ(samples.Quantile(Dec("1")), Dec("40"));
  EXPECT_EQ(*samples.Median(), Rational::Of(Dec("25")));
  const Samples odd = With(SampleUse::kSpread, {Of(1), Of(2, 3), Of(7)});
  EXPECT_EQ(*odd.Median(), Rational::Of(Dec("2")));
  EXPECT_EQ(*With(SampleUse::kSpread, {Of(Dec("0.000001")), Of(Dec("0.000002"))}).Median(),
            (Rational{Dec("0.000003"), Dec("2")}))
      << "a seventh digit is not lost";
}

TEST(SamplesTest, OfNothingThereIsNeitherLeastNorQuantile) {
  const Samples none(SampleUse::kSpread);
  EXPECT_FALSE(none.Least() || none.Greatest() || none.Quantile(Dec("0.5")) || none.Median());
  EXPECT_EQ(Samples(SampleUse::kDistinct).Distinct(), 0);
}

TEST(SamplesTest, WhatIsTakenOutIsGoneInWhateverOrderItComes) {
  std::vector<Entry> taken = {Of(9, -1)};
  std::vector<Entry> added = {Of(5), Of(9)};
  Samples samples(SampleUse::kGreatest);
  samples.Add(&taken);
  EXPECT_FALSE(samples.Greatest()) << "one that is owed is no sample";
  samples.Add(&added);
  EXPECT_EQ(samples, With(SampleUse::kGreatest, {Of(5)}));
  EXPECT_EQ(samples.Greatest()->value, Dec("5"));
  EXPECT_EQ(samples.Least()->value, Dec("5"));
}

TEST(SamplesTest, OrderedByRankTheValueOnlyDecidesBetweenEqualRanks) {
  Samples samples(SampleUse::kGreatest);
  std::vector<Entry> entries = {{{2, Dec("7")}, 1}, {{3, Dec("1")}, 1}, {{1, Dec("9")}, 1}};
  samples.Add(&entries);
  EXPECT_EQ(samples.Greatest()->value, Dec("1"));
  EXPECT_EQ(samples.Least()->value, Dec("9"));
}

// S-13: distinct never adds across days or people.
TEST(SamplesTest, MergedDaysCountAValueOnce) {
  Samples week = With(SampleUse::kDistinct, {Of(1), Of(2)});
  week.Merge(With(SampleUse::kDistinct, {Of(2), Of(3)}));
  EXPECT_EQ(week.Distinct(), 3);
}

TEST(SamplesTest, MergingIsTheSameAsAddingEverything) {
  for (const SampleUse use :
       {SampleUse::kLeast, SampleUse::kGreatest, SampleUse::kDistinct, SampleUse::kSpread}) {
    for (const size_t count : {size_t{500}, size_t{40'000}}) {
      std::vector<Decimal> values = Amounts(count);
      if (use == SampleUse::kDistinct) {
        std::mt19937_64 random(3);
        std::generate(values.begin(), values.end(), [&] { return Decimal::FromUnits(random()); });
      }
      const Samples all = OfAll(use, values);
      Samples merged(use);
      for (size_t begin = 0; begin < count; begin += count / 5) {
        merged.Merge(OfAll(use, {values.begin() + static_cast<ptrdiff_t>(begin),
                                 values.begin() + static_cast<ptrdiff_t>(begin + count / 5)}));
      }
      EXPECT_EQ(merged.Least().has_value(), all.Least().has_value());
      if (use == SampleUse::kLeast) {
        EXPECT_EQ(merged.Least(), all.Least());
      } else if (use == SampleUse::kGreatest) {
        EXPECT_EQ(merged.Greatest(), all.Greatest());
      } else {
        EXPECT_EQ(merged, all) << static_cast<int>(use) << " " << count;
      }
    }
  }
}

// D-21: exact up to at least 10,000 values per view.
TEST(SamplesTest, QuantilesOfTenThousandValuesAreExact) {
  std::vector<Decimal> values = Amounts(10'000);
  const Samples samples = OfAll(SampleUse::kSpread, values);
  std::sort(values.begin(), values.end());
  EXPECT_FALSE(samples.is_sketch() || samples.Error());
  for (const int percent : {1, 50, 90, 95, 99, 100}) {
    EXPECT_EQ(samples.Quantile(Decimal::FromMinor(percent, 2)),
              values[static_cast<size_t>(percent) * 100 - 1]);
  }
}

TEST(SamplesTest, QuantilesOfASketchAreWithinOnePercent) {
  std::vector<Decimal> values = Amounts(100'000);
  const Samples samples = OfAll(SampleUse::kSpread, values);
  std::sort(values.begin(), values.end());
  ASSERT_TRUE(samples.is_sketch());
  EXPECT_EQ(samples.Error(), Dec("0.0079"));
  EXPECT_LT(samples.size(), 3000U);
  for (int percent = 1; percent <= 100; ++percent) {
    const double exact = values[static_cast<size_t>(percent) * 1000 - 1].ToDouble();
    const double found = samples.Quantile(Decimal::FromMinor(percent, 2))->ToDouble();
    EXPECT_NEAR(found, exact, exact * 0.0079) << percent;
  }
}

TEST(SamplesTest, ABucketsMiddleIsWithinOneHundredAndTwentyEighthOfAllInIt) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 100'000; ++i) {
    const auto units = static_cast<__int128>(random() >> (random() % 64));
    const __int128 off = RoundedToBucket(Decimal::FromUnits(units)).units() - units;
    ASSERT_LE((off < 0 ? -off : off) * 128, units);
    ASSERT_EQ(RoundedToBucket(Decimal::FromUnits(-units)).units(), -(units + off));
    ASSERT_EQ(RoundedToBucket(RoundedToBucket(Decimal::FromUnits(units))),
              RoundedToBucket(Decimal::FromUnits(units)));
  }
}

TEST(SamplesTest, DistinctIsExactWhileSmallAndThenWithinItsStatedError) {
  std::mt19937_64 random(5);
  int beyond = 0;
  for (const size_t count : {size_t{16'384}, size_t{30'000}, size_t{200'000}, size_t{1'000'000}}) {
    std::vector<Decimal> hashes(count);
    std::generate(hashes.begin(), hashes.end(), [&] { return Decimal::FromUnits(random()); });
    const Samples samples = OfAll(SampleUse::kDistinct, hashes);
    EXPECT_LE(samples.size(), Samples::Limit(SampleUse::kDistinct));
    const double off =
        std::abs(static_cast<double>(samples.Distinct()) / static_cast<double>(count) - 1);
    if (count == 16'384) {
      EXPECT_EQ(off, 0);
      EXPECT_FALSE(samples.Error());
    } else {
      EXPECT_LE(samples.Error()->ToDouble(), 0.0121);
      beyond += off > samples.Error()->ToDouble() ? 1 : 0;
      EXPECT_LE(off, 4 * samples.Error()->ToDouble());
    }
  }
  EXPECT_LE(beyond, 2);
}

TEST(SamplesTest, TheLeastOfManyStaysRightWhenSomeAreTakenOut) {
  std::vector<Entry> entries;
  for (int i = 0; i < 100'000; ++i) {
    entries.push_back(Of((i * 7919) % 100'000));
  }
  Samples samples = With(SampleUse::kLeast, entries);
  EXPECT_LE(samples.size(), Samples::Limit(SampleUse::kLeast));
  std::vector<Entry> taken;
  for (int i = 0; i < 300; ++i) {
    taken.push_back(Of(i, -1));
  }
  taken.push_back(Of(99'999, -1));  // of those that were forgotten: changes nothing
  samples.Add(&taken);
  EXPECT_EQ(samples.Least()->value, Dec("300"));
}

TEST(SamplesTest, StoredFormComesBack) {
  for (const SampleUse use :
       {SampleUse::kLeast, SampleUse::kGreatest, SampleUse::kDistinct, SampleUse::kSpread}) {
    for (const size_t count : {size_t{0}, size_t{3}, size_t{50'000}}) {
      Samples samples = OfAll(use, Amounts(count));
      std::vector<Entry> more = {{{-5, Dec("-3.5")}, -2},
                                 {{static_cast<__int128>(9) << 80, {}}, 1}};
      samples.Add(&more);
      std::string bytes;
      samples.Encode(&bytes);
      const auto back = Samples::Decode(bytes);
      ASSERT_TRUE(back.has_value());
      EXPECT_EQ(*back, samples);
      EXPECT_FALSE(Samples::Decode(bytes + "x"));
      EXPECT_FALSE(Samples::Decode(std::string_view(bytes).substr(0, bytes.size() - 1)));
    }
  }
  EXPECT_FALSE(Samples::Decode(""));
  EXPECT_FALSE(Samples::Decode(std::string("\x09\0\0\0", 4)));
}

}  // namespace
}  // namespace kpiwatch
