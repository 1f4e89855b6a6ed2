#include "daemon/kpictl/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>

#include "daemon/base/nearest_name.h"
#include "daemon/config/flags.h"
#include "daemon/kpictl/check.h"
#include "daemon/kpictl/dump.h"
#include "daemon/kpictl/health.h"
#include "daemon/kpictl/listen.h"
#include "daemon/kpictl/replay.h"
#include "daemon/kpictl/send.h"
#include "daemon/kpictl/test_command.h"

namespace kpiwatch {
namespace {

constexpr const char* kReplayExamples =
    R"(Reads all records first, puts them in order of (time, source, id) and takes the files as complete
up to --until; days that end by then are sealed. Nothing is sent and nothing is stored. Times in
ndjson are UTC ('Z'), days and periods those of the business calendar. The values of periods that are
still open at --until are those of then.

Examples:
  kpictl replay --config kpiwatch.yaml --events orders=orders.csv.gz --print values
  kpictl replay --config kpiwatch.yaml --events crm=crm.ndjson erp=erp.ndjson \
      --until 2026-10-09T00:00:00+08:00 --print transitions --format table
  zcat crm.ndjson.gz | kpictl replay --config kpiwatch.yaml --events crm=- --print transitions)";

constexpr const char* kCheckExamples =
    R"(Takes rule files, the daemon's kpiwatch.yaml (with the rule files that it names), scenario tests,
and folders of them. The rule files that a kpiwatch.yaml names are one rulebook, as the daemon reads
them; where there are others in the same call, so are all of them together.
Exit code: 0 good, 1 mistakes, 3 findings with --lint-fatal.

Examples:
  kpictl check kpiwatch.yaml
  kpictl check rules/behaviour rules/behaviour/sample --lint-fatal)";

constexpr const char* kTestExamples =
    R"(Runs scenario tests on the real engine over virtual time. Exit code: 0 all hold, 1 one does not.

Example:
  kpictl test rules/behaviour/tests/*.yaml)";

constexpr const char* kSendExamples =
    R"(Records of a source with a map become CloudEvents; those of a source without one are passed on as
they are. --complete-until ends with a heartbeat: the source is complete up to then, days before it
may seal. Where a record could not be read there is none, unless --allow-bad says so.

Examples:
  kpictl send --to http://127.0.0.1:9464 --config kpiwatch.yaml --source crm crm.ndjson.gz \
      --complete-until 2026-10-09T00:00:00+08:00
  kpictl send --to kafka://k1:9092/erp.orders --config kpiwatch.yaml --source orders orders.csv)";

constexpr const char* kDumpExamples =
    R"(Prints every (kpi, subject, day) bucket that is durable now; a running daemon is not disturbed.

Example:
  kpictl dump --storage.path /var/lib/kpiwatch --print values --format csv)";

constexpr const char* kListenExamples =
    R"(Takes the daemon's webhooks and prints a line for each alert, to see what a rule file sends before
a real receiver stands there. With --expect it ends when all the alerts of FILE have come (one a
line: RULE SUBJECT PERIOD LEVEL) or --timeout is over: exit code 0 or 1.

Example:
  kpictl listen 127.0.0.1:8060)";

constexpr const char* kHealthExamples =
    R"(Exit code 0 when the daemon answers 200, else 1. Without a path /-/healthy is asked. The other
options are for a daemon with TLS or users in its --web.config.file; each may come from the variable
of the environment beside it, as the image's health check needs them.

Examples:
  kpictl health http://127.0.0.1:9464
  kpictl health https://kpiwatch.example:9464 --ca-file ca.pem --basic-auth-file probe.txt)";

// An option that takes one of the words of `choices`.
template <typename Choice>
CLI::Option* AddChoice(CLI::App* command, const std::string& name, const std::string& help,
                       const std::map<std::string, Choice>& choices, Choice* value) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, choice] : choices) {
    words.push_back(word);
  }
  return command
      ->add_option_function<std::string>(
          name, [choices, value](const std::string& word) { *value = choices.at(word); }, help)
      ->check(CLI::IsMember(words))
      ->type_name("");
}

// Every command: its options, and what runs once they are parsed.
class CommandLine {
 public:
  CommandLine(const BuildInfo& build, const Console& console);
  int Run(const std::vector<std::string>& args);

 private:
  CLI::App* Add(const char* name, const char* help, const char* examples, std::function<int()> run);
  void AddReplay();
  void AddCheck();
  void AddTest();
  void AddSend();
  void AddDump();
  void AddListen();
  void AddHealth();
  // The nearest command's name for the first argument, if that names none.
  bool ReportUnknown(const std::vector<std::string>& args) const;

  const Console& console_;
  CLI::App app_{"kpictl: checks, tests and replays the rules of kpiwatch, and feeds it", "kpictl"};
  std::map<std::string, std::function<int()>> commands_;
  ReplayOptions replay_;
  SendOptions send_;
  std::vector<std::string> paths_;  // of check and test
  bool lint_fatal_ = false;
  ListenOptions listen_;
  int listen_seconds_ = 120;
  HealthOptions health_;
  std::string directory_, what_;
  DumpFormat dump_format_ = DumpFormat::kNdjson;
};

CommandLine::CommandLine(const BuildInfo& build, const Console& console) : console_(console) {
  app_.require_subcommand(1);
  app_.set_version_flag("--version", VersionText("kpictl", build));
  AddReplay();
  AddCheck();
  AddTest();
  AddSend();
  AddDump();
  AddListen();
  AddHealth();
}

CLI::App* CommandLine::Add(const char* name, const char* help, const char* examples,
                           std::function<int()> run) {
  CLI::App* command = app_.add_subcommand(name, help);
  command->footer(examples);
  commands_[name] = std::move(run);
  return command;
}

void CommandLine::AddReplay() {
  CLI::App* command = Add("replay", "Replay files of events and print values or transitions",
                          kReplayExamples, [this] { return Replay(replay_, console_); });
  command->add_option("--config", replay_.config, "The daemon's kpiwatch.yaml")->required();
  command
      ->add_option("--events", replay_.events,
                   "CSV or NDJSON, also .gz; '-' is standard input. NAME= says which source it "
                   "belongs to, where there are several")
      ->type_name("[NAME=]FILE")
      ->required();
  command
      ->add_option("--until", replay_.until,
                   "Events before this are replayed, days that end by then sealed (default: the "
                   "end of the last record's day)")
      ->type_name("RFC3339");
  AddChoice(command, "--print", "What to print",
            {{"transitions", ReplayOptions::Print::kTransitions},
             {"values", ReplayOptions::Print::kValues}},
            &replay_.print)
      ->required();
  AddChoice(command, "--format", "For scripts or for people (default: ndjson)",
            {{"ndjson", OutputFormat::kNdjson}, {"table", OutputFormat::kTable}}, &replay_.format);
  command->add_flag("--strict", replay_.strict,
                    "Exit with 1 when any record is bad or brings a KPI what it cannot take");
}

void CommandLine::AddCheck() {
  CLI::App* command = Add("check", "Check rule files and kpiwatch.yaml", kCheckExamples,
                          [this] { return Check(paths_, lint_fatal_, console_); });
  command->add_option("FILE", paths_, "Files or folders")->required();
  command->add_flag("--lint-fatal", lint_fatal_, "Exit with 3 when there are warnings");
}

void CommandLine::AddTest() {
  Add("test", "Run scenario tests", kTestExamples, [this] { return TestCommand(paths_, console_); })
      ->add_option("FILE", paths_, "Test files")
      ->required();
}

void CommandLine::AddSend() {
  CLI::App* command = Add("send", "Send files of events to a daemon or to Kafka", kSendExamples,
                          [this] { return Send(send_, console_); });
  command->add_option("--to", send_.to, "http://HOST:PORT or kafka://HOST:PORT/TOPIC")
      ->type_name("URL")
      ->required();
  command->add_option("--config", send_.config, "The daemon's kpiwatch.yaml")->required();
  command->add_option("--source", send_.source, "The source whose format and map apply")
      ->type_name("NAME")
      ->required();
  command->add_option("FILE", send_.files, "CSV or NDJSON, also .gz; '-' is standard input")
      ->required();
  command
      ->add_option("--complete-until", send_.complete_until,
                   "End with a heartbeat: the source is complete up to this")
      ->type_name("RFC3339");
  command->add_flag("--allow-bad", send_.allow_bad,
                    "Say --complete-until although records could not be read");
  command->add_flag("--strict", send_.strict, "Exit with 1 when any record is bad");
  command->add_option("--token-file", send_.token_file, "File with the bearer token of the daemon")
      ->type_name("FILE");
  command->add_option("--rate", send_.rate, "At most so many records a second (default: no limit)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

void CommandLine::AddDump() {
  CLI::App* command = Add("dump", "Print what a store holds", kDumpExamples,
                          [this] { return Dump(directory_, dump_format_, console_); });
  command->add_option("--storage.path", directory_, "The daemon's storage directory")
      ->type_name("DIR")
      ->required();
  command->add_option("--print", what_, "What to print")
      ->check(CLI::IsMember({"values"}))
      ->type_name("")
      ->required();
  AddChoice(command, "--format", "The form of a line (default: ndjson)",
            {{"ndjson", DumpFormat::kNdjson}, {"csv", DumpFormat::kCsv}}, &dump_format_);
}

void CommandLine::AddListen() {
  CLI::App* command = Add("listen", "Show what webhooks bring", kListenExamples, [this] {
    listen_.timeout = absl::Seconds(listen_seconds_);
    return Listen(listen_, console_);
  });
  command->add_option("ADDRESS", listen_.address, "HOST:PORT (default: 127.0.0.1:8060)");
  command->add_option("--expect", listen_.expect_file, "Alerts that have to come")
      ->type_name("FILE");
  command->add_option("--timeout", listen_seconds_, "Seconds to wait for them (default: 120)")
      ->type_name("SECONDS");
}

void CommandLine::AddHealth() {
  CLI::App* command = Add("health", "Ask a daemon whether it is alive", kHealthExamples,
                          [this] { return Health(health_, console_); });
  command->add_option("URL", health_.url, "http://HOST:PORT or https://HOST:PORT")
      ->envname("KPICTL_HEALTH_URL")
      ->required();
  command->add_option("--ca-file", health_.ca_file, "Who vouches for the daemon's certificate")
      ->envname("KPICTL_HEALTH_CA_FILE")
      ->type_name("PEM");
  command
      ->add_option("--basic-auth-file", health_.basic_auth_file,
                   "File with USER:PASSWORD, of basic_auth_users")
      ->envname("KPICTL_HEALTH_BASIC_AUTH_FILE")
      ->type_name("FILE");
  command
      ->add_option("--cert-file", health_.cert_file,
                   "The certificate that the daemon wants of clients")
      ->envname("KPICTL_HEALTH_CERT_FILE")
      ->type_name("PEM");
  command->add_option("--key-file", health_.key_file, "The key of that certificate")
      ->envname("KPICTL_HEALTH_KEY_FILE")
      ->type_name("PEM");
}

bool CommandLine::ReportUnknown(const std::vector<std::string>& args) const {
  if (args.empty() || args[0].starts_with('-') || commands_.contains(args[0])) {
    return false;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, run] : commands_) {
    names.push_back(name);
  }
  const auto near = NearestName(args[0], names);
  console_.err << fmt::format(
      "kpictl: unknown command '{}'{}\n", args[0],
      near ? fmt::format("; did you mean '{}'?", *near) : "; see kpictl --help");
  return true;
}

int CommandLine::Run(const std::vector<std::string>& args) {
  if (ReportUnknown(args)) {
    return kExitWrong;
  }
  try {
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    app_.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app_.exit(error, console_.out, console_.err) == 0 ? kExitGood : kExitWrong;
  }
  return commands_.at(app_.get_subcommands()[0]->get_name())();
}

}  // namespace

int RunKpictl(const std::vector<std::string>& args, const BuildInfo& build,
              const Console& console) {
  return CommandLine(build, console).Run(args);
}

}  // namespace kpiwatch
