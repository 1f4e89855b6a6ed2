// How large benchmarks are: full when they are run for their figures, small under ctest, which only
// asks whether they work.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace kpiwatch {

inline int64_t BenchSize(int64_t full) {
  const bool smoke =
      std::getenv("KPIWATCH_BENCH_SMOKE") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  return smoke ? full / 50 : full;
}

}  // namespace kpiwatch
