// Text that came from outside, made fit for formats that demand UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace kpiwatch {

// `text` with every byte that is no part of valid UTF-8 (overlong forms and surrogates are not)
// replaced by U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace kpiwatch
