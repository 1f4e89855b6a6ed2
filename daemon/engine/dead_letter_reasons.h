// Why a record becomes a dead letter: the label of its counter, its list and its topic.
#pragma once

#include <string_view>

namespace kpiwatch::dead_letter {

inline constexpr std::string_view kDecode = "decode";   // what it is, or says, cannot be read
inline constexpr std::string_view kNoTime = "no_time";  // neither event nor record has one
inline constexpr std::string_view kTenant = "tenant";   // of another tenant than its source
inline constexpr std::string_view kTooOld = "too_old_to_deduplicate";  // before the known ids
inline constexpr std::string_view kImplausible = "implausible_time";   // before 1980, after 2199

inline constexpr std::string_view kReasons[] = {kDecode, kNoTime, kTenant, kTooOld, kImplausible};

}  // namespace kpiwatch::dead_letter
