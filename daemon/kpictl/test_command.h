// kpictl test: runs scenario tests and says which hold.
#pragma once

#include <string>
#include <vector>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

// Runs every test of `files`, prints a line for each and a readable difference for those that fail.
// Returns kExitGood when all hold, else kExitWrong.
int TestCommand(const std::vector<std::string>& files, const Console& console);

}  // namespace kpiwatch
