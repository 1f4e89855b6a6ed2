#include "daemon/base/counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(CounterTest, CountsWhatAllThreadsAdd) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        counter.Add();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  counter.Add(5);
  EXPECT_EQ(counter.value(), 4005);
}

TEST(HistogramTest, PutsAnObservationIntoTheFirstBucketWhoseBoundItDoesNotPass) {
  Histogram histogram({1, 10});
  for (const double value : {0.5, 1.0, 1.5, 10.0, 11.0}) {
    histogram.Observe(value);
  }
  const Histogram::Snapshot snapshot = histogram.Take();
  EXPECT_THAT(snapshot.cumulative, ElementsAre(2, 4, 5));
  EXPECT_EQ(snapshot.count(), 5);
  EXPECT_DOUBLE_EQ(snapshot.sum, 24.0);
}

TEST(HistogramTest, IgnoresWhatIsNotANumber) {
  Histogram histogram({1});
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.Take().count(), 0);
  EXPECT_EQ(histogram.Take().sum, 0);
}

TEST(HistogramDeathTest, RefusesBoundsThatDoNotAscend) {
  EXPECT_DEATH(Histogram({1, 1}), "ascend");
}

TEST(CounterFamilyTest, GivesTheSameCounterForTheSameLabels) {
  CounterFamily family({"topic", "result"}, 10);
  Counter& accepted = family.With({"orders", "accepted"});
  family.With({"orders", "duplicate"}).Add(2);
  accepted.Add();
  EXPECT_EQ(&family.With({"orders", "accepted"}), &accepted);
  EXPECT_THAT(family.Take(), ElementsAre(Pair(ElementsAre("orders", "accepted"), 1),
                                         Pair(ElementsAre("orders", "duplicate"), 2)));
}

TEST(CounterFamilyTest, CountsWhatIsBeyondTheCapTogether) {
  CounterFamily family({"reason"}, 2);
  family.With({"a"}).Add();
  family.With({"b"}).Add();
  family.With({"c"}).Add();
  family.With({"d"}).Add();
  family.With({"a"}).Add();
  EXPECT_THAT(family.Take(), ElementsAre(Pair(ElementsAre("a"), 2), Pair(ElementsAre("b"), 1),
                                         Pair(ElementsAre("other"), 2)));
}

TEST(CounterFamilyTest, ShowsZerosInHalfOfItsPlaces) {
  CounterFamily family({"reason"}, 4);
  family.Show({"a"});
  family.Show({"b"});
  family.Show({"c"});
  EXPECT_THAT(family.Take(), ElementsAre(Pair(ElementsAre("a"), 0), Pair(ElementsAre("b"), 0)));
  family.With({"c"}).Add();
  family.With({"a"}).Add();
  EXPECT_THAT(family.Take(), ElementsAre(Pair(ElementsAre("a"), 1), Pair(ElementsAre("b"), 0),
                                         Pair(ElementsAre("c"), 1)));
}

TEST(CounterFamilyDeathTest, WantsOneValuePerName) {
  CounterFamily family({"reason"}, 2);
  EXPECT_DEATH(family.With({"a", "b"}), "one value");
}

}  // namespace
}  // namespace kpiwatch
