#include "tests/adapters/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/conf.h"
#include "daemon/kafka/error.h"

namespace kpiwatch {
namespace {

constexpr char kScript[] = "tests/adapters/broker/broker.sh";  // tests run in the project root
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kToolIsMissing = 77;

bool BindsTo(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

// The first of two free ports in a row. From below the range that the system hands out by itself,
// so that no connection takes them while the broker is down.
uint16_t FreePortPair() {
  constexpr uint16_t kFirst = 18000;
  constexpr uint16_t kCount = 10000;
  for (int i = 0; i < kCount; i += 2) {
    const auto port = static_cast<uint16_t>(kFirst + (getpid() * 2 + i) % kCount);
    if (BindsTo(port) && BindsTo(port + 1)) {
      return port;
    }
  }
  CheckFailed(__FILE__, __LINE__, "a free port", "none between 18000 and 28000");
}

// The child ends with this process.
pid_t Spawn(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

absl::Status WaitForAnswer(rd_kafka_queue_t* queue, std::string_view context,
                           kafka::EventPtr* answer) {
  answer->reset(rd_kafka_queue_poll(queue, kafka::ToMilliseconds(kPatience)));
  if (*answer == nullptr) {
    return kafka::ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, context);
  }
  const rd_kafka_resp_err_t err = rd_kafka_event_error(answer->get());
  return err == RD_KAFKA_RESP_ERR_NO_ERROR
             ? absl::OkStatus()
             : kafka::ToStatus(err, context, rd_kafka_event_error_string(answer->get()));
}

absl::Status ResultOf(const rd_kafka_topic_result_t** results, size_t count,
                      std::string_view context) {
  for (size_t i = 0; i < count; ++i) {
    if (const rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i])) {
      return kafka::ToStatus(err, context);
    }
  }
  return absl::OkStatus();
}

kafka::ClientPtr MakeClient(rd_kafka_type_t type, const std::string& address,
                            std::vector<kafka::Property> properties) {
  absl::StatusOr<kafka::ConfPtr> conf =
      kafka::MakeConf({.brokers = address, .properties = {}, .secrets = {}}, properties, {});
  KPIWATCH_CHECK(conf.ok(), MessageOf(conf.status()));
  absl::StatusOr<kafka::ClientPtr> client = kafka::NewClient(type, *std::move(conf));
  KPIWATCH_CHECK(client.ok(), MessageOf(client.status()));
  return *std::move(client);
}

absl::Status ProduceWith(rd_kafka_t* producer, const std::string& topic,
                         const std::vector<KafkaRecord>& records) {
  for (const KafkaRecord& r : records) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(r.headers.size());
    for (const auto& [name, value] : r.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    void* value = r.tombstone ? nullptr : const_cast<char*>(r.value.data());
    rd_kafka_resp_err_t err;
    while ((err = rd_kafka_producev(
                producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(r.partition),
                RD_KAFKA_V_KEY(const_cast<char*>(r.key.data()), r.key.size()),
                RD_KAFKA_V_VALUE(value, r.value.size()), RD_KAFKA_V_HEADERS(headers),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END)) ==
           RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_flush(producer, 100);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_headers_destroy(headers);
      return kafka::ToStatus(err, "producing");
    }
  }
  const rd_kafka_resp_err_t err = rd_kafka_flush(producer, kafka::ToMilliseconds(kPatience));
  return err == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus() : kafka::ToStatus(err, "producing");
}

KafkaRecord RecordOf(const rd_kafka_message_t& m) {
  KafkaRecord record;
  record.partition = m.partition;
  record.offset = m.offset;
  if (m.key != nullptr) {
    record.key.assign(static_cast<const char*>(m.key), m.key_len);
  }
  record.tombstone = m.payload == nullptr;
  if (m.payload != nullptr) {
    record.value.assign(static_cast<const char*>(m.payload), m.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaBroker>> KafkaBroker::Start() {
  std::unique_ptr<KafkaBroker> broker(new KafkaBroker());
  const uint16_t port = FreePortPair();
  broker->address_ = fmt::format("127.0.0.1:{}", port);
  int result = 0;
  waitpid(Spawn({kScript, "prepare", broker->directory_.path(), std::to_string(port)}), &result, 0);
  if (WIFEXITED(result) && WEXITSTATUS(result) == kToolIsMissing) {
    return absl::FailedPreconditionError("a Kafka broker needs java and mvn");
  }
  if (result != 0) {
    return absl::InternalError("the broker could not be prepared, see standard error");
  }
  KPIWATCH_RETURN_IF_ERROR(broker->Launch());
  return broker;
}

KafkaBroker::~KafkaBroker() {
  admin_.reset();
  Kill();
}

absl::Status KafkaBroker::Launch() {
  pid_ = Spawn({kScript, "run", directory_.path()});
  return WaitUntilItServes();
}

absl::Status KafkaBroker::WaitUntilItServes() {
  const kafka::ClientPtr client = MakeClient(
      RD_KAFKA_PRODUCER, address_, {{"log_level", "0"}, {"reconnect.backoff.max.ms", "100"}});
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client.get(), 0, nullptr, &metadata, 500) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
      return absl::OkStatus();
    }
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return absl::InternalError(
          fmt::format("the broker ended, see {}/broker.log", directory_.path()));
    }
  }
  return absl::DeadlineExceededError("the broker does not answer");
}

void KafkaBroker::Signal(int signal) {
  if (pid_ > 0) {
    kill(pid_, signal);
  }
}

void KafkaBroker::Reap() {
  if (pid_ > 0) {
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

void KafkaBroker::Stop() {
  Signal(SIGTERM);
  Reap();
}

void KafkaBroker::Kill() {
  Signal(SIGKILL);
  Reap();
}

void KafkaBroker::Pause() { Signal(SIGSTOP); }
void KafkaBroker::Resume() { Signal(SIGCONT); }

absl::Status KafkaBroker::Restart() {
  KPIWATCH_CHECK(pid_ < 0, "a running broker is stopped before it is restarted");
  return Launch();
}

kafka::ClientPtr KafkaBroker::NewProducer(const std::string& transactional_id) {
  std::vector<kafka::Property> properties = {{"log_level", "0"}, {"linger.ms", "5"}};
  if (!transactional_id.empty()) {
    properties.push_back({"transactional.id", transactional_id});
  }
  // What is sent again after a leader was not ready keeps its place.
  properties.push_back({"enable.idempotence", "true"});
  return MakeClient(RD_KAFKA_PRODUCER, address_, properties);
}

rd_kafka_t* KafkaBroker::admin() {
  if (admin_ == nullptr) {
    admin_ = NewProducer("");
  }
  return admin_.get();
}

absl::Status KafkaBroker::CreateTopic(const std::string& topic, int partitions,
                                      const std::map<std::string, std::string>& config) {
  std::array<char, 256> error;
  const kafka::NewTopicPtr request(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, error.data(), error.size()));
  for (const auto& [name, value] : config) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  const kafka::QueuePtr queue(rd_kafka_queue_new(admin()));
  rd_kafka_CreateTopics(admin(), requests, 1, nullptr, queue.get());
  kafka::EventPtr answer;
  KPIWATCH_RETURN_IF_ERROR(WaitForAnswer(queue.get(), "creating a topic", &answer));
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  return ResultOf(results, count, "creating a topic");
}

absl::Status KafkaBroker::DeleteTopic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(topic.c_str());
  const kafka::QueuePtr queue(rd_kafka_queue_new(admin()));
  rd_kafka_DeleteTopics(admin(), &request, 1, nullptr, queue.get());
  rd_kafka_DeleteTopic_destroy(request);
  kafka::EventPtr answer;
  KPIWATCH_RETURN_IF_ERROR(WaitForAnswer(queue.get(), "deleting a topic", &answer));
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count);
  return ResultOf(results, count, "deleting a topic");
}

absl::Status KafkaBroker::DeleteGroup(const std::string& group) {
  rd_kafka_DeleteGroup_t* request = rd_kafka_DeleteGroup_new(group.c_str());
  const kafka::QueuePtr queue(rd_kafka_queue_new(admin()));
  rd_kafka_DeleteGroups(admin(), &request, 1, nullptr, queue.get());
  rd_kafka_DeleteGroup_destroy(request);
  kafka::EventPtr answer;
  KPIWATCH_RETURN_IF_ERROR(WaitForAnswer(queue.get(), "deleting a group", &answer));
  size_t count = 0;
  const rd_kafka_group_result_t** results =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i])) {
      return kafka::ToStatus(rd_kafka_error_code(error), "deleting a group");
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaBroker::AddPartitions(const std::string& topic, int total) {
  std::array<char, 256> error;
  rd_kafka_NewPartitions_t* request = rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<size_t>(total), error.data(), error.size());
  const kafka::QueuePtr queue(rd_kafka_queue_new(admin()));
  rd_kafka_CreatePartitions(admin(), &request, 1, nullptr, queue.get());
  rd_kafka_NewPartitions_destroy(request);
  kafka::EventPtr answer;
  KPIWATCH_RETURN_IF_ERROR(WaitForAnswer(queue.get(), "adding partitions", &answer));
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(answer.get()), &count);
  return ResultOf(results, count, "adding partitions");
}

absl::Status KafkaBroker::DeleteRecords(const std::string& topic, int32_t partition,
                                        int64_t offset) {
  const kafka::PartitionsPtr before(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(before.get(), topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(before.get());
  const kafka::QueuePtr queue(rd_kafka_queue_new(admin()));
  rd_kafka_DeleteRecords(admin(), &request, 1, nullptr, queue.get());
  rd_kafka_DeleteRecords_destroy(request);
  kafka::EventPtr answer;
  return WaitForAnswer(queue.get(), "deleting records", &answer);
}

absl::Status KafkaBroker::Produce(const std::string& topic,
                                  const std::vector<KafkaRecord>& records) {
  const kafka::ClientPtr producer = NewProducer("");
  return ProduceWith(producer.get(), topic, records);
}

absl::Status KafkaBroker::ProduceInTransaction(const std::string& topic,
                                               const std::vector<KafkaRecord>& records,
                                               bool commit) {
  const kafka::ClientPtr producer = NewProducer("test-" + topic);
  const int timeout = kafka::ToMilliseconds(kPatience);
  KPIWATCH_RETURN_IF_ERROR(
      kafka::ToStatus(rd_kafka_init_transactions(producer.get(), timeout), "init"));
  KPIWATCH_RETURN_IF_ERROR(kafka::ToStatus(rd_kafka_begin_transaction(producer.get()), "begin"));
  KPIWATCH_RETURN_IF_ERROR(ProduceWith(producer.get(), topic, records));
  return kafka::ToStatus(commit ? rd_kafka_commit_transaction(producer.get(), timeout)
                                : rd_kafka_abort_transaction(producer.get(), timeout),
                         "end");
}

absl::StatusOr<std::vector<KafkaRecord>> KafkaBroker::ReadCommitted(const std::string& topic) {
  const kafka::ClientPtr reader = MakeClient(RD_KAFKA_CONSUMER, address_,
                                             {{"log_level", "0"},
                                              {"group.id", "read-committed"},
                                              {"isolation.level", "read_committed"},
                                              {"enable.auto.commit", "false"},
                                              {"enable.partition.eof", "true"},
                                              {"fetch.wait.max.ms", "10"}});
  KPIWATCH_ASSIGN_OR_RETURN(const int count, kafka::PartitionCount(reader.get(), topic, kPatience));
  const kafka::PartitionsPtr all(rd_kafka_topic_partition_list_new(count));
  for (int p = 0; p < count; ++p) {
    rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), p)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(reader.get(), all.get());
  std::vector<KafkaRecord> records;
  int at_end = 0;
  while (at_end < count) {
    const kafka::MessagePtr m(
        rd_kafka_consumer_poll(reader.get(), kafka::ToMilliseconds(kPatience)));
    if (m == nullptr) {
      return absl::DeadlineExceededError("the end of the topic does not come");
    }
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++at_end;
    } else if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return kafka::ToStatus(m->err, "reading");
    } else {
      records.push_back(RecordOf(*m));
    }
  }
  std::sort(records.begin(), records.end(), [](const KafkaRecord& a, const KafkaRecord& b) {
    return std::tie(a.partition, a.offset) < std::tie(b.partition, b.offset);
  });
  return records;
}

absl::StatusOr<int64_t> KafkaBroker::CommittedOffset(const std::string& group,
                                                     const std::string& topic, int32_t partition) {
  const kafka::ClientPtr reader =
      MakeClient(RD_KAFKA_CONSUMER, address_, {{"log_level", "0"}, {"group.id", group}});
  const kafka::PartitionsPtr one(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(one.get(), topic.c_str(), partition);
  const rd_kafka_resp_err_t err =
      rd_kafka_committed(reader.get(), one.get(), kafka::ToMilliseconds(kPatience));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka::ToStatus(err, "committed offset");
  }
  return one->elems[0].offset < 0 ? -1 : one->elems[0].offset;
}

}  // namespace kpiwatch
