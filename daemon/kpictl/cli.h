// The command line.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/build_info.h"
#include "daemon/kpictl/console.h"

namespace kpiwatch {

// Runs `kpictl` with the arguments behind the program's name and returns its exit code (console.h).
int RunKpictl(const std::vector<std::string>& args, const BuildInfo& build, const Console& console);

}  // namespace kpiwatch
