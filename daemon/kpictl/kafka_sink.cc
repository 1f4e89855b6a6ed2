#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/functional/function_ref.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/kafka/kafka_producer.h"
#include "daemon/kpictl/event_json.h"
#include "daemon/kpictl/event_sink.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kScheme = "kafka://";
// Without news for so long, of a long patience, the user is told.
constexpr absl::Duration kSilence = absl::Seconds(2);
constexpr std::array kStructured = {Header{"content-type", "application/cloudevents+json"}};

absl::Duration SilenceOf(const Patience& patience) {
  return std::min(kSilence, patience.lasts / 2);
}

class KafkaSink final : public EventSink {
 public:
  KafkaSink(std::unique_ptr<KafkaProducer> producer, std::string url, std::string topic,
            int partitions, Patience patience)
      : producer_(std::move(producer)),
        url_(std::move(url)),
        topic_(std::move(topic)),
        partitions_(partitions),
        patience_(std::move(patience)) {}

  absl::Status Send(const OutgoingEvent& event) override {
    return Patiently([&](absl::Duration wait) {
      return producer_->Send(topic_, event.key, event.body, HeadersOf(event.cloud_event), wait);
    });
  }

  absl::Status Heartbeat(std::string_view source, absl::Time until, absl::Time now) override {
    // Whatever was sent before must lie before it in its partition.
    KPIWATCH_RETURN_IF_ERROR(Flush());
    const std::string body = HeartbeatJson(source, until, "partition", now);
    for (int partition = 0; partition < partitions_; ++partition) {
      KPIWATCH_RETURN_IF_ERROR(Patiently([&](absl::Duration wait) {
        return producer_->SendTo(topic_, partition, source, body, HeadersOf(true), wait);
      }));
    }
    return Flush();
  }

  absl::Status Flush() override {
    return Patiently([this](absl::Duration wait) { return producer_->Flush(wait); });
  }

 private:
  // `attempt` may be called again when its time was over. Tells where nothing has arrived
  // meanwhile.
  absl::Status Patiently(absl::FunctionRef<absl::Status(absl::Duration wait)> attempt) {
    const absl::Duration silence = SilenceOf(patience_);
    const int64_t delivered = producer_->delivered();
    const absl::Status status = attempt(silence);
    if (!absl::IsDeadlineExceeded(status)) {
      return status;
    }
    const absl::Duration rest = patience_.lasts - silence;
    if (producer_->delivered() == delivered) {
      patience_.tell(TryingAgain(fmt::format("{}: {}", url_, MessageOf(status)),
                                 patience_.clock->Now() + rest));
    }
    return attempt(rest);
  }
  static std::span<const Header> HeadersOf(bool cloud_event) {
    return cloud_event ? std::span<const Header>(kStructured) : std::span<const Header>();
  }

  const std::unique_ptr<KafkaProducer> producer_;
  const std::string url_;
  const std::string topic_;
  const int partitions_;
  const Patience patience_;
};

// Asks the cluster for the topic, again where no broker answers.
absl::StatusOr<int> PartitionsOf(KafkaProducer* producer, const std::string& url,
                                 const std::string& topic, const Patience& patience) {
  const absl::Duration silence = SilenceOf(patience);
  const absl::StatusOr<int> partitions = producer->PartitionCount(topic, silence);
  if (!absl::IsUnavailable(partitions.status())) {
    return partitions;
  }
  const absl::Duration rest = patience.lasts - silence;
  patience.tell(TryingAgain(fmt::format("{}: {}", url, MessageOf(partitions.status())),
                            patience.clock->Now() + rest));
  const absl::StatusOr<int> again = producer->PartitionCount(topic, rest);
  if (!absl::IsUnavailable(again.status())) {
    return again;
  }
  return absl::UnavailableError(fmt::format("{}: {}; given up after {}", url,
                                            MessageOf(again.status()),
                                            absl::FormatDuration(patience.lasts)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventSink>> MakeKafkaSink(const std::string& url,
                                                         const SourceOptions& source,
                                                         Patience patience) {
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
  KPIWATCH_ASSIGN_OR_RETURN(const int partitions,
                            PartitionsOf(producer.get(), url, topic, patience));
  return std::make_unique<KafkaSink>(std::move(producer), url, std::move(topic), partitions,
                                     std::move(patience));
}

}  // namespace kpiwatch
