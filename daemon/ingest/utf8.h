#pragma once

#include <string_view>

namespace kpiwatch {

// Whether `text` is UTF-8; fast for ASCII.
bool IsUtf8(std::string_view text);

}  // namespace kpiwatch
