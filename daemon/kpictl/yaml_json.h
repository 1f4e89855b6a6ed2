// YAML values as JSON text.
#pragma once

#include <string>
#include <string_view>

#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// Appends `node`. Plain scalars that JSON would read as a number, true, false or null are these,
// digit for digit; all others are strings.
void AppendJson(const YamlNode& node, std::string* out);

}  // namespace kpiwatch
