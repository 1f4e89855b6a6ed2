// kpictl send: files of events to a daemon or to Kafka.
#pragma once

#include <string>
#include <vector>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

struct SendOptions {
  std::string to;      // http://…, https://… or kafka://…
  std::string config;  // kpiwatch.yaml
  std::string source;  // name of the source whose format and map apply
  std::vector<std::string> files;
  std::string complete_until;  // RFC 3339; empty: no heartbeat
  std::string token_file;
  double rate = 0;         // records a second; 0: no limit
  bool strict = false;     // any bad record is an error
  bool allow_bad = false;  // complete_until is said although records are bad
};

// Bad records are told on console.err and left out. Returns kExitWrong for mistakes in files and
// options, when every record is bad, or any where that is asked or keeps the source from being
// called complete, and when the receiver refuses.
int Send(const SendOptions& options, const Console& console);

}  // namespace kpiwatch
