#include "daemon/model/level.h"

#include "daemon/base/check.h"

namespace kpiwatch {
namespace {
constexpr std::string_view kNames[kLevelCount] = {"green", "yellow", "orange", "red"};
}  // namespace

std::string_view LevelName(Level level) {
  const auto index = static_cast<int>(level);
  KPIWATCH_CHECK(0 <= index && index < kLevelCount, "not a level");
  return kNames[index];
}

std::optional<Level> ParseLevel(std::string_view name) {
  for (int i = 0; i < kLevelCount; ++i) {
    if (kNames[i] == name) {
      return static_cast<Level>(i);
    }
  }
  return std::nullopt;
}

}  // namespace kpiwatch
