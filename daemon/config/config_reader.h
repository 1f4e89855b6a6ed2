// What the readers of the daemon's own files share, on top of the rulebook's reader of mappings.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/daemon_config.h"
#include "daemon/ingest/source_options.h"
#include "daemon/lang/program.h"
#include "daemon/rulebook/diagnostics.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// Property → (file, environment variable); exactly one of them is not empty.
using SecretPlaces = std::map<std::string, std::pair<std::string, std::string>>;

// The text of a file of at most 1 MiB; nullopt: *diagnostics says why not.
std::optional<SourceFile> ReadConfigFile(const std::string& path,
                                         std::vector<Diagnostic>* diagnostics);

// Parses `file`, calls `read` with its only document, and returns what was found, by place.
std::vector<Diagnostic> ReadConfigDocument(
    const SourceFile& file,
    const std::function<void(const YamlNode& document, Diagnostics* out)>& read);

// Whether one of them is a mistake.
bool HasErrors(const std::vector<Diagnostic>& diagnostics);

// `path` below `base_dir` unless it is absolute; empty stays empty.
std::string ResolvePath(const std::string& base_dir, const std::string& path);

// One of `names`, by its index; nullopt: not there, or reported with the nearest.
std::optional<size_t> ReadChoice(MapReader* map, std::string_view key,
                                 const std::vector<std::string_view>& names);

// Calls `visit` with every key and value of the mapping at `key`, if there is one.
void ForEachEntry(MapReader* map, std::string_view key,
                  const std::function<void(const YamlNode& key, const YamlNode& value)>& visit);

// "10GiB", "512 MiB", "1048576"; at least 1 MiB.
std::optional<int64_t> ReadBytes(MapReader* map, std::string_view key);

// Reports, at `node`, a file that cannot be read or holds nothing but white space. `what` names its
// purpose; the content is never told.
void CheckSecretFile(const YamlNode& node, const std::string& path, std::string_view what,
                     Diagnostics* out);

// `brokers` (required), `properties` and `secrets` of a Kafka cluster. `check`: null looks at
// neither the properties' names and values nor where the secrets are.
struct KafkaCluster {
  std::string brokers;
  std::map<std::string, std::string> properties;
  SecretPlaces secrets;
};
KafkaCluster ReadKafkaCluster(MapReader* map, const std::string& base_dir,
                              KafkaPropertyCheck check);

// One entry of `sources:`.
SourceOptions ReadSource(const YamlNode& node, const std::string& base_dir,
                         const std::string& instance, const ConfigChecks* checks, Diagnostics* out);

// `map:` of a source.
std::vector<MapField> ReadEventMap(const YamlNode& node, const std::vector<std::string>& columns,
                                   bool needs_id, Diagnostics* out);
// Reports what is wrong with an expression over a row.
void CheckRowExpression(const YamlNode& node, const std::vector<std::string>& columns,
                        lang::Type type, Diagnostics* out);

}  // namespace kpiwatch
