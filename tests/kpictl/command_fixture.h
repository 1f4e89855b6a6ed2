// Runs commands of kpictl and keeps what they print.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "daemon/kpictl/console.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {

class CommandTest : public testing::Test {
 protected:
  // The exit code of `command(console)`.
  template <typename Command>
  int RunCommand(Command command) {
    std::ostringstream out, err;
    const Console console{.out = out, .err = err};
    const int code = command(console);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  // The path of a new file in temp_.
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = temp_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  TempDirectory temp_;
  std::string out_, err_;  // of the last command
};

}  // namespace kpiwatch
