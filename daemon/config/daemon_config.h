// The daemon's own file, kpiwatch.yaml: where events come from and where things are kept. What the
// business wants stands in the rule files that it names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/ingest/source_options.h"
#include "daemon/rulebook/loader.h"

namespace kpiwatch {

enum class ClockKind : uint8_t {
  kWall,    // the business now is the time of day
  kEvents,  // it is how far the sources are complete: replays, back-fills (D-01)
};

// The topic that transitions and tasks are published to.
struct PublishKafkaOptions {
  std::string brokers;
  std::string topic;
  std::map<std::string, std::string> properties;                       // any librdkafka property
  std::map<std::string, std::pair<std::string, std::string>> secrets;  // property → (file, env)
};

struct DedupOptions {
  static constexpr int64_t kMostIds =
      68'000'000;  // beyond, a false duplicate is likelier than 1e-6
  int64_t max_ids = 16'000'000;
  absl::Duration window;  // by arrival; at least the correction window
};

// Paths are as written if absolute, else below the folder of the file.
struct DaemonConfig {
  std::string file;
  std::string base_dir;                 // the file's folder, for the patterns of rule_files
  std::vector<std::string> rule_files;  // patterns, as written
  std::string storage_path;             // empty: not given
  std::string instance = "main";        // the transactional id; part of the default consumer group
  ClockKind clock = ClockKind::kWall;
  std::vector<SourceOptions> sources;  // at least one
  std::optional<PublishKafkaOptions> publish_kafka;
  std::optional<absl::Time> live_from;  // transitions of periods before it are not sent (D-07)
  absl::Duration correction_window = absl::Hours(24 * 35);
  DedupOptions dedup;

  // The text of every top-level section, by its key, to tell what a reload changed.
  std::map<std::string, std::string> sections;
};

struct DaemonConfigResult {
  std::optional<DaemonConfig> config;   // nullopt when a Diagnostic is an error
  std::vector<std::string> rule_files;  // as in `config`, also where that is nullopt: what is wrong
                                        // with them can be told in the same pass
  // What rule files may say of the sources; nullopt: not every name of a source could be read.
  std::optional<std::vector<KnownSource>> sources;
  std::vector<Diagnostic> diagnostics;  // by line and column
};

// What the file alone does not tell. `value`: null for a property whose value is a secret. OK, or
// why Kafka's library cannot be given the property.
using KafkaPropertyCheck = absl::Status (*)(const std::string& name, const std::string* value);
struct ConfigChecks {
  KafkaPropertyCheck reading = nullptr;  // of sources
  KafkaPropertyCheck writing = nullptr;  // of publish
};

// Never throws. All mistakes in one pass. With `checks` also Kafka's properties, and the files that
// hold secrets must be there; without, only what is written.
DaemonConfigResult ParseDaemonConfig(const SourceFile& file, const ConfigChecks* checks = nullptr);
// The same for a file of the disk; one that cannot be read is a diagnostic.
DaemonConfigResult LoadDaemonConfig(const std::string& path, const ConfigChecks* checks = nullptr);

// What rule files may say of `config`'s sources.
std::vector<KnownSource> KnownSources(const DaemonConfig& config);

// The files of `rule_files`, which `config_file` names, as one rulebook. A pattern that names no
// file is a mistake beside those of the files that are there.
LoadResult LoadRulesOf(const std::string& config_file, const std::vector<std::string>& rule_files,
                       const std::optional<std::vector<KnownSource>>& sources);

// Takes out the sources that have neither Kafka nor a log: kpictl binds files to them, the daemon
// does not read them. Errors: kInvalidArgument when there is no other.
absl::Status DropUnreadSources(DaemonConfig* config);

// The sections that differ and that a reload cannot bring into a running daemon: all but
// rule_files.
std::vector<std::string> SectionsThatNeedARestart(const DaemonConfig& running,
                                                  const DaemonConfig& changed);

}  // namespace kpiwatch
