// What messages say of the pace of an open period.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "daemon/notify/text.h"
#include "daemon/notify/words.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Empty for a transition that is not about pace. `amount` writes a number as the KPI's value is
// written.
std::vector<TextRow> PaceRows(const v1::Transition& transition, const Words& words,
                              absl::FunctionRef<std::string(const std::string&)> amount);

}  // namespace kpiwatch
