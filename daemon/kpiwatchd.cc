// kpiwatchd: the composition root. Reads what it was told, builds the parts, connects them, runs
// the engine on the main thread, and takes everything down in reverse order.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/api/api.h"
#include "daemon/api/http_server.h"
#include "daemon/base/build_info.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mutex.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/config/daemon_config.h"
#include "daemon/config/flags.h"
#include "daemon/config/web_config.h"
#include "daemon/engine/engine.h"
#include "daemon/ingest/kafka/kafka_source.h"
#include "daemon/ingest/log/ingest_service.h"
#include "daemon/ingest/log/log_source.h"
#include "daemon/ingest/log/segment_log.h"
#include "daemon/metrics/metrics_page.h"
#include "daemon/notify/dead_letter_file.h"
#include "daemon/notify/dispatcher.h"
#include "daemon/notify/email/email_channel.h"
#include "daemon/notify/kafka/kafka_publisher.h"
#include "daemon/notify/routing.h"
#include "daemon/notify/webhook/webhook_channel.h"
#include "daemon/store/header.h"
#include "daemon/store/rocksdb/rocks_state_store.h"
#include "daemon/store/run_record.h"

namespace kpiwatch {
namespace {

// Exit codes beside 0; the systemd unit and the documentation name them.
constexpr int kExitFailed = 1;
constexpr int kExitBadConfiguration = 2;
constexpr int kExitEnvironment = 3;  // the store, the disk, a port: look, then start again
constexpr int kExitFenced = 4;       // another daemon runs under the same instance

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
      return kExitBadConfiguration;
    case absl::StatusCode::kAborted:
      return kExitFenced;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kNotFound:
      return kExitEnvironment;
    default:
      return kExitFailed;
  }
}

// Prints every diagnostic. True when one is an error.
bool Report(const std::vector<Diagnostic>& diagnostics) {
  bool bad = false;
  for (const Diagnostic& diagnostic : diagnostics) {
    Log(diagnostic.warning ? LogLevel::kWarn : LogLevel::kError, diagnostic.ToString());
    bad = bad || !diagnostic.warning;
  }
  return bad;
}

// The first error of `diagnostics` and how many more there are, for an answer in one line.
absl::Status Summary(const std::vector<Diagnostic>& diagnostics) {
  const Diagnostic* first = nullptr;
  size_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.warning) {
      first = first == nullptr ? &diagnostic : first;
      ++errors;
    }
  }
  if (first == nullptr) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      first->ToString() +
      (errors > 1 ? " (and " + std::to_string(errors - 1) + " more)" : std::string()));
}

absl::StatusOr<std::shared_ptr<const Rulebook>> ReadRules(const DaemonConfig& config) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::vector<SourceFile> files,
                            ReadRuleFiles(config.rule_files, config.base_dir));
  const LoadResult loaded = LoadRulebook(files);
  Report(loaded.diagnostics);
  KPIWATCH_RETURN_IF_ERROR(Summary(loaded.diagnostics));
  KPIWATCH_RETURN_IF_ERROR(CheckRoutes(*loaded.rulebook));
  return loaded.rulebook;
}

class Channels final : public ChannelFactory {
 public:
  std::unique_ptr<Channel> MakeWebhook(const WebhookConfig& config) override {
    return std::make_unique<WebhookChannel>(config, webhook_);
  }
  std::unique_ptr<Channel> MakeEmail(const EmailConfig& config) override {
    EmailOptions options;
    options.clock = clock_;
    return std::make_unique<EmailChannel>(config, options);
  }
  Channels(WebhookOptions webhook, const Clock* clock)
      : webhook_(std::move(webhook)), clock_(clock) {}

 private:
  const WebhookOptions webhook_;
  const Clock* const clock_;
};

// The sources of the configuration and the local logs that feed them.
struct Intake {
  std::vector<Engine::Source> sources;
  std::vector<std::unique_ptr<SegmentLog>> logs;
  std::unique_ptr<IngestService> ingest;  // of the first log; null: no source takes events
  std::string token_file;
  std::vector<AdapterCounter> counters;
};

AdapterCounter CounterOfSource(const std::string& source, const char* name, const char* help,
                               const Counter& counter) {
  return {name, help, {{"source", source}}, [&counter] { return counter.value(); }};
}

absl::Status AddSource(const SourceOptions& source, const std::string& storage,
                       const Clock* clock, Intake* intake) {
  Engine::Source added;
  added.options = &source;
  if (source.kafka) {
    added.kind = "kafka";
    KPIWATCH_ASSIGN_OR_RETURN(auto kafka, KafkaSource::Create(source.name, *source.kafka));
    intake->counters.push_back(CounterOfSource(
        source.name, "kpiwatch_source_outages_total",
        "Times that the brokers of the source came out of reach.", kafka->outages()));
    added.source = std::move(kafka);
  } else if (source.log) {
    SegmentLogOptions options;
    options.directory = (std::filesystem::path(storage) / source.log->path).string();
    options.max_bytes = source.log->max_bytes;
    options.retention = source.log->retention;
    KPIWATCH_ASSIGN_OR_RETURN(auto log, SegmentLog::Open(options, clock));
    const SegmentLogMetrics& metrics = log->metrics();
    intake->counters.push_back(CounterOfSource(source.name, "kpiwatch_log_records_total",
                                               "Records that the local log has on disk.",
                                               metrics.records));
    intake->counters.push_back(
        CounterOfSource(source.name, "kpiwatch_log_refused_total",
                        "Requests that the local log refused: it, its queue or the disk was full.",
                        metrics.refused));
    added.kind = "log";
    added.source = std::make_unique<LogSource>(source.name, log.get());
    if (intake->ingest == nullptr) {
      intake->ingest = std::make_unique<IngestService>(source, log.get(), clock);
      intake->token_file = source.log->token_file;
    }
    intake->logs.push_back(std::move(log));
  } else {
    return absl::OkStatus();  // only kpictl binds files to it
  }
  intake->sources.push_back(std::move(added));
  return absl::OkStatus();
}

// One publisher for each list of brokers: that of `publish:`, and those of dead-letter topics.
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

HttpReply Ingest(IngestService* service, const HttpRequest& request) {
  std::vector<Header> headers;
  for (const auto& [name, value] : request.headers) {
    headers.push_back({name, value});
  }
  const IngestResult result = service->Ingest(
      std::string(request.Header("content-type").value_or("")), headers, request.body);
  HttpReply reply;
  reply.status = result.http_status;
  reply.content_type = "application/json";
  reply.body = result.body_json;
  if (result.retry_after > absl::ZeroDuration()) {
    reply.headers.emplace_back("Retry-After", std::to_string(std::max<int64_t>(
                                                  1, absl::ToInt64Seconds(result.retry_after))));
  }
  return reply;
}

absl::StatusOr<DeadLetterPage> ReadDeadLetters(const DeadLetterFile& file, uint64_t after,
                                               size_t limit) {
  constexpr size_t kPreviewBytes = 1024;
  KPIWATCH_ASSIGN_OR_RETURN(const auto letters, file.Read(after, limit + 1));
  DeadLetterPage page;
  for (const StoredDeadLetter& stored : letters) {
    if (page.letters.size() == limit) {
      page.more = true;
      break;
    }
    const v1::DeadLetter& letter = stored.letter;
    DeadLetterView view;
    view.number = stored.number;
    view.source = letter.source();
    view.topic = letter.topic();
    view.partition = letter.partition();
    view.offset = letter.offset();
    view.reason = letter.reason();
    view.message = letter.message();
    if (letter.timestamp_unix_ms() != 0) {
      view.time = absl::FromUnixMillis(letter.timestamp_unix_ms());
    }
    view.key = letter.key().substr(0, kPreviewBytes);
    view.value = letter.value().substr(0, kPreviewBytes);
    page.letters.push_back(std::move(view));
  }
  return page;
}

// The daemon as a whole; members in the order in which they start.
class Daemon {
 public:
  Daemon(Flags flags, DaemonConfig config, WebConfig web)
      : flags_(std::move(flags)), config_(std::move(config)), web_(std::move(web)) {}

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
  void WatchSignals(const std::stop_token& stop);
  void Fail(const absl::Status& status);
  std::vector<std::string> ChannelsOf(const Rulebook& rulebook) const;

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
  Mutex reload_mu_;  // one reload at a time
};

absl::Status Daemon::OpenStorage() {
  storage_ = !flags_.storage_path.empty()    ? flags_.storage_path
             : !config_.storage_path.empty() ? config_.storage_path
                                             : "data";
  std::error_code error;
  std::filesystem::create_directories(storage_, error);
  if (error) {
    return absl::UnavailableError("cannot make the storage folder " + storage_ + ": " +
                                  error.message());
  }
  KPIWATCH_ASSIGN_OR_RETURN(
      store_, RocksStateStore::Open((std::filesystem::path(storage_) / "state").string()));
  KPIWATCH_ASSIGN_OR_RETURN(header_, OpenHeader(*store_));
  KPIWATCH_ASSIGN_OR_RETURN(runs_, BeginRun(*store_));
  if (runs_->last_was_unclean) {
    Log(LogLevel::kWarn,
        "the last run did not end by itself; going on from what it had made durable",
        {{"storage", storage_}});
  }
  KPIWATCH_ASSIGN_OR_RETURN(dead_letters_, DeadLetterFile::Open(storage_, header_.uuid));
  for (SourceOptions& source : config_.sources) {
    if (source.kafka && source.kafka->group.empty()) {
      source.kafka->group = "kpiwatch-" + config_.instance;
    }
    KPIWATCH_RETURN_IF_ERROR(AddSource(source, storage_, &clock_, &intake_));
  }
  return absl::OkStatus();
}

std::vector<std::string> Daemon::ChannelsOf(const Rulebook& rulebook) const {
  std::vector<std::string> names = ChannelNames(rulebook);
  for (const KafkaPublisherOptions& options : publisher_options_) {
    names.push_back(options.channel_name);
  }
  return names;
}

absl::Status Daemon::StartEngine(std::shared_ptr<const Rulebook> rulebook) {
  publisher_options_ = PublisherOptions(config_, header_.uuid);
  WebhookOptions webhook;
  webhook.external_url = flags_.external_url;
  channels_ = std::make_unique<Channels>(webhook, &clock_);
  Engine::Options options;
  options.core.sources = &config_.sources;
  options.core.clock_by_events = config_.clock == ClockKind::kEvents;
  options.core.live_from = config_.live_from;
  options.core.correction_window = config_.correction_window;
  options.core.dedup.max_ids = static_cast<size_t>(config_.dedup.max_ids);
  options.core.dedup.min_age = std::max(config_.dedup.window, config_.correction_window);
  options.rulebook_entered = [this](std::shared_ptr<const Rulebook> entered) {
    dispatcher_->SetRulebook(std::move(entered));
  };
  options.dead_letters = [this](uint64_t after, size_t limit) {
    return ReadDeadLetters(*dead_letters_, after, limit);
  };
  engine_ = std::make_unique<Engine>(options, store_.get(), header_.uuid, &clock_,
                                     std::move(intake_.sources), &engine_metrics_);
  KPIWATCH_RETURN_IF_ERROR(engine_->Start(rulebook, ChannelsOf(*rulebook)));

  DispatcherPorts ports;
  ports.outbox = &engine_->outbox();
  ports.channels = channels_.get();
  ports.clock = &steady_clock_;
  ports.pause = &pause_;
  ports.metrics = &notify_metrics_;
  ports.dead_letters = dead_letters_.get();
  DispatcherOptions dispatcher_options;
  dispatcher_options.planner.store_uuid = header_.uuid;
  dispatcher_ = std::make_unique<Dispatcher>(ports, dispatcher_options);
  dispatcher_->SetRulebook(rulebook);
  for (const KafkaPublisherOptions& publisher : publisher_options_) {
    publishers_.push_back(std::make_unique<KafkaPublisher>(
        publisher, &engine_->outbox(), &notify_metrics_,
        [this](const absl::Status& status) { Fail(status); }));
    KPIWATCH_RETURN_IF_ERROR(publishers_.back()->Start());
  }
  return absl::OkStatus();
}

// The counters whose owners metrics/ does not know, those of one name side by side.
std::vector<AdapterCounter> Daemon::Counters() const {
  std::vector<AdapterCounter> counters = intake_.counters;
  for (size_t i = 0; i < kRunEnds; ++i) {
    counters.push_back({"kpiwatch_runs_ended_total",
                        "Earlier runs on this store, by how they ended.",
                        {{"how", std::string(RunEndName(static_cast<RunEnd>(i)))}},
                        [this, i] { return runs_->ended[i]; }});
  }
  counters.push_back({"kpiwatch_refused_daemons_total",
                      "Other daemons that were kept out of this one's storage.",
                      {},
                      [this] { return store_->refused_daemons(); }});
  std::stable_sort(
      counters.begin(), counters.end(),
      [](const AdapterCounter& a, const AdapterCounter& b) { return a.name < b.name; });
  return counters;
}

absl::Status Daemon::StartServer() {
  metrics_page_ = std::make_unique<MetricsPage>(MetricsInputs{
      .engine = &engine_metrics_,
      .notify = &notify_metrics_,
      .view = engine_.get(),
      .build = ThisBuild(),
      .adapters = Counters(),
  });
  ApiOptions options;
  options.build = ThisBuild();
  options.external_url = flags_.external_url;
  options.enable_lifecycle = flags_.enable_lifecycle;
  options.basic_auth_users = web_.basic_auth_users;
  options.ingest_token_file = intake_.token_file;
  ApiHooks hooks;
  hooks.metrics = [this] { return metrics_page_->Render(); };
  hooks.reload = [this] { return Reload(); };
  hooks.quit = [this] { engine_->Stop(); };
  if (intake_.ingest != nullptr) {
    hooks.ingest = [this](const HttpRequest& request) {
      return Ingest(intake_.ingest.get(), request);
    };
  }
  api_ = std::make_unique<Api>(engine_.get(), options, hooks);
  HttpServerOptions server;
  server.address = flags_.listen_address;
  server.tls = web_.tls;
  server.body_paths = api_->body_paths();
  KPIWATCH_ASSIGN_OR_RETURN(server_, HttpServer::Start(server, api_.get()));
  return absl::OkStatus();
}

absl::Status Daemon::Start(std::shared_ptr<const Rulebook> rulebook) {
  KPIWATCH_RETURN_IF_ERROR(OpenStorage());
  KPIWATCH_RETURN_IF_ERROR(StartEngine(rulebook));
  KPIWATCH_RETURN_IF_ERROR(StartServer());
  Log(LogLevel::kInfo, "listening",
      {{"url", server_->url()},
       {"storage", storage_},
       {"sources", config_.sources.size()},
       {"rules", rulebook->rules.size()}});
  return absl::OkStatus();
}

absl::Status Daemon::Reload() {
  MutexLock lock(&reload_mu_);
  const auto load = [&]() -> absl::Status {
    DaemonConfigResult read = LoadDaemonConfig(config_.file);
    Report(read.diagnostics);
    KPIWATCH_RETURN_IF_ERROR(Summary(read.diagnostics));
    const std::vector<std::string> fixed = SectionsThatNeedARestart(config_, *read.config);
    if (!fixed.empty()) {
      std::string names;
      for (const std::string& name : fixed) {
        names += (names.empty() ? "" : ", ") + name;
      }
      return absl::InvalidArgumentError(config_.file + ": a change of " + names +
                                        " needs a restart");
    }
    KPIWATCH_ASSIGN_OR_RETURN(const auto rulebook, ReadRules(*read.config));
    KPIWATCH_RETURN_IF_ERROR(engine_->Reload(rulebook, ChannelsOf(*rulebook)));
    config_.rule_files = read.config->rule_files;
    return absl::OkStatus();
  };
  const absl::Status status = load();
  engine_metrics_.last_reload_successful.Set(status.ok() ? 1 : 0);
  if (status.ok()) {
    engine_metrics_.last_reload_success_timestamp.Set(
        absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
    Log(LogLevel::kInfo, "reloaded", {});
  } else {
    engine_metrics_.reload_failures.Add();
    Log(LogLevel::kError, "not reloaded: the rules in force stay", {{"error", status}});
  }
  return status;
}

void Daemon::Fail(const absl::Status& status) {
  {
    MutexLock lock(&mu_);
    fatal_.Update(status);
  }
  engine_->Stop();
}

void Daemon::WatchSignals(const std::stop_token& stop) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, number);
  }
  while (!stop.stop_requested()) {
    constexpr timespec kWait{.tv_sec = 0, .tv_nsec = 200'000'000};
    const int got = sigtimedwait(&signals, nullptr, &kWait);
    if (got == SIGHUP) {
      Reload().IgnoreError();  // logged and counted
    } else if (got == SIGINT || got == SIGTERM) {
      Log(LogLevel::kInfo, "stopping", {{"signal", got == SIGINT ? "SIGINT" : "SIGTERM"}});
      engine_->Stop();
    }
  }
}

absl::Status Daemon::Run() {
  std::jthread signals([this](const std::stop_token& stop) { WatchSignals(stop); });
  absl::Status status = engine_->Run();
  server_.reset();
  dispatcher_->Stop();
  for (const auto& publisher : publishers_) {
    publisher->Stop();
  }
  if (status.ok()) {
    status = engine_->WriteLastAcknowledgements();
  }
  MutexLock lock(&mu_);
  return status.ok() ? fatal_ : status;
}

void Daemon::NoteEnd(const absl::Status& status) {
  if (runs_.has_value()) {
    const absl::Status noted = EndRun(*store_, status.ok()               ? RunEnd::kStopped
                                               : absl::IsAborted(status) ? RunEnd::kFenced
                                                                         : RunEnd::kFailed);
    noted.IgnoreError();  // a disk that takes no write: the next run counts this one as unclean
  }
}

int Main(const std::vector<std::string>& arguments) {
  const FlagsResult parsed = ParseFlags(arguments, ThisBuild());
  std::fputs(parsed.out.c_str(), stdout);
  std::fputs(parsed.err.c_str(), stderr);
  if (!parsed.flags) {
    return parsed.exit_code;
  }
  const Flags& flags = *parsed.flags;
  SetupLogging(flags.log_level, flags.log_format);
  DaemonConfigResult config = LoadDaemonConfig(flags.config_file);
  WebConfigResult web;
  web.config = WebConfig();
  if (!flags.web_config_file.empty()) {
    web = LoadWebConfig(flags.web_config_file);
  }
  const bool bad_config = Report(config.diagnostics);
  if (Report(web.diagnostics) || bad_config) {
    return kExitBadConfiguration;
  }
  const auto rulebook = ReadRules(*config.config);
  if (!rulebook.ok()) {
    Log(LogLevel::kError, "the rules cannot be used", {{"error", rulebook.status()}});
    return kExitBadConfiguration;
  }
  if (flags.check_config) {
    return 0;
  }
  // Taken by WatchSignals alone; every thread inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  Daemon daemon(flags, *std::move(config.config), *std::move(web.config));
  absl::Status status = daemon.Start(*rulebook);
  if (status.ok()) {
    status = daemon.Run();
  }
  daemon.NoteEnd(status);
  if (!status.ok()) {
    Log(LogLevel::kError, "ended", {{"error", status}, {"exit_code", ExitCodeOf(status)}});
  }
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace kpiwatch

int main(int argc, char** argv) {
  return kpiwatch::Main(std::vector<std::string>(argv + 1, argv + argc));
}
