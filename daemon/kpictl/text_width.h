// How much room text takes on a terminal.
#pragma once

#include <string_view>

namespace kpiwatch {

// Columns that UTF-8 `text` takes: Chinese characters, full-width forms and emoji take two,
// combining marks none. Every byte that is no UTF-8 counts as one.
size_t TextWidth(std::string_view text);

}  // namespace kpiwatch
