// The dedup window at 10 million ids: what a step pays per id, a restart's share, memory.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/fold/dedup_window.h"
#include "tests/bench/bench_size.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(100);
constexpr size_t kAhead = 16;
constexpr size_t kStepIds = 100'000;

Fingerprint RandomFingerprint(std::mt19937_64& random) {
  const uint64_t bits = random();
  return {bits | 1, static_cast<uint8_t>(bits >> 17)};
}

// A window of `ids` with its store behind it, made once for each number.
struct Filled {
  explicit Filled(size_t ids) : window({.max_ids = 60'000'000}) {
    std::mt19937_64 random(ids);
    WriteBatch batch;
    while (window.size() < ids) {
      for (size_t i = 0; i < kStepIds && window.size() < ids; ++i) {
        window.Insert(RandomFingerprint(random));
      }
      now += kStep;
      window.SealSegment(now, &batch);
      (void)store.Write(batch).ok();
      batch.Clear();
    }
  }
  absl::Time now = absl::FromUnixSeconds(1'750'000'000);
  MemoryStore store;
  DedupWindow window;
};

void Fingerprinting(benchmark::State& state) {
  std::string id = "0190f3e2-77b1-7000-8000-000000000000";
  uint64_t number = 0;
  for (auto _ : state) {
    id[30] = static_cast<char>('0' + number++ % 10);
    benchmark::DoNotOptimize(FingerprintOf("acme", "/crm/deals", id));
  }
}
BENCHMARK(Fingerprinting);

// New ids beside `range` others; half a million a round, so that the window stays near that size.
void Insert(benchmark::State& state) {
  const auto ids = static_cast<size_t>(state.range(0));
  Filled filled(ids);
  state.counters["bytes_per_id"] =
      static_cast<double>(filled.window.memory_bytes()) / static_cast<double>(ids);
  filled.window.Reserve(ids + ids / 4);
  std::mt19937_64 random(77);
  std::vector<Fingerprint> fresh(500'000);
  uint64_t inserted = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (Fingerprint& id : fresh) {
      id = RandomFingerprint(random);
    }
    WriteBatch batch;
    filled.window.SealSegment(filled.now, &batch);
    state.ResumeTiming();
    for (size_t i = 0; i < fresh.size(); ++i) {
      if (i + kAhead < fresh.size()) {
        filled.window.Prefetch(fresh[i + kAhead]);
      }
      benchmark::DoNotOptimize(filled.window.Insert(fresh[i]));
    }
    inserted += fresh.size();
  }
  state.counters["per_id"] = benchmark::Counter(
      static_cast<double>(inserted), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(Insert)->Arg(BenchSize(10'000'000))->Iterations(4)->Unit(benchmark::kMillisecond);

// A window that nobody made room for, from nothing to its size.
void InsertGrowing(benchmark::State& state) {
  const auto ids = static_cast<size_t>(state.range(0));
  std::mt19937_64 random(ids);
  std::vector<Fingerprint> fresh(ids);
  for (Fingerprint& id : fresh) {
    id = RandomFingerprint(random);
  }
  for (auto _ : state) {
    DedupWindow window({});
    WriteBatch batch;
    for (size_t i = 0; i < ids; ++i) {
      window.Prefetch(fresh[i + kAhead < ids ? i + kAhead : i]);
      benchmark::DoNotOptimize(window.Insert(fresh[i]));
      if (i % kStepIds == 0) {
        window.SealSegment(absl::UnixEpoch(), &batch);
        batch.Clear();
      }
    }
  }
  state.counters["per_id"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(ids),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(InsertGrowing)->Arg(BenchSize(10'000'000))->Iterations(1)->Unit(benchmark::kMillisecond);

void InsertDuplicates(benchmark::State& state) {
  const auto ids = static_cast<size_t>(state.range(0));
  Filled filled(ids);
  std::vector<Fingerprint> known;
  std::mt19937_64 random(ids);
  for (size_t i = 0; i < ids; ++i) {
    known.push_back(RandomFingerprint(random));
  }
  for (auto _ : state) {
    for (size_t i = 0; i < known.size(); ++i) {
      filled.window.Prefetch(known[i + kAhead < known.size() ? i + kAhead : i]);
      benchmark::DoNotOptimize(filled.window.Insert(known[i]));
    }
  }
  state.counters["per_id"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(ids),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(InsertDuplicates)
    ->Arg(BenchSize(10'000'000))
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The largest segment that a step of a draining backlog seals.
void SealOneStep(benchmark::State& state) {
  std::mt19937_64 random(5);
  auto window = std::make_unique<DedupWindow>(DedupWindow::Options{});
  WriteBatch batch;
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kStepIds; ++i) {
      window->Insert(RandomFingerprint(random));
    }
    batch.Clear();
    state.ResumeTiming();
    window->SealSegment(absl::UnixEpoch(), &batch);
  }
  state.counters["bytes_per_id"] = static_cast<double>(batch.bytes()) / kStepIds;
}
BENCHMARK(SealOneStep)->Iterations(20)->Unit(benchmark::kMicrosecond);

void Restore(benchmark::State& state) {
  const auto ids = static_cast<size_t>(state.range(0));
  const Filled filled(ids);
  for (auto _ : state) {
    auto window = std::make_unique<DedupWindow>(DedupWindow::Options{});
    benchmark::DoNotOptimize(window->Restore(filled.store).ok());
    state.counters["bytes_per_id"] =
        static_cast<double>(window->memory_bytes()) / static_cast<double>(ids);
    state.PauseTiming();
    window.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(Restore)->Arg(BenchSize(10'000'000))->Iterations(3)->Unit(benchmark::kMillisecond);

// A full window: every new id pushes an old one out.
void ExpireOldest(benchmark::State& state) {
  const auto ids = static_cast<size_t>(state.range(0));
  const Filled filled(ids);
  auto window = std::make_unique<DedupWindow>(
      DedupWindow::Options{.max_ids = 60'000'000, .min_age = absl::ZeroDuration()});
  if (!window->Restore(filled.store).ok()) {
    state.SkipWithError("cannot restore");
    return;
  }
  const size_t before = window->size();
  for (auto _ : state) {
    WriteBatch batch;
    benchmark::DoNotOptimize(
        window->Expire(absl::InfiniteFuture(), filled.store, &batch, 1'000'000).ok());
  }
  state.counters["per_id"] =
      benchmark::Counter(static_cast<double>(before - window->size()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(ExpireOldest)->Arg(BenchSize(10'000'000))->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kpiwatch
