// What a status says, as text. (The packaged absl::string_view is a type of its own, which fmt does
// not print.)
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace kpiwatch {

// The message; borrows from `status`.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// The same code with "context: message". REQUIRES: !status.ok().
absl::Status WithContext(std::string_view context, const absl::Status& status);

}  // namespace kpiwatch
