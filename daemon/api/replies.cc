#include "daemon/api/replies.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

HttpReply Dump(int status, const Json& json) {
  // Text that is not UTF-8 came from outside and must not make the reply fail.
  return {.status = status,
          .content_type = "application/json",
          .body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
          .headers = {}};
}

std::string_view ErrorType(int status) {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 413:
      return "too_large";
    case 429:
      return "too_many_requests";
    case 503:
      return "unavailable";
    default:
      return status >= 500 ? "internal" : "bad_data";
  }
}

int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

HttpReply JsonReply(Json data, const std::vector<std::string>& warnings) {
  Json envelope = {{"status", "success"}, {"data", std::move(data)}};
  if (!warnings.empty()) {
    envelope["warnings"] = warnings;
  }
  return Dump(200, envelope);
}

HttpReply JsonError(int status, std::string_view message) {
  return Dump(status, {{"status", "error"}, {"errorType", ErrorType(status)}, {"error", message}});
}

HttpReply JsonError(const absl::Status& status) {
  return JsonError(HttpStatusOf(status), std::string(status.message()));
}

HttpReply TextReply(int status, std::string text) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(text),
          .headers = {}};
}

std::string JsonTime(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) {
    return "0001-01-01T00:00:00Z";
  }
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<size_t> QueryLimit(const HttpRequest& request, std::string_view name, size_t max) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text.has_value()) {
    return max;
  }
  uint64_t limit = 0;
  if (!absl::SimpleAtoi(std::string(*text), &limit) || limit < 1 || limit > max) {
    return absl::InvalidArgumentError(
        fmt::format("{} must be a number from 1 to {}, not '{}'", name, max, *text));
  }
  return static_cast<size_t>(limit);
}

std::string MakePageToken(const std::vector<std::string>& parts) {
  return absl::WebSafeBase64Escape(
      nlohmann::json(parts).dump(-1, ' ', false, Json::error_handler_t::replace));
}

absl::StatusOr<std::vector<std::string>> ParsePageToken(std::string_view token, size_t count) {
  std::string text;
  if (absl::WebSafeBase64Unescape(std::string(token), &text)) {
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    std::vector<std::string> parts;
    for (size_t i = 0; json.is_array() && i < json.size() && json[i].is_string(); ++i) {
      parts.push_back(json[i].get<std::string>());
    }
    if (parts.size() == count && json.size() == count) {
      return parts;
    }
  }
  return absl::InvalidArgumentError("the page token is not one of ours");
}

}  // namespace kpiwatch
