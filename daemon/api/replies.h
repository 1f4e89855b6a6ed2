// The forms of replies that all endpoints share: Prometheus's envelope, plain text, paging.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/api/http.h"
#include "nlohmann/json.hpp"

namespace kpiwatch {

using Json = nlohmann::ordered_json;  // members in the order in which they are written

// {"status":"success","data":…}, with "warnings" where there are any.
HttpReply JsonReply(Json data, const std::vector<std::string>& warnings = {});
// {"status":"error","errorType":…,"error":…}; the type follows from the HTTP status.
HttpReply JsonError(int status, std::string_view message);
// The same for a status of ours.
HttpReply JsonError(const absl::Status& status);
HttpReply TextReply(int status, std::string text);

// RFC 3339 in UTC with milliseconds; what is infinite is Prometheus's "never",
// "0001-01-01T00:00:00Z".
std::string JsonTime(absl::Time time);

// `limit` of the query: 1..max, `max` when it is not given. Errors: kInvalidArgument.
absl::StatusOr<size_t> QueryLimit(const HttpRequest& request, std::string_view name, size_t max);

// A place in a list, opaque to the client: some strings.
std::string MakePageToken(const std::vector<std::string>& parts);
// Errors: kInvalidArgument for a token that MakePageToken did not make out of `count` parts.
absl::StatusOr<std::vector<std::string>> ParsePageToken(std::string_view token, size_t count);

}  // namespace kpiwatch
