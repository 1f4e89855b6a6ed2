// Scenario tests as people write them: rules, events and what must happen. The format:
// tests/scenarios/README.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/model/level.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// An event as CloudEvents JSON, and when it reaches the daemon.
struct Delivery {
  absl::Time received;
  std::string source;  // of the event and of the feed that brings it
  std::string json;
  int line = 0;  // in the test file
};

// From `at` on it is known that a source is complete until `until`.
struct CompletionStep {
  absl::Time at;
  absl::Time until;
  std::string source;  // empty: every source
};

// At `at` another set of rule files takes over.
struct ReloadStep {
  absl::Time at;
  std::shared_ptr<const Rulebook> rulebook;
};

// What must hold. One of:
// - at a moment (`to` unset): the ladder of `rule` for `subject` stands at `level`, and the last
//   transition that led there notified `notified`, had `reason` and opened a task due at `due`,
//   where these are given;
// - over [from, to): exactly one transition of `rule`, `subject` to `level` with `notified`,
//   `reason` and `due`, where given;
// - no_alerts: at a moment no ladder stands above green, over a range there is no transition at
//   all; `rule`, `subject` and `period` narrow it down.
struct Expectation {
  int line = 0;
  absl::Time from;
  std::optional<absl::Time> to;
  std::string rule;
  std::string subject;  // "person:u102"; "u102" stands for a subject of any kind
  std::string period;   // as in transitions; empty: any
  std::optional<Level> level;
  std::optional<std::vector<std::string>> notified;  // sorted
  std::string reason;                                // empty: any
  std::optional<absl::Time> due;                     // of the task that it opened
  bool no_alerts = false;
};

struct Scenario {
  std::string name;
  int line = 0;
  absl::Time start;                  // its business day is the first that is sealed
  std::vector<Delivery> deliveries;  // in order of the file
  std::vector<CompletionStep> completions;
  std::vector<ReloadStep> reloads;
  std::vector<Expectation> expectations;
  std::vector<std::string> sources;  // every feed that something of the test names; not empty
};

struct ScenarioFile {
  std::string path;
  std::shared_ptr<const Rulebook> rulebook;
  absl::TimeZone zone;  // of the first calendar: that of times without an offset
  std::vector<Scenario> tests;
};

struct ScenarioFileResult {
  std::optional<ScenarioFile> file;     // nullopt when a diagnostic is an error
  std::vector<Diagnostic> diagnostics;  // of the test file and of its rule files
};

// Reads a test file and the rule files that it names, relative to its own folder.
ScenarioFileResult LoadScenarioFile(const SourceFile& source);

}  // namespace kpiwatch
