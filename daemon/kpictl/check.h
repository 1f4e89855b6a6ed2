// kpictl check: every mistake and finding of rule files, kpiwatch.yaml and scenario tests.
#pragma once

#include <string>
#include <vector>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

// Prints one line for each diagnostic, once. Rule files that a kpiwatch.yaml among `paths` names
// are checked with it; where there are others, they are checked together with all. Returns
// kExitWrong when one is a mistake, kExitLint when there are only warnings and they are fatal, else
// kExitGood.
int Check(const std::vector<std::string>& paths, bool lint_fatal, const Console& console);

}  // namespace kpiwatch
