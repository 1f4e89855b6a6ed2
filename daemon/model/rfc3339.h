// Times as events spell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kpiwatch {

// Unix milliseconds of an RFC 3339 date-time with any offset; fractions beyond the millisecond are
// cut. nullopt when `text` is anything else, a time without an offset included. A leap second
// counts as the first moment of the next minute.
std::optional<int64_t> ParseRfc3339(std::string_view text);

// Years 0001 to 9999: what ParseRfc3339 yields and what events may carry.
inline constexpr int64_t kMinEventTimeMs = -62'135'596'800'000;
inline constexpr int64_t kMaxEventTimeMs = 253'402'300'799'999;
inline bool IsEventTime(int64_t unix_ms) {
  return kMinEventTimeMs <= unix_ms && unix_ms <= kMaxEventTimeMs;
}

}  // namespace kpiwatch
