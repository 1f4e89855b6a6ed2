// The daemon's parts: built, connected, run, and taken down in reverse order.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "daemon/api/api.h"
#include "daemon/api/http_server.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/config/daemon_config.h"
#include "daemon/config/flags.h"
#include "daemon/config/web_config.h"
#include "daemon/engine/engine.h"
#include "daemon/kpiwatchd/channels.h"
#include "daemon/kpiwatchd/intake.h"
#include "daemon/metrics/metrics_page.h"
#include "daemon/notify/dead_letter_file.h"
#include "daemon/notify/dispatcher.h"
#include "daemon/notify/kafka/kafka_publisher.h"
#include "daemon/store/header.h"
#include "daemon/store/rocksdb/rocks_state_store.h"
#include "daemon/store/run_record.h"

namespace kpiwatch {

// The daemon as a whole; members in the order in which they start.
class Daemon {
 public:
  // REQUIRES: DropUnreadSources has been called on `config`: the core and the engine number sources
  // alike.
  Daemon(Flags flags, DaemonConfig config, WebConfig web)
      : flags_(std::move(flags)), config_(std::move(config)), web_(std::move(web)) {}

  // To be called once, first. Errors: the storage's, a source's, the port's.
  absl::Status Start(std::shared_ptr<const Rulebook> rulebook);
  // Works until a signal, /-/quit or a fatal error.
  absl::Status Run();
  // To be called last: notes in the store how this run ends.
  void NoteEnd(const absl::Status& status);

 private:
  absl::Status OpenStorage();
  absl::Status StartEngine(std::shared_ptr<const Rulebook> rulebook);
  std::vector<AdapterCounter> Counters() const;
  absl::Status StartServer();
  absl::Status Reload();
  void SetRulebook(std::shared_ptr<const Rulebook> rulebook);
  std::shared_ptr<const Rulebook> RulebookInForce();
  std::string Metrics();
  void WatchSignals(const std::stop_token& stop);
  void Fail(const absl::Status& status);
  std::vector<ChannelId> ChannelsWith(const Rulebook& rulebook) const;

  const Flags flags_;
  DaemonConfig config_;
  const WebConfig web_;
  const SystemClock clock_;
  const SteadyClock steady_clock_;  // retries do not wait for a system clock that was set back
  SystemPause pause_;
  EngineMetrics engine_metrics_;
  NotifyMetrics notify_metrics_;
  std::string storage_;
  std::unique_ptr<RocksStateStore> store_;
  StoreHeader header_;
  std::optional<RunCounts> runs_;  // before this one; nullopt: the storage is not open
  std::unique_ptr<DeadLetterFile> dead_letters_;
  Intake intake_;
  std::vector<KafkaPublisherOptions> publisher_options_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Channels> channels_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::vector<std::unique_ptr<KafkaPublisher>> publishers_;
  std::unique_ptr<MetricsPage> metrics_page_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
  Mutex mu_;
  absl::Status fatal_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const Rulebook> rulebook_ ABSL_GUARDED_BY(mu_);  // in force
  Mutex reload_mu_;                                                // one reload at a time
};

}  // namespace kpiwatch
