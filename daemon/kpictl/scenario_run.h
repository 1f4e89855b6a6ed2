// Runs scenario tests on the real engine over virtual time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/kpictl/scenario_file.h"
#include "daemon/model/level.h"

namespace kpiwatch {

// One transition of the run.
struct Happened {
  absl::Time when;  // virtual moment at which it was decided
  std::string rule, subject, period;
  // Which of the rule's ladders for the subject: the period where each period has its own (intraday
  // rules and those over targets, D-10), else empty.
  std::string ladder;
  Level from = Level::kGreen, to = Level::kGreen;
  std::string reason;
  std::vector<std::string> notified;  // sorted
  std::string not_sent_reason;        // empty: it is sent
  std::optional<absl::Time> due;      // of the task that it opened
};

// An expectation that does not hold, in words.
struct Failure {
  int line = 0;
  std::string expected;
  std::string found;
};

struct ScenarioOutcome {
  std::vector<Happened> happened;  // in order
  std::vector<Failure> failures;   // in order of the file; empty: passed
};

// Errors: an event that the daemon could not decode (with its line), and those of the engine.
absl::StatusOr<ScenarioOutcome> RunScenario(const ScenarioFile& file, const Scenario& test);

// What does not hold of `expectation` given all that `happened`; nullopt: it holds. Times are
// shown in `zone`.
std::optional<Failure> Judge(const Expectation& expectation, const std::vector<Happened>& happened,
                             absl::TimeZone zone);

// "2026-10-08T22:00  actions-slipping  person:u102  2026-10-08  green → yellow  …", for failures.
std::string Describe(const Happened& happened, absl::TimeZone zone);

}  // namespace kpiwatch
