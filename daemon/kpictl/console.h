// Where a command writes, so that tests can stand in for the terminal.
#pragma once

#include <ostream>

namespace kpiwatch {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;  // progress bars are drawn there
  bool colours = false;          // out is a terminal and NO_COLOR is not set
};

// What kpictl exits with.
inline constexpr int kExitGood = 0;
inline constexpr int kExitWrong = 1;  // a test failed, a file or the command line is wrong
inline constexpr int kExitLint = 3;   // lint findings with --lint-fatal

}  // namespace kpiwatch
