// kpiwatchd: reads what it was told, runs the daemon on the main thread, and says by its exit code
// how that ended.
#include <signal.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/build_info.h"
#include "daemon/base/log.h"
#include "daemon/base/status_text.h"
#include "daemon/base/thread_turns.h"
#include "daemon/config/daemon_config.h"
#include "daemon/config/flags.h"
#include "daemon/config/web_config.h"
#include "daemon/kafka/conf.h"
#include "daemon/kpiwatchd/daemon.h"
#include "daemon/kpiwatchd/read_rules.h"

namespace kpiwatch {
namespace {

// Exit codes beside 0; the systemd unit and the documentation name them.
constexpr int kExitFailed = 1;
constexpr int kExitBadConfiguration = 2;
constexpr int kExitEnvironment = 3;  // the store, the disk, a port: look, then start again
constexpr int kExitFenced = 4;       // another daemon runs under the same instance

constexpr ConfigChecks kConfigChecks = {.reading = kafka::CheckReadingProperty,
                                        .writing = kafka::CheckWritingProperty};

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

int Main(const std::vector<std::string>& arguments) {
  const FlagsResult parsed = ParseFlags(arguments, ThisBuild());
  std::fputs(parsed.out.c_str(), stdout);
  std::fputs(parsed.err.c_str(), stderr);
  if (!parsed.flags) {
    return parsed.exit_code;
  }
  const Flags& flags = *parsed.flags;
  SetupLogging(flags.log_level, flags.log_format);
  DaemonConfigResult config = ReadConfig(flags.config_file, &kConfigChecks);
  WebConfigResult web;
  web.config = WebConfig();
  if (!flags.web_config_file.empty()) {
    web = LoadWebConfig(flags.web_config_file);
  }
  const bool bad_web = Report(web.diagnostics);
  if (Report(config.diagnostics)) {
    return kExitBadConfiguration;
  }
  const auto rulebook = ReadRules(*config.config);
  if (!rulebook.ok()) {
    Log(LogLevel::kError, "the rules cannot be used", {{"error", FirstLine(rulebook.status())}});
    return kExitBadConfiguration;
  }
  if (bad_web) {
    return kExitBadConfiguration;
  }
  if (const absl::Status usable = DropUnreadSources(&*config.config); !usable.ok()) {
    Log(LogLevel::kError, MessageOf(usable));
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
  absl::Status status;
  StartHelpers([&] { status = daemon.Start(*rulebook); });
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
