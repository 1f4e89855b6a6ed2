// Rule files written in a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "daemon/rulebook/loader.h"

namespace kpiwatch {

// The rulebook of one file; a mistake in it fails the test.
inline std::shared_ptr<const Rulebook> LoadText(const std::string& yaml) {
  const LoadResult result = LoadRulebook({{"rules.yaml", yaml}});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_TRUE(diagnostic.warning) << diagnostic.ToString();
  }
  return result.rulebook;
}

}  // namespace kpiwatch
