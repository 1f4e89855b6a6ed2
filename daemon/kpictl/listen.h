// kpictl listen: a webhook receiver that shows people what arrives.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "daemon/kpictl/console.h"

namespace kpiwatch {

struct ListenOptions {
  std::string address = "127.0.0.1:8060";  // host:port
  // File with one expected alert a line, "RULE SUBJECT PERIOD LEVEL"; '#' begins a comment. Set:
  // ends with kExitGood when all have come, with kExitWrong and what is missing after `timeout`.
  std::string expect_file;
  absl::Duration timeout = absl::Minutes(2);
};

// Takes the daemon's webhooks (Alertmanager's JSON and our fields) and prints a line for each
// alert: when, which level, whom it is about, why, who was told. Without expect_file it runs until
// it is killed. A body that is no such JSON is answered 400 and reported.
int Listen(const ListenOptions& options, const Console& console);

}  // namespace kpiwatch
