// A real Kafka broker for adapter tests, and the simple things that a test does with one.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/kafka/handle.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {

struct KafkaRecord {
  int32_t partition = 0;
  int64_t offset = 0;  // not used for producing
  std::string key;
  std::string value;
  bool tombstone = false;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A single-node broker on loopback with its data in a temporary directory; it dies with the object,
// and with the test. Not thread-safe.
class KafkaBroker {
 public:
  // Blocks until it serves. Errors: kFailedPrecondition when java or mvn is missing.
  static absl::StatusOr<std::unique_ptr<KafkaBroker>> Start();
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  const std::string& address() const { return address_; }
  bool running() const { return pid_ > 0; }

  void Stop();    // asks it to end, and waits
  void Kill();    // SIGKILL, and waits
  void Pause();   // SIGSTOP: connections stay open and nobody answers
  void Resume();  // SIGCONT
  // After Stop or Kill: the same address and data. Blocks until it serves.
  absl::Status Restart();

  // Everything below blocks until the broker has done it; failures are those of the broker.
  absl::Status CreateTopic(const std::string& topic, int partitions,
                           const std::map<std::string, std::string>& config = {});
  absl::Status DeleteTopic(const std::string& topic);
  absl::Status DeleteGroup(const std::string& group);
  absl::Status AddPartitions(const std::string& topic, int total);
  // Deletes what is before `offset`.
  absl::Status DeleteRecords(const std::string& topic, int32_t partition, int64_t offset);
  absl::Status Produce(const std::string& topic, const std::vector<KafkaRecord>& records);
  // The same in one transaction, which is aborted if `commit` is false.
  absl::Status ProduceInTransaction(const std::string& topic,
                                    const std::vector<KafkaRecord>& records, bool commit);
  // Everything in the topic that a reader of committed records sees, ordered by partition, offset.
  absl::StatusOr<std::vector<KafkaRecord>> ReadCommitted(const std::string& topic);
  // The offset that the group has committed; -1: none.
  absl::StatusOr<int64_t> CommittedOffset(const std::string& group, const std::string& topic,
                                          int32_t partition);

 private:
  KafkaBroker() = default;

  absl::Status Launch();
  absl::Status WaitUntilItServes();
  void Signal(int signal);
  void Reap();
  rd_kafka_t* admin();
  kafka::ClientPtr NewProducer(const std::string& transactional_id);

  TempDirectory directory_;
  std::string address_;
  pid_t pid_ = -1;
  kafka::ClientPtr admin_;  // a producer, made when first needed
};

// One broker for all tests of a program, started when the first one asks.
class KafkaTest : public testing::Test {
 protected:
  // Skips the test, or fails it where CI=true, when there can be no broker here. A broker that an
  // earlier test left stopped is restarted.
  void SetUp() override;

  KafkaBroker& broker() { return *broker_; }
  // A topic name that no other test uses.
  std::string UniqueName(const std::string& prefix);

 private:
  // Ends with the program's last test.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-identifier-naming)
  static inline std::unique_ptr<KafkaBroker> broker_;
  friend class KafkaBrokerEnvironment;
};

}  // namespace kpiwatch
