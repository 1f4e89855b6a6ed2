// Which threads go first when there are more of them than processors.
#pragma once

#include "absl/functional/function_ref.h"

namespace kpiwatch {

// Calls `start` such that the threads it starts, and theirs, give way to the calling thread and to
// other programs: it is what all of them wait for or work for. Where a processor is free nothing
// changes. Linux: a nice value of kHelperNice, and SCHED_BATCH, with which a thread that wakes
// takes a free processor but interrupts nobody (sched(7)). Neither needs a right; a refusal is
// ignored.
inline constexpr int kHelperNice = 10;
void StartHelpers(absl::FunctionRef<void()> start);

}  // namespace kpiwatch
