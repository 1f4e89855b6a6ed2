#include "daemon/kpictl/test_command.h"

#include <fmt/format.h>

#include <string_view>

#include "daemon/base/status_text.h"
#include "daemon/kpictl/scenario_run.h"

namespace kpiwatch {
namespace {

// Lines of what happened that a failed test shows at most.
constexpr size_t kMaxHappened = 50;

std::string Mark(bool passed, bool colours) {
  if (!colours) {
    return passed ? "PASS" : "FAIL";
  }
  return passed ? "\033[32mPASS\033[0m" : "\033[31mFAIL\033[0m";
}

std::string Indent(std::string_view text, std::string_view by) {
  std::string out(by);
  for (const char c : text) {
    out += c;
    if (c == '\n') {
      out += by;
    }
  }
  return out;
}

void Explain(const ScenarioFile& file, const ScenarioOutcome& outcome, std::ostream& out) {
  for (const Failure& failure : outcome.failures) {
    out << fmt::format("        {}:{}\n", file.path, failure.line)
        << fmt::format("          expected: {}\n", failure.expected)
        << fmt::format("          found:    {}\n", Indent(failure.found, "          ").substr(10));
  }
  out << (outcome.happened.empty() ? "        nothing happened\n" : "        what happened:\n");
  for (size_t i = 0; i < outcome.happened.size(); ++i) {
    if (i == kMaxHappened) {
      out << fmt::format("          and {} more\n", outcome.happened.size() - i);
      break;
    }
    out << "          " << Describe(outcome.happened[i], file.zone) << '\n';
  }
}

// Tests that failed; `total` counts all.
size_t RunFile(const ScenarioFile& file, size_t* total, const Console& console) {
  size_t failed = 0;
  for (const Scenario& test : file.tests) {
    ++*total;
    const auto outcome = RunScenario(file, test);
    const bool passed = outcome.ok() && outcome->failures.empty();
    failed += passed ? 0 : 1;
    console.out << fmt::format("  {}  {}\n", Mark(passed, console.colours), test.name);
    if (!outcome.ok()) {
      console.out << fmt::format("        {}\n", MessageOf(outcome.status()));
    } else if (!passed) {
      Explain(file, *outcome, console.out);
    }
  }
  return failed;
}

}  // namespace

int TestCommand(const std::vector<std::string>& files, const Console& console) {
  size_t total = 0, failed = 0, broken = 0;
  for (const std::string& path : files) {
    const auto sources = ReadRuleFiles({path}, ".");
    if (!sources.ok()) {
      console.err << fmt::format("kpictl test: {}\n", MessageOf(sources.status()));
      ++broken;
      continue;
    }
    for (const SourceFile& source : *sources) {
      console.out << source.path << '\n';
      const ScenarioFileResult loaded = LoadScenarioFile(source);
      for (const Diagnostic& diagnostic : loaded.diagnostics) {
        if (!diagnostic.warning || !loaded.file) {
          console.out << "  " << diagnostic.ToString() << '\n';
        }
      }
      if (loaded.file) {
        failed += RunFile(*loaded.file, &total, console);
      } else {
        ++broken;
      }
    }
  }
  console.out << fmt::format("{} of {} tests passed", total - failed, total)
              << (broken > 0 ? fmt::format(", {} files cannot be run", broken) : "") << '\n';
  return failed + broken == 0 ? kExitGood : kExitWrong;
}

}  // namespace kpiwatch
