#include "daemon/kpictl/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>

namespace kpiwatch {
namespace {

constexpr int kBarWidth = 24;

}  // namespace

std::string ShortCount(double count) {
  const auto scaled = [](double value, char unit) {
    return value < 10 ? fmt::format("{:.1f}{}", value, unit) : fmt::format("{:.0f}{}", value, unit);
  };
  return count < 1e3   ? fmt::format("{:.0f}", count)
         : count < 1e6 ? scaled(count / 1e3, 'k')
                       : scaled(count / 1e6, 'M');
}

void ProgressBar::Update(int64_t records, int64_t bytes, absl::Time now) {
  if (is_terminal_ && now - drawn_ >= absl::Milliseconds(100)) {
    drawn_ = now;
    Draw(records, bytes, now);
  }
}

void ProgressBar::Finish(int64_t records, int64_t bytes, absl::Time now) {
  if (is_terminal_) {
    Draw(records, bytes, now);
    out_ << '\n' << std::flush;
  }
}

void ProgressBar::Draw(int64_t records, int64_t bytes, absl::Time now) {
  const double seconds = std::max(absl::ToDoubleSeconds(now - start_), 1e-3);
  std::string line = "\r";
  if (total_bytes_ > 0) {
    const double share =
        std::clamp(static_cast<double>(bytes) / static_cast<double>(total_bytes_), 0.0, 1.0);
    const int full = static_cast<int>(share * kBarWidth);
    line += fmt::format("[{}{}] {:3.0f} %  ", std::string(full, '#'),
                        std::string(kBarWidth - full, '.'), share * 100);
    const double left = share > 0 ? seconds / share - seconds : 0;
    line += fmt::format("ETA {:02}:{:02}  ", static_cast<int64_t>(left) / 60,
                        static_cast<int64_t>(left) % 60);
  }
  const auto count = static_cast<double>(records);
  line += fmt::format("{} records, {}/s", ShortCount(count), ShortCount(count / seconds));
  out_ << line << "\033[K" << std::flush;
}

}  // namespace kpiwatch
