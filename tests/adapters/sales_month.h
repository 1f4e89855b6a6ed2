// Sales events as they come over Kafka, for the rules of tests/data/daemon.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "tests/adapters/kafka_broker.h"

namespace kpiwatch {

// A structured CloudEvent. `data` is JSON.
KafkaRecord EventRecord(int32_t partition, const std::string& id, std::string_view type,
                        absl::Time time, const std::string& data);
// A heartbeat for its own partition.
KafkaRecord HeartbeatRecord(int32_t partition, absl::Time complete_until, absl::Time sent);

// Four weeks of twelve people in three partitions, every day ended by a heartbeat in each. A tenth
// of the events comes twice, some of them in another partition, and a few come days late.
struct SalesMonth {
  static constexpr int kPartitions = 3;
  std::vector<KafkaRecord> records;  // in the order in which they are to be produced
  absl::Time complete_until;         // of the last heartbeats
  // "person:p11": late events touch what is said of them, so that not every step on the way, only
  // where it ends, is the same in every run.
  std::set<std::string> corrected;
};
SalesMonth MakeSalesMonth(uint64_t seed);

// Weekly targets of the month, as a rule file.
std::string SalesTargets();

}  // namespace kpiwatch
