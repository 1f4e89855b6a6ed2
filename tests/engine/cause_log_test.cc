#include "daemon/engine/cause_log.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kpiwatch {
namespace {

Aggregate Sum(int64_t count, int64_t sum) { return {.count = count, .sum = Decimal::FromInt(sum)}; }

TEST(CauseLog, LeadsFromTheLastCauseOfACellToItsFirst) {
  CauseLog log;
  log.AddEvent("a", 1, 10);
  const uint32_t first = log.Add(CauseLog::kNone, Sum(1, 5));
  const uint32_t of_another_cell = log.Add(CauseLog::kNone, Sum(1, 0));
  log.AddEvent("bb", 2, 20);
  const uint32_t second = log.Add(first, Sum(1, 7));

  EXPECT_LT(first, of_another_cell);
  EXPECT_LT(of_another_cell, second);
  EXPECT_EQ(log.Previous(second), first);
  EXPECT_EQ(log.Previous(first), CauseLog::kNone);
  EXPECT_EQ(log.Previous(of_another_cell), CauseLog::kNone);
}

TEST(CauseLog, KnowsEventAndDeltaOfACause) {
  CauseLog log;
  log.AddEvent("a", 1, 10);
  const uint32_t counted = log.Add(CauseLog::kNone, Sum(1, 0));
  const uint32_t summed = log.Add(CauseLog::kNone, Sum(1, 5));
  log.AddEvent("bb", 2, 20);
  const uint32_t later = log.Add(counted, Sum(2, 0));

  EXPECT_EQ(log.IdOf(log.EventOf(counted)), "a");
  EXPECT_EQ(log.IdOf(log.EventOf(summed)), "a");
  EXPECT_EQ(log.IdOf(log.EventOf(later)), "bb");
  EXPECT_EQ(log.EventOf(later).time_ms, 2);
  EXPECT_EQ(log.EventOf(later).record_ms, 20);
  EXPECT_EQ(log.DeltaOf(counted), Sum(1, 0));
  EXPECT_EQ(log.DeltaOf(summed), Sum(1, 5));
  EXPECT_EQ(log.DeltaOf(later), Sum(2, 0));
}

TEST(CauseLog, BeginsAStepWithNothing) {
  CauseLog log;
  log.AddEvent("a", 1, 10);
  const uint32_t before = log.Add(CauseLog::kNone, Sum(3, 9));
  log.Clear();
  log.AddEvent("b", 2, 20);
  const uint32_t after = log.Add(CauseLog::kNone, Sum(1, 0));

  EXPECT_EQ(after, before);
  EXPECT_EQ(log.IdOf(log.EventOf(after)), "b");
  EXPECT_EQ(log.DeltaOf(after), Sum(1, 0));
}

TEST(CauseLog, IsFullWithItsCausesOrTheirIdsUntilTheNextStep) {
  CauseLog log(2);
  log.AddEvent("a", 1, 10);
  log.Add(CauseLog::kNone, Sum(1, 0));
  EXPECT_FALSE(log.IsFull());
  log.Add(CauseLog::kNone, Sum(1, 0));
  EXPECT_TRUE(log.IsFull());
  log.Clear();
  EXPECT_FALSE(log.IsFull());

  const std::string id(size_t{32} << 20, 'x');
  log.AddEvent(id, 1, 10);
  EXPECT_FALSE(log.IsFull());
  log.AddEvent(id, 1, 10);
  EXPECT_TRUE(log.IsFull());
}

}  // namespace
}  // namespace kpiwatch
