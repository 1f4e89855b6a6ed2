// kpictl health: is a daemon alive?
#pragma once

#include <string>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

// Asks `url`; one without a path is asked for /-/healthy. Returns kExitGood for an answer of 200,
// otherwise kExitWrong and the reason on console.err. Waits 5 s at most.
int Health(const std::string& url, const Console& console);

}  // namespace kpiwatch
