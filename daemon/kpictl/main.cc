#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "daemon/base/build_info.h"
#include "daemon/kpictl/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const char* no_color =
      std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): no other thread yet
  const bool plain = no_color != nullptr && no_color[0] != '\0';
  const kpiwatch::Console console{.out = std::cout,
                                  .err = std::cerr,
                                  .err_is_terminal = isatty(STDERR_FILENO) == 1,
                                  .colours = isatty(STDOUT_FILENO) == 1 && !plain};
  const int code = kpiwatch::RunKpictl({argv + 1, argv + argc}, kpiwatch::ThisBuild(), console);
  std::cout.flush();
  return code;
}
