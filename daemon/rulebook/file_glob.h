// Files of the disk, by pattern.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kpiwatch {

// The folder that `path` lies in; "." where it names none.
std::string FolderOf(std::string_view path);

// The regular file `pattern`, or those that match it as a glob(7), sorted; a relative one starts at
// `base_dir`. Empty: none.
std::vector<std::string> ExpandGlob(std::string_view pattern, std::string_view base_dir);

// The content of a regular file, at most `max_bytes` + 1 of it (so that the caller sees that there
// is more).
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

}  // namespace kpiwatch
