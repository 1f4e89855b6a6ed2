// Errors of librdkafka as statuses.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "absl/status/status.h"

namespace kpiwatch::kafka {

// "context: what Kafka said". kAborted: fenced by another producer of the same transactional id.
// kNotFound: no such topic or partition. kPermissionDenied: the broker's access rules refuse it.
// kResourceExhausted: a record larger than the broker takes. kUnavailable: everything else, to be
// tried again. REQUIRES: err is an error.
absl::Status ToStatus(rd_kafka_resp_err_t err, std::string_view context,
                      std::string_view detail = {});
// Takes `error` over; OK when it is null.
absl::Status ToStatus(rd_kafka_error_t* error, std::string_view context);

}  // namespace kpiwatch::kafka
