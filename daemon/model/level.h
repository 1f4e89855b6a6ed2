// The four colours.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kpiwatch {

enum class Level : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kGreen = 0,
  kYellow = 1,
  kOrange = 2,
  kRed = 3,
};
inline constexpr int kLevelCount = 4;

std::string_view LevelName(Level level);  // "green" .. "red"
// The reverse; nullopt for anything else.
std::optional<Level> ParseLevel(std::string_view name);

}  // namespace kpiwatch
