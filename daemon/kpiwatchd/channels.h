// Where what was decided goes: webhooks and e-mail by the rulebook's receivers, Kafka by the
// configuration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/config/daemon_config.h"
#include "daemon/notify/channel.h"
#include "daemon/notify/kafka/kafka_publisher.h"
#include "daemon/notify/webhook/webhook_channel.h"

namespace kpiwatch {

// Makes the channels of receivers. `clock` is borrowed.
class Channels final : public ChannelFactory {
 public:
  Channels(WebhookOptions webhook, const Clock* clock);

  std::unique_ptr<Channel> MakeWebhook(const WebhookConfig& config) override;
  std::unique_ptr<Channel> MakeEmail(const EmailConfig& config) override;

 private:
  const WebhookOptions webhook_;
  const Clock* const clock_;
};

// One publisher for each list of brokers: that of `publish:`, and those of dead-letter topics.
// `uuid` is the store's.
std::vector<KafkaPublisherOptions> PublisherOptions(const DaemonConfig& config,
                                                    const std::string& uuid);

}  // namespace kpiwatch
