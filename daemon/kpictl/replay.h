// kpictl replay: files of events through the engine, offline (D-06).
#pragma once

#include <string>
#include <vector>

#include "daemon/kpictl/console.h"
#include "daemon/kpictl/report.h"

namespace kpiwatch {

struct ReplayOptions {
  enum class Print { kTransitions, kValues };

  std::string config;               // kpiwatch.yaml
  std::vector<std::string> events;  // [NAME=]FILE
  std::string until;                // RFC 3339; empty: the end of the last record's business day
  Print print = Print::kTransitions;
  OutputFormat format = OutputFormat::kNdjson;
  bool strict = false;  // any bad record is a failure, and any fact that a KPI could not take
};

// Prints to console.out; bad records, facts that a KPI could not take, and mistakes to console.err.
// Returns kExitWrong for mistakes in files and options, when every record is bad, and with `strict`
// when one is or a fact was left out.
int Replay(const ReplayOptions& options, const Console& console);

}  // namespace kpiwatch
