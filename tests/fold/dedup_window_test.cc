#include "daemon/fold/dedup_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/store/keys.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'750'000'000);
constexpr size_t kNoBudget = 1'000'000'000;

Fingerprint Id(uint64_t number) { return FingerprintOf("acme", "/crm", std::to_string(number)); }

// A window with its store and the step around them.
class Harness {
 public:
  explicit Harness(DedupWindow::Options options) : options_(options), window_(options) {}

  DedupWindow& window() { return window_; }
  MemoryStore& store() { return store_; }

  // Expires and seals what was inserted, and makes it durable.
  void Step(absl::Time now, size_t budget = kNoBudget) {
    WriteBatch batch;
    const absl::Status expired = window_.Expire(now, store_, &batch, budget);
    ASSERT_TRUE(expired.ok()) << expired;
    window_.SealSegment(now, &batch);
    ASSERT_TRUE(store_.Write(batch).ok());
  }
  void InsertAndStep(uint64_t begin, uint64_t end, absl::Time now) {
    for (uint64_t i = begin; i < end; ++i) {
      EXPECT_TRUE(window_.Insert(Id(i))) << i;
    }
    Step(now);
  }
  size_t stored_segments() const { return store_.size(Family::kDedup); }

 private:
  const DedupWindow::Options options_;
  DedupWindow window_;
  MemoryStore store_;
};

// That `window` holds exactly the ids of `expected` among [0, end). Inserting changes it: last use.
void ExpectHolds(const std::vector<bool>& expected, DedupWindow* window) {
  for (uint64_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(window->Insert(Id(i)), !expected[i]) << i;
  }
}

TEST(DedupWindowTest, AnIdIsNewOnce) {
  Harness harness({});
  EXPECT_TRUE(harness.window().Insert(Id(1)));
  EXPECT_FALSE(harness.window().Insert(Id(1)));
  harness.Step(kStart);
  EXPECT_FALSE(harness.window().Insert(Id(1)));
  EXPECT_EQ(harness.window().size(), 1u);
}

TEST(DedupWindowTest, AStepWithoutNewIdsWritesNothing) {
  Harness harness({});
  harness.InsertAndStep(0, 1, kStart);
  harness.window().Insert(Id(0));
  WriteBatch batch;
  ASSERT_TRUE(harness.window().Expire(kStart, harness.store(), &batch, kNoBudget).ok());
  harness.window().SealSegment(kStart, &batch);
  EXPECT_TRUE(batch.empty());
}

TEST(DedupWindowTest, ARestartKnowsWhatWasDurableAndNoMore) {
  Harness harness({});
  harness.InsertAndStep(0, 1000, kStart);
  harness.InsertAndStep(1000, 1010, kStart + absl::Seconds(1));
  harness.window().Insert(Id(5000));  // not sealed

  DedupWindow restored({});
  ASSERT_TRUE(restored.Restore(harness.store()).ok());
  EXPECT_EQ(restored.size(), 1010u);
  EXPECT_TRUE(restored.Insert(Id(5000)));
  EXPECT_FALSE(restored.Insert(Id(0)));
  EXPECT_FALSE(restored.Insert(Id(1009)));
}

TEST(DedupWindowTest, AnEmptyStoreRestoresAnEmptyWindow) {
  MemoryStore store;
  DedupWindow window({});
  ASSERT_TRUE(window.Restore(store).ok());
  EXPECT_EQ(window.size(), 0u);
  EXPECT_EQ(window.window_start(), absl::InfinitePast());
}

TEST(DedupWindowTest, IdsGoWhenTheyAreOlderThanTheWindow) {
  Harness harness({.max_ids = 1000, .min_age = absl::Hours(24)});
  harness.InsertAndStep(0, 10, kStart);
  harness.Step(kStart + absl::Hours(24));
  EXPECT_EQ(harness.window().size(), 10u);
  EXPECT_EQ(harness.window().window_start(), absl::InfinitePast());

  harness.Step(kStart + absl::Hours(24) + absl::Microseconds(1));
  EXPECT_EQ(harness.window().size(), 0u);
  EXPECT_EQ(harness.window().window_start(), kStart + absl::Microseconds(1));
  EXPECT_EQ(harness.stored_segments(), 0u);
  EXPECT_TRUE(harness.window().Insert(Id(0)));
}

TEST(DedupWindowTest, TheOldestGoWhenThereAreTooMany) {
  Harness harness({.max_ids = 50'000});
  for (uint64_t step = 0; step < 10; ++step) {
    harness.InsertAndStep(step * 20'000, (step + 1) * 20'000, kStart + absl::Seconds(step));
    EXPECT_LE(harness.window().size(), 50'000u);
  }
  EXPECT_EQ(harness.window().size(), 40'000u);
  EXPECT_EQ(harness.window().window_start(), kStart + absl::Seconds(7) + absl::Microseconds(1));
  EXPECT_FALSE(harness.window().Insert(Id(160'000)));
  EXPECT_TRUE(harness.window().Insert(Id(159'999)));
}

TEST(DedupWindowTest, OneCallStaysNearItsBudget) {
  Harness harness({.max_ids = 1'000'000, .min_age = absl::Hours(1)});
  for (uint64_t step = 0; step < 10; ++step) {
    harness.InsertAndStep(step * 20'000, (step + 1) * 20'000, kStart);
  }
  const absl::Time late = kStart + absl::Hours(2);
  harness.Step(late, 0);
  EXPECT_EQ(harness.window().size(), 200'000u);
  harness.Step(late, 1);
  EXPECT_EQ(harness.window().size(), 180'000u);
  harness.Step(late, 30'000);
  EXPECT_EQ(harness.window().size(), 140'000u);
  harness.Step(late, kNoBudget);
  EXPECT_EQ(harness.window().size(), 0u);
}

TEST(DedupWindowTest, TheWindowStartSurvivesARestart) {
  Harness harness({.max_ids = 100'000, .min_age = absl::Hours(1)});
  harness.InsertAndStep(0, 10, kStart);
  harness.Step(kStart + absl::Hours(2));
  DedupWindow restored({});
  ASSERT_TRUE(restored.Restore(harness.store()).ok());
  EXPECT_EQ(restored.size(), 0u);
  EXPECT_EQ(restored.window_start(), kStart + absl::Microseconds(1));
}

TEST(DedupWindowTest, AClockThatStepsBackDoesNotAgeIdsEarly) {
  Harness harness({.max_ids = 1000, .min_age = absl::Hours(1)});
  harness.InsertAndStep(0, 1, kStart);
  harness.InsertAndStep(1, 2, kStart - absl::Hours(10));
  harness.Step(kStart + absl::Minutes(30));
  EXPECT_EQ(harness.window().size(), 2u);
  harness.Step(kStart + absl::Minutes(61));
  EXPECT_EQ(harness.window().size(), 0u);
  EXPECT_EQ(harness.window().window_start(), kStart + absl::Microseconds(1));
}

TEST(DedupWindowTest, ManySmallStepsLeaveFewSegments) {
  Harness harness({});
  uint64_t next = 0;
  std::mt19937_64 random(1);
  size_t most = 0;
  for (int step = 0; step < 5000; ++step) {
    const uint64_t count = step % 100 == 99 ? 20'000 : 1 + random() % 8;
    harness.InsertAndStep(next, next + count, kStart);
    next += count;
    ASSERT_EQ(harness.window().segments(), harness.stored_segments());
    ASSERT_LE(harness.stored_segments(), next / DedupWindow::kLeastLastingIds + 45);
    most = std::max(most, harness.stored_segments());
  }
  EXPECT_GT(most, 50u);  // the bound is near what happens
  std::vector<bool> all(next, true);
  DedupWindow restored({});
  ASSERT_TRUE(restored.Restore(harness.store()).ok());
  ExpectHolds(all, &restored);
}

TEST(DedupWindowTest, MergingWritesAnIdAtMostFourTimes) {
  for (const uint64_t step_size : {1, 100, 1000}) {
    Harness harness({});
    const uint64_t ids = 4000 * step_size < 200'000 ? 4000 * step_size : 200'000;
    for (uint64_t i = 0; i < ids; i += step_size) {
      harness.InsertAndStep(i, i + step_size, kStart);
    }
    const uint64_t overhead = ids / step_size * 80;  // keys, heads, the window's state
    EXPECT_LE(harness.store().bytes_written(), 4 * 9 * ids + overhead) << step_size;
  }
}

TEST(DedupWindowTest, ALargeStepIsCutIntoSegments) {
  Harness harness({});
  harness.InsertAndStep(0, DedupWindow::kMostSegmentIds, kStart);
  EXPECT_EQ(harness.stored_segments(), 1u);
  harness.InsertAndStep(200'000, 200'001 + DedupWindow::kMostSegmentIds, kStart);
  EXPECT_EQ(harness.stored_segments(), 3u);
}

TEST(DedupWindowTest, SaysSoWhenTheStoreLostWhatWasPutThere) {
  const auto window_over = [](auto damage) {
    Harness harness({});
    for (uint64_t step = 0; step < 3; ++step) {
      harness.InsertAndStep(step * 20'000, (step + 1) * 20'000, kStart);
    }
    WriteBatch batch;
    damage(&batch);
    EXPECT_TRUE(harness.store().Write(batch).ok());
    DedupWindow restored({});
    return restored.Restore(harness.store());
  };
  EXPECT_TRUE(window_over([](WriteBatch*) {}).ok());
  const std::vector<absl::Status> results = {
      window_over([](WriteBatch* b) { b->Put(Family::kDedup, DedupKey(1), "x"); }),
      window_over([](WriteBatch* b) { b->Put(Family::kDedup, "short", "x"); }),
      window_over([](WriteBatch* b) {
        std::string small;
        IdList ids;
        ids.Append(Id(1'000'000));
        PackSegment(0, ids.Bytes(0, 1), &small);
        b->Put(Family::kDedup, DedupKey(1), small);
      }),
      window_over([](WriteBatch* b) { b->Delete(Family::kMeta, kDedupStateKey); }),
      window_over([](WriteBatch* b) { b->Put(Family::kMeta, kDedupStateKey, "x"); }),
  };
  for (const absl::Status& status : results) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }

  Harness harness({.max_ids = 1});
  harness.InsertAndStep(0, 2, kStart);
  WriteBatch batch;
  batch.Delete(Family::kDedup, DedupKey(0));
  ASSERT_TRUE(harness.store().Write(batch).ok());
  batch.Clear();
  EXPECT_EQ(harness.window().Expire(kStart, harness.store(), &batch, kNoBudget).code(),
            absl::StatusCode::kDataLoss);
}

TEST(DedupWindowTest, PassesOnWhatTheStoreSays) {
  MemoryStore store;
  DedupWindow window({});
  store.FailNextRead(absl::UnavailableError("device gone"));
  EXPECT_EQ(window.Restore(store).code(), absl::StatusCode::kUnavailable);
}

// The window by its definition: ids with the moment of their step, in segments as they were sealed.
// Which segments there are is the implementation's business, so the model learns from window_start
// what has gone and checks that against the promise.
class Model {
 public:
  explicit Model(DedupWindow::Options options) : options_(options) {}

  bool Insert(uint64_t number) {
    if (arrivals_.contains(number)) {
      return false;
    }
    arrivals_[number] = absl::InfiniteFuture();
    open_.push_back(number);
    return true;
  }
  void Step(absl::Time now, absl::Time window_start, size_t window_size) {
    // Nothing may go that is young while there is room.
    if (arrivals_.size() <= options_.max_ids) {
      EXPECT_LE(window_start, std::max(last_start_, now - options_.min_age));
    }
    EXPECT_GE(window_start, last_start_);
    last_start_ = window_start;
    std::erase_if(arrivals_, [&](const auto& entry) { return entry.second < window_start; });
    EXPECT_EQ(arrivals_.size(), window_size);
    for (const uint64_t number : open_) {
      arrivals_[number] = now;
    }
    open_.clear();
  }
  bool Holds(uint64_t number) const { return arrivals_.contains(number); }

 private:
  const DedupWindow::Options options_;
  std::unordered_map<uint64_t, absl::Time> arrivals_;
  std::vector<uint64_t> open_;
  absl::Time last_start_ = absl::InfinitePast();
};

// Steps of all sizes, duplicates, expiry by age and by count, and after every step a crash.
TEST(DedupWindowTest, AgreesWithAModelThroughCrashes) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const DedupWindow::Options options{
        .max_ids = seed % 2 == 0 ? size_t{40'000} : size_t{1'000'000},
        .min_age = absl::Seconds(60)};
    MemoryStore store;
    Model model(options);
    auto window = std::make_unique<DedupWindow>(options);
    absl::Time now = kStart;
    uint64_t numbers = 1;
    for (int step = 0; step < 120; ++step) {
      now += absl::Milliseconds(1 + random() % 3000);
      const uint64_t most =
          std::array<uint64_t, 8>{2, 2, 70, 70, 70, 1500, 1500, 20'000}[random() % 8];
      for (uint64_t i = random() % most; i > 0; --i) {
        const uint64_t number = random() % 4 == 0 ? random() % numbers : numbers++;
        ASSERT_EQ(window->Insert(Id(number)), model.Insert(number)) << number;
      }
      WriteBatch batch;
      const size_t open_before = window->size();
      ASSERT_TRUE(window->Expire(now, store, &batch, kNoBudget).ok());
      ASSERT_LE(window->size(), open_before);
      model.Step(now, window->window_start(), window->size());
      window->SealSegment(now, &batch);
      ASSERT_TRUE(store.Write(batch).ok());
      if (random() % 3 == 0) {
        auto restored = std::make_unique<DedupWindow>(options);
        ASSERT_TRUE(restored->Restore(store).ok());
        ASSERT_EQ(restored->size(), window->size());
        ASSERT_EQ(restored->segments(), window->segments());
        ASSERT_EQ(restored->window_start(), window->window_start());
        window = std::move(restored);
      }
    }
    DedupWindow last(options);
    ASSERT_TRUE(last.Restore(store).ok());
    std::vector<bool> held;
    for (uint64_t i = 0; i < numbers; ++i) {
      held.push_back(model.Holds(i));
    }
    ExpectHolds(held, &last);
  }
}

}  // namespace
}  // namespace kpiwatch
