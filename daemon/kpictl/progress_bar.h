// How far a long command has come, drawn on a terminal.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace kpiwatch {

// Draws at most ten times a second; elsewhere than on a terminal nothing at all. Not thread-safe.
class ProgressBar {
 public:
  // `total_bytes` of input, 0: unknown. `start` and every `now` come from one clock.
  ProgressBar(std::ostream& out, bool is_terminal, int64_t total_bytes, absl::Time start)
      : out_(out), is_terminal_(is_terminal), total_bytes_(total_bytes), start_(start) {}

  void Update(int64_t records, int64_t bytes, absl::Time now);
  // The last state, and the line's end.
  void Finish(int64_t records, int64_t bytes, absl::Time now);

 private:
  void Draw(int64_t records, int64_t bytes, absl::Time now);

  std::ostream& out_;
  const bool is_terminal_;
  const int64_t total_bytes_;
  const absl::Time start_;
  absl::Time drawn_ = absl::InfinitePast();
};

// "1.2M", "340k", "17": a count in three figures.
std::string ShortCount(double count);

}  // namespace kpiwatch
