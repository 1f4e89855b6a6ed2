// A directory of its own for a test, gone with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "daemon/base/check.h"

namespace kpiwatch {

class TempDirectory {
 public:
  TempDirectory() : path_((std::filesystem::temp_directory_path() / "kpiwatch-XXXXXX").string()) {
    KPIWATCH_CHECK(mkdtemp(path_.data()) != nullptr, "cannot make a temporary directory");
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kpiwatch
