#include "daemon/kpiwatchd/channels.h"

#include <algorithm>
#include <utility>

#include "daemon/notify/email/email_channel.h"

namespace kpiwatch {

Channels::Channels(WebhookOptions webhook, const Clock* clock)
    : webhook_(std::move(webhook)), clock_(clock) {}

std::unique_ptr<Channel> Channels::MakeWebhook(const WebhookConfig& config) {
  return std::make_unique<WebhookChannel>(config, webhook_);
}

std::unique_ptr<Channel> Channels::MakeEmail(const EmailConfig& config) {
  EmailOptions options;
  options.clock = clock_;
  return std::make_unique<EmailChannel>(config, options);
}

std::vector<KafkaPublisherOptions> PublisherOptions(const DaemonConfig& config,
                                                    const std::string& uuid) {
  std::vector<KafkaPublisherOptions> all;
  if (config.publish_kafka) {
    KafkaPublisherOptions& options = all.emplace_back();
    options.brokers = config.publish_kafka->brokers;
    options.properties = config.publish_kafka->properties;
    options.secrets = config.publish_kafka->secrets;
    options.topic = config.publish_kafka->topic;
  }
  for (const SourceOptions& source : config.sources) {
    if (!source.kafka || source.kafka->dead_letter_topic.empty()) {
      continue;
    }
    auto place = std::find_if(all.begin(), all.end(), [&](const KafkaPublisherOptions& options) {
      return options.brokers == source.kafka->brokers;
    });
    if (place == all.end()) {
      KafkaPublisherOptions& options = all.emplace_back();
      options.brokers = source.kafka->brokers;
      options.secrets = source.kafka->secrets;
      // A consumer's tuning is no producer's; how to connect is the same.
      for (const auto& [name, value] : source.kafka->properties) {
        if (name.starts_with("security.") || name.starts_with("ssl.") ||
            name.starts_with("sasl.")) {
          options.properties[name] = value;
        }
      }
      place = all.end() - 1;
    }
    place->dead_letter_topics[source.name] = source.kafka->dead_letter_topic;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].instance = config.instance + (i == 0 ? "" : "-" + std::to_string(i));
    all[i].channel_name = i == 0 ? "kafka" : "kafka/" + std::to_string(i);
    all[i].store_uuid = uuid;
  }
  return all;
}

}  // namespace kpiwatch
