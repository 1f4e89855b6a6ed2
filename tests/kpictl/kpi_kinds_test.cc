// The examples of docs/KPI_KINDS.md and docs/SOURCES.md are true, in both languages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/kpictl/replay.h"
#include "tests/kpictl/command_fixture.h"

namespace kpiwatch {
namespace {

// A fenced block: the words behind its fence, and what stands in it.
struct Block {
  std::string kind;
  std::string text;
};

std::vector<Block> BlocksOf(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        blocks.push_back({line.substr(3), ""});
      }
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << path;
  return blocks;
}

// The rows of a table, each with one blank between its columns.
std::vector<std::string> RowsOf(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string row;
    for (std::string word; words >> word;) {
      row += (row.empty() ? "" : " ") + word;
    }
    rows.push_back(row);
  }
  return rows;
}

std::string KpiOf(const std::string& row) { return row.substr(0, row.find(' ')); }

// Those of `rows` that speak of KPIs which `shown` speaks of, too.
std::vector<std::string> SameKpis(const std::vector<std::string>& rows,
                                  const std::vector<std::string>& shown) {
  std::vector<std::string> same;
  for (const std::string& row : rows) {
    if (std::any_of(shown.begin(), shown.end(),
                    [&](const std::string& other) { return KpiOf(other) == KpiOf(row); })) {
      same.push_back(row);
    }
  }
  return same;
}

struct Page {
  const char* path;
  const char* name;
  size_t least_examples;
};

class KpiKindsTest : public CommandTest, public testing::WithParamInterface<Page> {};

TEST_P(KpiKindsTest, EveryExampleSaysWhatTheReplaySays) {
  ReplayOptions options;
  options.print = ReplayOptions::Print::kValues;
  options.format = OutputFormat::kTable;
  std::string calendar;
  std::string rules;
  size_t examples = 0;
  for (const Block& block : BlocksOf(GetParam().path)) {
    if (block.kind == "yaml config") {
      options.config = Write("kpiwatch.yaml", block.text);
    } else if (block.kind == "yaml calendar") {
      calendar = block.text;
    } else if (block.kind == "csv events") {
      options.events = {"crm=" + Write("events.csv", block.text)};
    } else if (block.kind == "json events") {
      options.events = {"crm=" + Write("events.json", block.text)};
    } else if (block.kind == "yaml rules") {
      rules = block.text;
      Write("rules.yaml", calendar + rules);
    } else if (block.kind == "text") {
      const int code = RunCommand([&](const Console& out) { return Replay(options, out); });
      ASSERT_EQ(code, kExitGood) << rules << err_;
      const std::vector<std::string> shown = RowsOf(block.text);
      EXPECT_EQ(SameKpis(RowsOf(out_), shown), shown) << rules << out_;
      ++examples;
    } else {
      ADD_FAILURE() << "a block of an unknown kind: " << block.kind;
    }
  }
  EXPECT_GE(examples, GetParam().least_examples);
}

INSTANTIATE_TEST_SUITE_P(Pages, KpiKindsTest,
                         testing::Values(Page{"docs/KPI_KINDS.md", "KindsInEnglish", 6},
                                         Page{"docs/KPI_KINDS.zh-CN.md", "KindsInChinese", 6},
                                         Page{"docs/SOURCES.md", "SourcesInEnglish", 3},
                                         Page{"docs/SOURCES.zh-CN.md", "SourcesInChinese", 3}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kpiwatch
