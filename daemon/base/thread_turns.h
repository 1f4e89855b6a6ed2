// Which threads go first when there are more of them than processors.
#pragma once

#include "absl/functional/function_ref.h"

namespace kpiwatch {

// Calls `start` such that the threads it starts, and theirs, give way to the calling thread and to
// other programs: it is what all of them wait for or work for. Where a processor is free nothing
// changes. Linux: a nice value of kHelperNice, which needs no right; a refusal is ignored.
inline constexpr int kHelperNice = 5;
void StartHelpers(absl::FunctionRef<void()> start);

}  // namespace kpiwatch
