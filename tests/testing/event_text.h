// Events and times written in a test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace kpiwatch {

// "2026-09-28T10:00" in Asia/Shanghai.
inline absl::Time At(std::string_view local) {
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%dT%H:%M", std::string(local), zone, &time, &error)) << error;
  return time;
}

// An event of the CRM as CloudEvents JSON: `type` without prefix and version, `data` JSON, `more`
// further attributes, each with a comma behind it: R"("sequence":"7",)".
inline std::string EventText(std::string_view type, std::string_view id, absl::Time time,
                             std::string_view data, std::string_view more = {}) {
  return R"({"specversion":"1.0","type":"com.acme.)" + std::string(type) +
         R"(.v1","source":"/crm","id":")" + std::string(id) + R"(","time":")" +
         absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()) + R"(",)" +
         std::string(more) + R"("data":)" + std::string(data) + "}";
}

}  // namespace kpiwatch
