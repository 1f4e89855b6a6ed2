#include "daemon/config/flags.h"

#include <algorithm>
#include <utility>

#include "CLI/CLI.hpp"
#include "daemon/base/nearest_name.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr int kUsageError = 2;

// Flags as they are written, beside those that need no reading.
struct Texts {
  std::string log_level = "info";
  std::string log_format = "logfmt";
  bool version = false;
};

void Declare(CLI::App* app, Flags* flags, Texts* texts) {
  app->set_help_flag("-h,--help", "Show this help and exit.");
  app->add_flag("--version", texts->version, "Show the version and exit.");
  app->add_option("--config.file", flags->config_file, "The daemon's configuration file.")
      ->capture_default_str();
  app->add_flag("--config.check", flags->check_config,
                "Check the configuration and the rule files, and exit: 0 good, 2 wrong.");
  app->add_option("--web.listen-address", flags->listen_address,
                  "Address of the API, the metrics and the ingest of events; port 0 takes any.")
      ->capture_default_str();
  app->add_option("--web.external-url", flags->external_url,
                  "URL under which people reach the daemon, for links in messages.");
  app->add_flag("--web.enable-lifecycle", flags->enable_lifecycle,
                "Allow POST /-/reload and /-/quit.");
  app->add_option("--web.config.file", flags->web_config_file,
                  "File with TLS and passwords of the web server (exporter-toolkit's form).");
  app->add_option("--storage.path", flags->storage_path,
                  "Directory of the state; default: that of the configuration, else data.");
  app->add_option("--log.level", texts->log_level, "Least level that is logged.")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app->add_option("--log.format", texts->log_format, "Format of the log.")
      ->capture_default_str()
      ->check(CLI::IsMember({"logfmt", "json"}));
}

FlagsResult UsageError(std::string message) {
  return {.flags = std::nullopt,
          .exit_code = kUsageError,
          .out = "",
          .err = fmt::format("kpiwatchd: error: {}, try --help\n", message)};
}

FlagsResult Answer(std::string text) {
  return {.flags = std::nullopt, .exit_code = 0, .out = std::move(text), .err = ""};
}

std::string UnknownArgument(const CLI::App& app, const std::string& argument) {
  if (!argument.starts_with('-')) {
    return fmt::format("unexpected '{}'", argument);
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    known.push_back("--" + option->get_lnames().front());
  }
  const std::string name = argument.substr(0, argument.find('='));
  const std::optional<std::string_view> near = NearestName(name, known);
  return fmt::format("unknown flag '{}'{}", name,
                     near ? fmt::format(" (did you mean '{}'?)", *near) : "");
}

}  // namespace

FlagsResult ParseFlags(const std::vector<std::string>& arguments, const BuildInfo& build) {
  Flags flags;
  Texts texts;
  CLI::App app("Watches business KPIs and lets the right person know.", "kpiwatchd");
  app.allow_extras();
  Declare(&app, &flags, &texts);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Answer(app.help());
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  if (texts.version) {
    return Answer(VersionText("kpiwatchd", build));
  }
  if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) {
    return UsageError(UnknownArgument(app, extra.front()));
  }
  flags.log_level = ParseLogLevel(texts.log_level).value_or(flags.log_level);
  flags.log_format = ParseLogFormat(texts.log_format).value_or(flags.log_format);
  flags.external_url.resize(flags.external_url.find_last_not_of('/') + 1);
  return {.flags = std::move(flags), .exit_code = 0, .out = "", .err = ""};
}

std::string VersionText(std::string_view program, const BuildInfo& build) {
  return fmt::format(
      "{}, version {} (branch: {}, revision: {})\n"
      "  build user:       \n"
      "  build date:       {}\n"
      "  compiler:         {}\n"
      "  platform:         linux/{}\n",
      program, build.version, build.branch, build.revision, build.date, build.compiler,
#if defined(__x86_64__)
      "amd64"
#elif defined(__aarch64__)
      "arm64"
#else
      "other"
#endif
  );
}

}  // namespace kpiwatch
