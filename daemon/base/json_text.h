#pragma once

#include <string>
#include <string_view>

namespace kpiwatch {

// Appends `text` as a JSON string, quotes included; readers of logfmt know its escapes too. Bytes
// that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace kpiwatch
