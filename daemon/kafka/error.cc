#include "daemon/kafka/error.h"

#include <fmt/format.h>

#include <string>

#include "daemon/kafka/handle.h"

namespace kpiwatch::kafka {
namespace {

absl::StatusCode CodeOf(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return absl::StatusCode::kAborted;
    // Not _UNKNOWN_PARTITION: so says a client that has lost its brokers, too.
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return absl::StatusCode::kNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return absl::StatusCode::kPermissionDenied;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status ToStatus(rd_kafka_resp_err_t err, std::string_view context, std::string_view detail) {
  const std::string text =
      detail.empty() ? fmt::format("{}: {}", context, rd_kafka_err2str(err))
                     : fmt::format("{}: {} ({})", context, detail, rd_kafka_err2name(err));
  return absl::Status(CodeOf(err), text);
}

absl::Status ToStatus(rd_kafka_error_t* error, std::string_view context) {
  if (error == nullptr) {
    return absl::OkStatus();
  }
  const ErrorPtr owned(error);
  return ToStatus(rd_kafka_error_code(error), context, rd_kafka_error_string(error));
}

}  // namespace kpiwatch::kafka
