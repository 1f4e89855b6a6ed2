#include "daemon/kafka/error.h"

#include <gtest/gtest.h>

namespace kpiwatch::kafka {
namespace {

absl::Status Of(rd_kafka_resp_err_t err) { return ToStatus(err, "end offsets"); }

TEST(KafkaErrorTest, WhatTheBrokersSayOfATopicIsAnAnswer) {
  EXPECT_TRUE(absl::IsNotFound(Of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)));
  EXPECT_TRUE(absl::IsPermissionDenied(Of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)));
}

TEST(KafkaErrorTest, WhatAClientWithoutBrokersSaysOfAPartitionIsNone) {
  EXPECT_TRUE(absl::IsUnavailable(Of(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)));
  EXPECT_TRUE(absl::IsUnavailable(Of(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)));
}

}  // namespace
}  // namespace kpiwatch::kafka
