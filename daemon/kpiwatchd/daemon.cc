#include "daemon/kpiwatchd/daemon.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "daemon/base/build_info.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/engine/told.h"
#include "daemon/kpiwatchd/dead_letter_page.h"
#include "daemon/kpiwatchd/read_rules.h"
#include "daemon/notify/routing.h"
#include "daemon/rulebook/calendar_reach.h"
#include "daemon/rulebook/changes.h"

namespace kpiwatch {

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

std::vector<ChannelId> Daemon::ChannelsWith(const Rulebook& rulebook) const {
  std::vector<ChannelId> channels = ChannelsOf(rulebook);
  for (const KafkaPublisherOptions& options : publisher_options_) {
    channels.push_back({.name = options.channel_name});
  }
  return channels;
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
    SetRulebook(std::move(entered));
  };
  options.channel_gone = [this](const GoneChannel& gone) {
    notify_metrics_.suppressed.With({reason::kReceiverRemoved}).Add(gone.entries);
    Log(LogLevel::kWarn, "a receiver was removed before it got everything",
        {{"channel", gone.name}, {"entries_not_acknowledged", gone.entries}});
  };
  options.dead_letters = [this](uint64_t after, size_t limit) {
    return ReadDeadLetters(*dead_letters_, after, limit);
  };
  engine_ = std::make_unique<Engine>(options, store_.get(), header_.uuid, &clock_,
                                     std::move(intake_.sources), &engine_metrics_);
  KPIWATCH_RETURN_IF_ERROR(engine_->Start(rulebook, ChannelsWith(*rulebook)));

  DispatcherPorts ports;
  ports.outbox = &engine_->outbox();
  ports.channels = channels_.get();
  ports.clock = &steady_clock_;
  ports.pause = &pause_;
  ports.metrics = &notify_metrics_;
  ports.dead_letters = dead_letters_.get();
  DispatcherOptions dispatcher_options;
  dispatcher_options.planner.store_uuid = header_.uuid;
  for (const std::string_view reason : held::kReasons) {
    notify_metrics_.suppressed.Show({reason});
  }
  dispatcher_ = std::make_unique<Dispatcher>(ports, dispatcher_options);
  SetRulebook(rulebook);
  for (const KafkaPublisherOptions& publisher : publisher_options_) {
    publishers_.push_back(
        std::make_unique<KafkaPublisher>(publisher, &engine_->outbox(), &notify_metrics_,
                                         [this](const absl::Status& status) { Fail(status); }));
    KPIWATCH_RETURN_IF_ERROR(publishers_.back()->Start());
  }
  return absl::OkStatus();
}

void Daemon::SetRulebook(std::shared_ptr<const Rulebook> rulebook) {
  dispatcher_->SetRulebook(rulebook);
  if (intake_.ingest != nullptr) {
    intake_.ingest->SetPlan({rulebook, &rulebook->fields});
  }
  MutexLock lock(&mu_);
  rulebook_ = std::move(rulebook);
}

std::shared_ptr<const Rulebook> Daemon::RulebookInForce() {
  MutexLock lock(&mu_);
  return rulebook_;
}

std::string Daemon::Metrics() {
  const std::shared_ptr<const Rulebook> rulebook = RulebookInForce();
  // Where the business time is that of old events, what is beyond a calendar tells nothing today.
  const bool wall = config_.clock == ClockKind::kWall;
  engine_metrics_.calendar_provisional.Set(
      CalendarsAreProvisional(*rulebook, wall ? clock_.Now() : absl::InfinitePast()) ? 1 : 0);
  return metrics_page_->Render();
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
  for (const int status : Api::kRefusals) {
    counters.push_back({"kpiwatch_http_refused_total",
                        "Requests that could not be read or came too slowly (400, 408, 413, 414), "
                        "were too many at once (503) or failed (500).",
                        {{"code", std::to_string(status)}},
                        [this, status] { return api_->refused(status); }});
  }
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
  hooks.metrics = [this] { return Metrics(); };
  hooks.reload = [this] { return Reload(); };
  hooks.quit = [this] {
    Log(LogLevel::kInfo, "stopping", {{"request", "/-/quit"}});
    engine_->Stop();
  };
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
  std::string changes;
  const auto load = [&]() -> absl::Status {
    DaemonConfigResult read = ReadConfig(config_.file);
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
    const std::shared_ptr<const Rulebook> before = RulebookInForce();
    KPIWATCH_RETURN_IF_ERROR(engine_->Reload(rulebook, ChannelsWith(*rulebook)));
    changes = Describe(ChangesBetween(*before, *rulebook));
    config_.rule_files = read.config->rule_files;
    return absl::OkStatus();
  };
  const absl::Status status = load();
  engine_metrics_.last_reload_successful.Set(status.ok() ? 1 : 0);
  if (status.ok()) {
    engine_metrics_.last_reload_success_timestamp.Set(
        absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
    Log(LogLevel::kInfo, "reloaded", {{"changes", changes}});
  } else {
    engine_metrics_.reload_failures.Add();
    Log(LogLevel::kError, "not reloaded: the rules in force stay", {{"error", FirstLine(status)}});
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

}  // namespace kpiwatch
