// The command line of kpiwatchd.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/build_info.h"
#include "daemon/base/log.h"

namespace kpiwatch {

struct Flags {
  std::string config_file = "kpiwatch.yaml";
  std::string listen_address = "127.0.0.1:9464";
  std::string external_url;  // without a slash at its end
  bool enable_lifecycle = false;
  std::string web_config_file;
  std::string storage_path;  // empty: the configuration's, else "data"
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  bool check_config = false;  // check the configuration and end
};

struct FlagsResult {
  std::optional<Flags> flags;  // nullopt: end with exit_code
  int exit_code = 0;
  std::string out;  // for standard output: --help, --version
  std::string err;  // for standard error: what is wrong
};

// `arguments` without the program's name. Never throws.
FlagsResult ParseFlags(const std::vector<std::string>& arguments, const BuildInfo& build);

// What --version prints, in Prometheus's form.
std::string VersionText(std::string_view program, const BuildInfo& build);

}  // namespace kpiwatch
