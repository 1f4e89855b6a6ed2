// A KafkaSource under test, with what it has delivered, and the topics it reads.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/ingest/kafka/kafka_source.h"
#include "tests/adapters/kafka_broker.h"

namespace kpiwatch {

inline constexpr absl::Duration kPatience = absl::Seconds(30);

inline KafkaRecord At(int32_t partition, std::string value) {
  KafkaRecord record;
  record.partition = partition;
  record.key = "k";
  record.value = std::move(value);
  return record;
}

inline std::vector<KafkaRecord> Many(int32_t partition, int count) {
  std::vector<KafkaRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(At(partition, std::to_string(i)));
  }
  return records;
}

inline StoredPosition Position(const std::string& topic, int32_t partition, int64_t next) {
  return {.id = {.topic = topic, .partition = partition}, .next_offset = next};
}

// A source with what it has delivered.
class Reader {
 public:
  Reader(const std::string& address, const std::vector<std::string>& topics,
         const std::vector<StoredPosition>& positions = {},
         const std::map<std::string, std::string>& properties = {},
         absl::Duration discovery_interval = absl::Seconds(30)) {
    KafkaSourceOptions options;
    options.brokers = address;
    options.topics = topics;
    options.properties = properties;
    options.group = "group-" + topics.front();
    source_ = std::move(KafkaSource::Create("crm", options, discovery_interval)).value();
    batch_ = source_->NewBatch();
    EXPECT_TRUE(source_->Start(positions).ok());
  }

  KafkaSource& source() { return *source_; }
  // "topic/partition@offset=value"
  const std::vector<std::string>& seen() const { return seen_; }

  bool PollUntil(const std::function<bool()>& done) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (!done()) {
      if (absl::Now() > deadline) {
        return false;
      }
      PollOnce();
    }
    return true;
  }
  bool PollUntilSeen(size_t count) {
    return PollUntil([&] { return seen_.size() >= count; });
  }
  // Every partition is known and read to its end.
  bool PollUntilCaughtUp(size_t partitions) {
    return PollUntil([&] {
      const std::span<const PartitionState> states = source_->partitions();
      return states.size() == partitions && source_->ready() &&
             std::all_of(states.begin(), states.end(),
                         [](const PartitionState& s) { return s.failed || s.position == s.end; });
    });
  }
  // What the engine would store of the source now.
  std::vector<StoredPosition> Stored() const {
    std::vector<StoredPosition> stored;
    for (const PartitionState& state : source_->partitions()) {
      stored.push_back({state.id, state.position, state.last});
    }
    return stored;
  }
  static LastRecord LastOf(const std::vector<StoredPosition>& stored, int32_t partition) {
    for (const StoredPosition& position : stored) {
      if (position.id.partition == partition) {
        return position.last;
      }
    }
    return {};
  }
  const PartitionState* Find(const std::string& topic, int32_t partition) {
    for (const PartitionState& state : source_->partitions()) {
      if (state.id == PartitionId{topic, partition}) {
        return &state;
      }
    }
    return nullptr;
  }

 private:
  void PollOnce() {
    EXPECT_TRUE(source_->Poll(1000, absl::Milliseconds(100), batch_.get()).ok());
    for (const Record& r : batch_->records()) {
      const PartitionState& state = source_->partitions()[r.partition];
      seen_.push_back(state.id.topic + "/" + std::to_string(state.id.partition) + "@" +
                      std::to_string(r.offset) + "=" + std::string(r.value));
    }
    batch_->Clear();
  }

  std::unique_ptr<KafkaSource> source_;
  std::unique_ptr<RecordBatch> batch_;
  std::vector<std::string> seen_;
};

class KafkaSourceTest : public KafkaTest {
 protected:
  std::string NewTopic(int partitions) {
    const std::string topic = UniqueName("events");
    EXPECT_TRUE(broker().CreateTopic(topic, partitions).ok());
    return topic;
  }
  // Deletes the topic and creates another of its name.
  void CreateAnew(const std::string& topic, int partitions) {
    ASSERT_TRUE(broker().DeleteTopic(topic).ok());
    absl::Status created;
    const absl::Time deadline = absl::Now() + kPatience;
    do {
      created = broker().CreateTopic(topic, partitions);
    } while (!created.ok() && absl::Now() < deadline);
    ASSERT_TRUE(created.ok()) << created;
  }
  void Produce(const std::string& topic, const std::vector<KafkaRecord>& records) {
    const absl::Status status = broker().Produce(topic, records);
    EXPECT_TRUE(status.ok()) << status;
  }
};

}  // namespace kpiwatch
