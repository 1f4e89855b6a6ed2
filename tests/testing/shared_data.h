// Outside data that some tests compare with and the project does not ship: ../shared/data beside
// the project root, or the folder named by KPIWATCH_SHARED_DATA. Where it is missing such a test
// says so and is skipped; with CI=true in the environment it fails instead.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace kpiwatch {

// The path of a file ("holiday_cn/2026.json") or folder of the outside data; nullopt when it is not
// there.
inline std::optional<std::string> SharedData(std::string_view name) {
  const char* root = std::getenv("KPIWATCH_SHARED_DATA");  // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path path =
      std::filesystem::path(root != nullptr ? root : "../shared/data") / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return std::nullopt;
  }
  return path.string();
}

inline bool SharedDataIsMandatory() {
  const char* ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe)
  return ci != nullptr && std::string_view(ci) == "true";
}

// The whole content of a file; empty when it cannot be read.
inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace kpiwatch

// At the start of a test: goes on only where the outside data `name` is there.
#define KPIWATCH_REQUIRE_SHARED_DATA(name)                                               \
  if (!::kpiwatch::SharedData(name)) {                                                   \
    if (::kpiwatch::SharedDataIsMandatory()) {                                           \
      FAIL() << "OUTSIDE DATA MISSING: " << (name) << " (CI=true makes this a failure)"; \
    }                                                                                    \
    GTEST_SKIP() << "SKIPPED, OUTSIDE DATA MISSING: " << (name)                          \
                 << "; see tests/testing/shared_data.h";                                 \
  }                                                                                      \
  static_assert(true, "needs a semicolon")
