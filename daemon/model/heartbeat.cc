#include "daemon/model/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "absl/status/status.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kType = "sys.source.heartbeat";
constexpr size_t kMostShown = 64;

}  // namespace

std::string_view WithoutVersion(std::string_view type) {
  const size_t dot = type.rfind('.');
  if (dot == std::string_view::npos || dot + 2 >= type.size() || type[dot + 1] != 'v') {
    return type;
  }
  const std::string_view digits = type.substr(dot + 2);
  const bool is_version =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_version ? type.substr(0, dot) : type;
}

bool IsHeartbeat(std::string_view type) {
  const std::string_view name = WithoutVersion(type);
  return name.ends_with(kType) &&
         (name.size() == kType.size() || name[name.size() - kType.size() - 1] == '.');
}

absl::StatusOr<absl::Time> ReadCompleteUntil(const FieldValue& value) {
  if (value.kind == FieldKind::kMissing || value.kind == FieldKind::kNull) {
    return absl::InvalidArgumentError(
        fmt::format("the heartbeat has no {}: until when the source is complete", kHeartbeatUntil));
  }
  const std::string text(value.kind == FieldKind::kString ? value.text : std::string_view());
  absl::Time until;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &until, &error)) {
    return absl::InvalidArgumentError(fmt::format("{}: '{}' is not an RFC 3339 time with an offset",
                                                  kHeartbeatUntil, text.substr(0, kMostShown)));
  }
  if (!IsPlausible(absl::ToUnixMillis(until))) {
    return absl::OutOfRangeError(
        fmt::format("{}: {} is not between 1980 and 2199", kHeartbeatUntil, text));
  }
  return until;
}

}  // namespace kpiwatch
