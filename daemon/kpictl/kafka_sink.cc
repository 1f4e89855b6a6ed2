#include <fmt/format.h>

#include <array>

#include "daemon/base/status_macros.h"
#include "daemon/ingest/kafka/kafka_producer.h"
#include "daemon/kpictl/event_json.h"
#include "daemon/kpictl/event_sink.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr absl::Duration kPatience = absl::Minutes(2);  // for a broker that is away
constexpr std::array kStructured = {Header{"content-type", "application/cloudevents+json"}};

class KafkaSink final : public EventSink {
 public:
  KafkaSink(std::unique_ptr<KafkaProducer> producer, std::string topic, int partitions)
      : producer_(std::move(producer)), topic_(std::move(topic)), partitions_(partitions) {}

  absl::Status Send(const OutgoingEvent& event) override {
    return producer_->Send(topic_, event.key, event.body, HeadersOf(event.cloud_event), kPatience);
  }

  absl::Status Heartbeat(std::string_view source, absl::Time until, absl::Time now) override {
    // Whatever was sent before must lie before it in its partition.
    KPIWATCH_RETURN_IF_ERROR(Flush());
    const std::string body = HeartbeatJson(source, until, "partition", now);
    for (int partition = 0; partition < partitions_; ++partition) {
      KPIWATCH_RETURN_IF_ERROR(
          producer_->SendTo(topic_, partition, source, body, HeadersOf(true), kPatience));
    }
    return Flush();
  }

  absl::Status Flush() override { return producer_->Flush(kPatience); }

 private:
  static std::span<const Header> HeadersOf(bool cloud_event) {
    return cloud_event ? std::span<const Header>(kStructured) : std::span<const Header>();
  }

  const std::unique_ptr<KafkaProducer> producer_;
  const std::string topic_;
  const int partitions_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventSink>> MakeKafkaSink(const std::string& url,
                                                         const SourceOptions& source) {
  const std::string_view rest = std::string_view(url).substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash == rest.npos || slash == 0 || slash + 1 == rest.size()) {
    return absl::InvalidArgumentError(
        fmt::format("'{}': expected kafka://HOST:PORT[,HOST:PORT]/TOPIC", url));
  }
  kafka::Cluster cluster;
  if (source.kafka) {
    cluster.properties = source.kafka->properties;
    cluster.secrets = source.kafka->secrets;
  }
  cluster.brokers = std::string(rest.substr(0, slash));
  std::string topic(rest.substr(slash + 1));
  KPIWATCH_ASSIGN_OR_RETURN(auto producer, KafkaProducer::Create(cluster));
  KPIWATCH_ASSIGN_OR_RETURN(const int partitions, producer->PartitionCount(topic, kPatience));
  return std::make_unique<KafkaSink>(std::move(producer), std::move(topic), partitions);
}

}  // namespace kpiwatch
