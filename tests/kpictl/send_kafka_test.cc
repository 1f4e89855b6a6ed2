// kpictl send to a real broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "daemon/kpictl/send.h"
#include "tests/adapters/kafka_broker.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using nlohmann::json;

class SendKafkaTest : public KafkaTest {};

TEST_F(SendKafkaTest, EventsGoByOwnerAndEveryPartitionEndsWithAHeartbeat) {
  const std::string topic = UniqueName("orders");
  ASSERT_TRUE(broker().CreateTopic(topic, 3).ok());
  TempDirectory temp;
  std::ofstream(temp.path() + "/kpiwatch.yaml") << R"(rule_files: ["rules.yaml"]
sources:
  - name: orders
    format: csv
    map:
      type: '"erp.order.confirmed"'
      id: no
      time: {from: day, format: "%Y-%m-%d", zone: UTC}
      data.owner_id: seller
)";
  std::ofstream rows(temp.path() + "/orders.csv");
  rows << "no,day,seller\n";
  for (int i = 0; i < 300; ++i) {
    rows << i << ",2013-11-29,s" << i % 17 << "\n";
  }
  rows.close();

  SendOptions options;
  options.to = "kafka://" + broker().address() + "/" + topic;
  options.config = temp.path() + "/kpiwatch.yaml";
  options.source = "orders";
  options.files = {temp.path() + "/orders.csv"};
  options.complete_until = "2013-12-01T00:00:00Z";
  std::ostringstream out, err;
  const Console console{.out = out, .err = err};
  ASSERT_EQ(Send(options, console), kExitGood) << err.str();

  const auto records = broker().ReadCommitted(topic);
  ASSERT_TRUE(records.ok()) << records.status();
  std::map<std::string, std::set<int>> partitions_of_owner;
  std::map<int, json> last;
  size_t orders = 0;
  for (const KafkaRecord& record : *records) {
    const json event = json::parse(record.value);
    EXPECT_THAT(record.headers,
                testing::Contains(testing::Pair("content-type", "application/cloudevents+json")));
    last[record.partition] = event;
    if (event["type"] == "erp.order.confirmed") {
      ++orders;
      EXPECT_EQ(record.key, event["data"]["owner_id"].get<std::string>());
      partitions_of_owner[record.key].insert(record.partition);
    }
  }
  EXPECT_EQ(orders, 300u);
  EXPECT_EQ(partitions_of_owner.size(), 17u);
  for (const auto& [owner, partitions] : partitions_of_owner) {
    EXPECT_EQ(partitions.size(), 1u) << owner;
  }
  ASSERT_EQ(last.size(), 3u);
  for (const auto& [partition, event] : last) {
    EXPECT_EQ(event["type"], "kpiwatch.sys.source.heartbeat.v1") << partition;
    EXPECT_EQ(event["data"]["partition_scope"], "partition");
    EXPECT_EQ(event["data"]["complete_until"], "2013-12-01T00:00:00Z");
  }
}

}  // namespace
}  // namespace kpiwatch
