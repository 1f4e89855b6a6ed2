#include "daemon/base/status_text.h"

#include "daemon/base/check.h"
#include "fmt/format.h"

namespace kpiwatch {

absl::Status WithContext(std::string_view context, const absl::Status& status) {
  KPIWATCH_CHECK(!status.ok(), "only an error has a context");
  return {status.code(), fmt::format("{}: {}", context, MessageOf(status))};
}

}  // namespace kpiwatch
