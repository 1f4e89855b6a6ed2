// The store on a real disk: what a step's batch costs, what 10 million ids leave on disk, and how
// fast a killed process has its state again.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>

#include "daemon/base/check.h"
#include "daemon/fold/dedup_window.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocksdb/rocks_state_store.h"
#include "tests/bench/bench_size.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

std::unique_ptr<RocksStateStore> MustOpen(const std::string& directory) {
  auto store = RocksStateStore::Open(directory);
  KPIWATCH_CHECK(store.ok(), store.status().ToString());
  return *std::move(store);
}

void MustWrite(const WriteBatch& batch, StateStore* store) {
  const absl::Status status = store->Write(batch);
  KPIWATCH_CHECK(status.ok(), status.ToString());
}

// Bytes that this process caused to be written to disk so far, from /proc/self/io; 0 where the
// system does not count them.
double BytesWritten() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") {
      return static_cast<double>(value);
    }
  }
  return 0;
}

// `cells` day buckets, as an engine's step writes them.
void PutCells(uint32_t cells, std::mt19937_64& random, WriteBatch* batch) {
  for (uint32_t subject = 0; subject < cells; ++subject) {
    std::string value(24, '\0');
    value[random() % value.size()] = static_cast<char>(random());
    batch->Put(Family::kSeries, SeriesKey(subject, Day{20'000}), value);
  }
}

// Puts `ids` ids in steps of `step` with `cells` cells each through a window capped at `max_ids`.
void Drain(uint64_t ids, uint64_t step, uint32_t cells, size_t max_ids, StateStore* store) {
  DedupWindow window({.max_ids = max_ids});
  std::mt19937_64 random(2);
  WriteBatch batch;
  absl::Time now = absl::FromUnixSeconds(1'750'000'000);
  for (uint64_t done = 0; done < ids;) {
    for (uint64_t i = 0; i < step && done < ids; ++i, ++done) {
      const uint64_t bits = random();
      window.Insert({bits | 1, static_cast<uint8_t>(bits >> 17)});
    }
    now += absl::Milliseconds(100);
    batch.Clear();
    KPIWATCH_CHECK(window.Expire(now, *store, &batch, 2 * step).ok(), "cannot expire");
    window.SealSegment(now, &batch);
    PutCells(cells, random, &batch);
    MustWrite(batch, store);
  }
}

// Runs `work` in a process of its own and returns what it wrote to the pipe end it is given. Only
// from a process that has not opened a store yet: RocksDB's threads do not survive a fork.
template <typename Work>
std::string InChild(Work work) {
  int ends[2];
  KPIWATCH_CHECK(pipe(ends) == 0, "no pipe");
  const pid_t child = fork();
  if (child == 0) {
    work(ends[1]);
    kill(getpid(), SIGKILL);
  }
  close(ends[1]);
  std::string text(256, '\0');
  const ssize_t size = read(ends[0], text.data(), text.size());
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

// From the start of a process whose predecessor was killed in the middle of a drain to an open
// store (open_ms) and to a window with all its ids (the time shown). Stands first, see InChild.
void RecoverAfterKill(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const auto ids = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    TempDirectory temp;
    InChild([&](int) { Drain(ids, 100'000, 1'000, 60'000'000, MustOpen(temp.path()).get()); });
    const std::string seconds = InChild([&](int out) {
      const auto start = Clock::now();
      auto store = MustOpen(temp.path());
      const std::chrono::duration<double> open = Clock::now() - start;
      DedupWindow window({.max_ids = 60'000'000});
      const absl::Status restored = window.Restore(*store);
      const std::chrono::duration<double> all = Clock::now() - start;
      KPIWATCH_CHECK(restored.ok() && window.size() == ids, restored.ToString());
      const std::string text = fmt::format("{} {}", open.count(), all.count());
      KPIWATCH_CHECK(write(out, text.data(), text.size()) > 0, "no pipe");
    });
    std::istringstream in(seconds);
    double open = 0, all = 0;
    in >> open >> all;
    state.counters["open_ms"] = open * 1000;
    state.SetIterationTime(all);
  }
}
BENCHMARK(RecoverAfterKill)
    ->Arg(BenchSize(1'000'000))
    ->Arg(BenchSize(15'000'000))
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void WriteSynced(benchmark::State& state) {
  TempDirectory temp;
  auto store = MustOpen(temp.path());
  std::mt19937_64 random(1);
  WriteBatch batch;
  for (auto _ : state) {
    batch.Clear();
    PutCells(static_cast<uint32_t>(state.range(0)), random, &batch);
    MustWrite(batch, store.get());
  }
}
BENCHMARK(WriteSynced)->Arg(1)->Arg(100)->Arg(1'000)->Arg(20'000)->Unit(benchmark::kMicrosecond);

// Arguments: ids in all, ids a step, cells a step, most ids in the window.
void DrainIds(benchmark::State& state) {
  const auto ids = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    TempDirectory temp;
    const double before = BytesWritten();
    {
      auto store = MustOpen(temp.path());
      Drain(ids, static_cast<uint64_t>(state.range(1)), static_cast<uint32_t>(state.range(2)),
            static_cast<size_t>(state.range(3)), store.get());
    }
    state.counters["bytes_per_id"] = (BytesWritten() - before) / static_cast<double>(ids);
  }
}
BENCHMARK(DrainIds)
    ->Args({BenchSize(10'000'000), 100'000, 0, 16'000'000})  // a backlog, ids only
    ->Args({BenchSize(10'000'000), 100'000, 0, 2'000'000})   // and with a window that turns over
    ->Args({BenchSize(10'000'000), 100'000, 2'000, 16'000'000})  // with cells
    ->Args({BenchSize(500'000), 500, 0, 16'000'000})             // small live steps
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kpiwatch
