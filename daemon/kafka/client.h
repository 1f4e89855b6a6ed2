// Making clients and asking the cluster simple questions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch::kafka {

// Starts a client; its messages go to our log. Errors: kInvalidArgument for properties that
// contradict each other.
absl::StatusOr<ClientPtr> NewClient(rd_kafka_type_t type, ConfPtr conf);

// The number of partitions of a topic. Errors: kNotFound when there is no such topic; those of
// ToStatus. Blocks up to `timeout`.
absl::StatusOr<int> PartitionCount(rd_kafka_t* client, const std::string& topic,
                                   absl::Duration timeout);

// Creates a topic with the cluster's defaults for partitions and replicas; OK when there is one.
// Errors: those of ToStatus. Blocks up to `timeout`.
absl::Status CreateTopic(rd_kafka_t* client, const std::string& topic, absl::Duration timeout);

// A timeout for the C API; at least 1 ms where it is not zero.
int ToMilliseconds(absl::Duration timeout);

}  // namespace kpiwatch::kafka
