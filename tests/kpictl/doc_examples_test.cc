// The examples of docs/KPI_KINDS.md, docs/SOURCES.md and docs/TARGETS.md are true, in both
// languages.
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

// Those of a table of values that speak of KPIs which `shown` speaks of, too.
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

class DocExamplesTest : public CommandTest, public testing::WithParamInterface<Page> {};

TEST_P(DocExamplesTest, EveryExampleSaysWhatTheReplaySays) {
  ReplayOptions options;
  options.format = OutputFormat::kTable;
  std::string calendar;
  std::string rules;
  size_t examples = 0;
  for (const Block& block : BlocksOf(GetParam().path)) {
    if (block.kind == "yaml config") {
      options.config = Write("kpiwatch.yaml", block.text);
    } else if (block.kind == "yaml calendar") {
      calendar = block.text;
    } else if (block.kind == "yaml holidays") {
      Write("holidays.yaml", block.text);
    } else if (block.kind == "csv events") {
      options.events = {"crm=" + Write("events.csv", block.text)};
    } else if (block.kind == "json events") {
      options.events = {"crm=" + Write("events.json", block.text)};
    } else if (block.kind == "yaml rules") {
      rules = block.text;
      Write("rules.yaml", calendar + rules);
    } else if (block.kind == "text" || block.kind == "text transitions") {
      const bool values = block.kind == "text";
      options.print = values ? ReplayOptions::Print::kValues : ReplayOptions::Print::kTransitions;
      const int code = RunCommand([&](const Console& out) { return Replay(options, out); });
      ASSERT_EQ(code, kExitGood) << rules << err_;
      const std::vector<std::string> shown = RowsOf(block.text);
      const std::vector<std::string> rows = RowsOf(out_);
      EXPECT_EQ(values ? SameKpis(rows, shown) : rows, shown) << rules << out_;
      ++examples;
    } else {
      ADD_FAILURE() << "a block of an unknown kind: " << block.kind;
    }
  }
  EXPECT_GE(examples, GetParam().least_examples);
}

INSTANTIATE_TEST_SUITE_P(Pages, DocExamplesTest,
                         testing::Values(Page{"docs/KPI_KINDS.md", "KindsInEnglish", 6},
                                         Page{"docs/KPI_KINDS.zh-CN.md", "KindsInChinese", 6},
                                         Page{"docs/SOURCES.md", "SourcesInEnglish", 3},
                                         Page{"docs/SOURCES.zh-CN.md", "SourcesInChinese", 3},
                                         Page{"docs/TARGETS.md", "TargetsInEnglish", 3},
                                         Page{"docs/TARGETS.zh-CN.md", "TargetsInChinese", 3}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kpiwatch
