// Loads rule files from text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/rulebook/loader.h"
#include "gtest/gtest.h"

namespace kpiwatch {

inline LoadResult LoadText(std::string_view text) {
  return LoadRulebook({{.path = "r.yaml", .text = std::string(text)}});
}

// "12:9: message", one per finding, warnings with their word.
inline std::vector<std::string> Findings(const LoadResult& result, bool warnings) {
  std::vector<std::string> lines;
  for (const Diagnostic& d : result.diagnostics) {
    if (d.warning == warnings) {
      lines.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message);
    }
  }
  return lines;
}
inline std::vector<std::string> Errors(const LoadResult& result) { return Findings(result, false); }
inline std::vector<std::string> Warnings(const LoadResult& result) {
  return Findings(result, true);
}

// The rulebook of `text`, which must be without mistakes.
inline std::shared_ptr<const Rulebook> MustLoad(std::string_view text) {
  const LoadResult result = LoadText(text);
  for (const std::string& error : Errors(result)) {
    ADD_FAILURE() << error;
  }
  return result.rulebook != nullptr ? result.rulebook : std::make_shared<const Rulebook>();
}

}  // namespace kpiwatch
