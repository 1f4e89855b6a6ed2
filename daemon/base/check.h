// Invariants that hold in production too. A failed check is a bug of ours: it prints the place,
// the condition and the message and aborts. Never use it for input.
#pragma once

#include <string_view>

namespace kpiwatch {
// Prints to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, std::string_view condition,
                              std::string_view message);
}  // namespace kpiwatch

#define KPIWATCH_CHECK(condition, message)                                \
  do {                                                                    \
    if (!(condition)) [[unlikely]] {                                      \
      ::kpiwatch::CheckFailed(__FILE__, __LINE__, #condition, (message)); \
    }                                                                     \
  } while (false)
