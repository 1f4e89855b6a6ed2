#include "daemon/kpictl/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "daemon/config/daemon_config.h"
#include "daemon/kafka/conf.h"
#include "daemon/kpictl/scenario_file.h"
#include "daemon/rulebook/file_glob.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {
namespace {

constexpr ConfigChecks kConfigChecks = {.reading = kafka::CheckReadingProperty,
                                        .writing = kafka::CheckWritingProperty};

enum class FileKind { kNothing, kRules, kDaemon, kScenarios, kHolidays };

// By the keys at its top; what is no YAML counts as a rule file, whose loader says so.
FileKind KindOf(const SourceFile& file) {
  YamlTree tree;
  YamlTree::Error error;
  if (!tree.Parse(file.text, 0, &error)) {
    return FileKind::kRules;
  }
  bool says_something = false;
  for (const YamlNode* document : tree.documents()) {
    says_something = says_something || document->kind != YamlNode::Kind::kNull;
    const auto has = [document](std::string_view key) {
      return document->is_map() && document->Get(key) != nullptr;
    };
    if (has("tests")) {
      return FileKind::kScenarios;
    }
    if (has("rule_files") || has("sources") || has("storage") || has("instance")) {
      return FileKind::kDaemon;
    }
    if (has("known_through")) {
      return FileKind::kHolidays;
    }
  }
  return says_something ? FileKind::kRules : FileKind::kNothing;
}

// A file that holds nothing may be an empty file of rules; not so where it is the daemon's by its
// name, or all that there is to check.
bool IsTheDaemons(const SourceFile& nothing, size_t files) {
  const std::string name = std::filesystem::path(nothing.path).filename();
  return files == 1 || name == "kpiwatch.yaml" || name == "kpiwatch.yml";
}

class Checker {
 public:
  explicit Checker(const Console& console) : console_(console) {}

  void Take(const LoadResult& loaded) {
    Print(loaded.diagnostics);
    if (loaded.rulebook) {
      console_.out << fmt::format("{} rule files: {} KPIs, {} targets, {} rules\n",
                                  loaded.rulebook->files.size(), loaded.rulebook->kpis.size(),
                                  loaded.rulebook->targets.size(), loaded.rulebook->rules.size());
    }
  }

  void CheckDaemon(const SourceFile& file) {
    const DaemonConfigResult parsed = ParseDaemonConfig(file, &kConfigChecks);
    Print(parsed.diagnostics);
    if (parsed.rule_files.empty()) {
      return;
    }
    if (parsed.config) {
      console_.out << fmt::format("{}: {} sources\n", file.path, parsed.config->sources.size());
    }
    for (const SourceFile& rules : FindRuleFiles(parsed.rule_files, FolderOf(file.path)).files) {
      loaded_.insert(RealPath(rules.path));
    }
    Take(LoadRulesOf(file.path, parsed.rule_files, parsed.sources));
  }

  // What no daemon's file has brought along is checked with all the others.
  void CheckRules(const std::vector<SourceFile>& rules) {
    const bool known = std::all_of(rules.begin(), rules.end(), [this](const SourceFile& file) {
      return loaded_.contains(RealPath(file.path));
    });
    if (!known) {
      Take(LoadRulebook(rules));
    }
  }

  void CheckScenarios(const SourceFile& file) {
    const ScenarioFileResult loaded = LoadScenarioFile(file);
    Print(loaded.diagnostics);
    if (loaded.file) {
      console_.out << fmt::format("{}: {} tests\n", file.path, loaded.file->tests.size());
    }
  }

  void Mistake(const std::string& text) {
    console_.out << text << '\n';
    wrong_ = true;
  }

  int ExitCode(bool lint_fatal) const {
    return wrong_ ? kExitWrong : warned_ && lint_fatal ? kExitLint : kExitGood;
  }

 private:
  void Print(const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
      (diagnostic.warning ? warned_ : wrong_) = true;
      Diagnostic real = diagnostic;
      real.file = RealPath(diagnostic.file);
      if (told_.insert(real.ToString()).second) {
        console_.out << diagnostic.ToString() << '\n';
      }
    }
  }
  // One file is spelled in several ways: as it was given, and as the daemon's file names it.
  static std::string RealPath(const std::string& path) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
    return error ? path : real.string();
  }

  const Console& console_;
  std::set<std::string> loaded_;  // rule files that a daemon's file has brought along
  std::set<std::string> told_;    // a file that several name is read several times
  bool wrong_ = false;
  bool warned_ = false;
};

}  // namespace

int Check(const std::vector<std::string>& paths, bool lint_fatal, const Console& console) {
  Checker checker(console);
  const RuleFiles found = FindRuleFiles(paths, ".");
  for (const std::string& mistake : found.mistakes) {
    checker.Mistake(fmt::format("kpictl check: {}", mistake));
  }
  std::vector<SourceFile> rules;
  for (const SourceFile& file : found.files) {
    switch (KindOf(file)) {
      case FileKind::kNothing:
        if (IsTheDaemons(file, found.files.size())) {
          checker.CheckDaemon(file);
          break;
        }
        [[fallthrough]];
      case FileKind::kRules:
        rules.push_back(file);
        break;
      case FileKind::kDaemon:
        checker.CheckDaemon(file);
        break;
      case FileKind::kScenarios:
        checker.CheckScenarios(file);
        break;
      case FileKind::kHolidays:
        break;  // read where a calendar names them
    }
  }
  checker.CheckRules(rules);
  return checker.ExitCode(lint_fatal);
}

}  // namespace kpiwatch
