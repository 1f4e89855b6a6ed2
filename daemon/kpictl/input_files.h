// The files of a command line, and the sources whose format and map apply to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/ingest/source_options.h"

namespace kpiwatch {

struct InputFile {
  uint32_t source = 0;  // index into the sources
  std::string path;     // "-": standard input
};

// Reads "[NAME=]FILE" arguments; where there is one source only, no NAME is needed. Errors:
// kInvalidArgument, with the nearest name.
absl::StatusOr<std::vector<InputFile>> BindFiles(const std::vector<std::string>& arguments,
                                                 const std::vector<SourceOptions>& sources);

// The source called `name`. Errors: kInvalidArgument, with the nearest name.
absl::StatusOr<uint32_t> FindSource(std::string_view name,
                                    const std::vector<SourceOptions>& sources);

}  // namespace kpiwatch
