// The labels of a rule, as Prometheus knows them.
#pragma once

#include <string>
#include <string_view>

namespace kpiwatch {

// A label name out of a name that people chose: what Prometheus does not take becomes '_'.
std::string LabelName(std::string_view name);

// Labels that every alert has, under names that a rule's own labels cannot have.
bool IsReservedLabel(std::string_view label);

}  // namespace kpiwatch
