#include "daemon/config/daemon_config.h"

#include <algorithm>

#include "daemon/config/config_reader.h"
#include "daemon/rulebook/file_glob.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMaxSources = 100;

// A node's content, however it was written: two nodes are equal when their texts are.
void AppendText(const YamlNode& node, std::string* out) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      *out += '~';
      break;
    case YamlNode::Kind::kScalar:
      *out += fmt::format("{}:{}", node.text.size(), node.text);
      break;
    case YamlNode::Kind::kList:
    case YamlNode::Kind::kMap:
      *out += node.is_list() ? '[' : '{';
      for (const YamlNode* child : node.children) {
        AppendText(*child, out);
        *out += ',';
      }
      *out += ']';
      break;
  }
}

// Returns whether the name of every source could be read.
bool ReadSources(MapReader* map, const ConfigChecks* checks, DaemonConfig* config) {
  Diagnostics* const out = map->out();
  const std::vector<const YamlNode*>& list = map->List("sources");
  if (list.size() > kMaxSources) {
    out->Error(*list[kMaxSources], fmt::format("there may be {} sources at most", kMaxSources));
    return false;
  }
  std::vector<std::pair<std::string, Place>> names;
  std::optional<Place> log;
  for (const YamlNode* node : list) {
    SourceOptions source = ReadSource(*node, config->base_dir, config->instance, checks, out);
    const auto same = std::find_if(names.begin(), names.end(),
                                   [&](const auto& entry) { return entry.first == source.name; });
    if (same != names.end() && !source.name.empty()) {
      out->Error(*node, fmt::format("there is a source '{}' already, at {}", source.name,
                                    out->Describe(same->second)));
    }
    names.emplace_back(source.name, node->place);
    if (checks != nullptr && !source.kafka && !source.log) {
      out->Warning(node->place, fmt::format("source '{}' has neither 'kafka' nor 'log': the daemon "
                                            "does not read it; 'kpictl replay' binds files to it",
                                            source.name));
    }
    if (source.log.has_value()) {
      if (log.has_value()) {
        out->Error(*node, fmt::format("events over HTTP go to one log, and {} has it",
                                      out->Describe(*log)));
      }
      log = node->place;
    }
    config->sources.push_back(std::move(source));
  }
  const bool all_named = std::none_of(config->sources.begin(), config->sources.end(),
                                      [](const auto& source) { return source.name.empty(); }) &&
                         (!list.empty() || map->Find("sources") == nullptr);
  if (config->sources.empty()) {
    SourceOptions local;
    local.name = "local";
    local.log = LogSourceOptions{};
    local.log->path = "log";
    config->sources.push_back(std::move(local));
  }
  return all_named;
}

// D-02 recommends heartbeats: what was read to its end proves only that it was read. Under
// `clock: events` time itself goes on by what sources prove. REQUIRES: no errors so far.
void LintHeartbeats(MapReader* map, const DaemonConfig& config) {
  const YamlNode* list = map->Find("sources");
  const std::string_view reason =
      config.clock == ClockKind::kEvents
          ? "with 'clock: events' time goes on by what sources prove, and read to its end proves "
            "only what was read"
          : "read to its end is no proof that everything has come, and what comes after a day has "
            "sealed has made misses meanwhile";
  for (size_t i = 0; i < config.sources.size(); ++i) {
    const SourceOptions& source = config.sources[i];
    if (source.complete_by != CompleteBy::kCaughtUp || (!source.kafka && !source.log)) {
      continue;
    }
    const bool written = list != nullptr && i < list->children.size();
    const YamlNode& node = written ? *list->children[i] : map->node();
    const YamlNode* complete = node.Get("complete");
    map->out()->Warning((complete != nullptr ? *complete : node).place,
                        fmt::format("heartbeats are recommended for source '{}' ('complete: {{by: "
                                    "heartbeat}}'): {}",
                                    source.name, reason));
  }
}

void ReadPublish(MapReader* map, const ConfigChecks* checks, DaemonConfig* config) {
  const YamlNode* node = map->Find("publish");
  if (node == nullptr) {
    return;
  }
  MapReader publish(*node, "'publish'", map->out());
  if (const YamlNode* kafka_node = publish.Require("kafka")) {
    MapReader kafka(*kafka_node, "'kafka'", map->out());
    KafkaCluster cluster =
        ReadKafkaCluster(&kafka, config->base_dir, checks == nullptr ? nullptr : checks->writing);
    config->publish_kafka = PublishKafkaOptions{
        .brokers = std::move(cluster.brokers),
        .topic = kafka.RequireText("topic").value_or(""),
        .properties = std::move(cluster.properties),
        .secrets = std::move(cluster.secrets),
    };
    kafka.Finish();
    for (const SourceOptions& source : config->sources) {
      if (source.kafka.has_value() &&
          std::find(source.kafka->topics.begin(), source.kafka->topics.end(),
                    config->publish_kafka->topic) != source.kafka->topics.end()) {
        map->out()->Error(*kafka_node, fmt::format("transitions would come back: source '{}' reads "
                                                   "the topic '{}'",
                                                   source.name, config->publish_kafka->topic));
      }
    }
  }
  publish.Finish();
}

void ReadTimes(MapReader* map, DaemonConfig* config) {
  Diagnostics* const out = map->out();
  if (const std::optional<std::string> text = map->Text("live_from")) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, *text, &time, &error)) {
      config->live_from = time;
    } else {
      out->Error(*map->Find("live_from"),
                 fmt::format("'live_from' is a moment such as 2026-09-28T00:00:00+08:00, not '{}'",
                             *text));
    }
  }
  config->correction_window =
      map->Duration("correction_window").value_or(config->correction_window);
  config->dedup.window = config->correction_window;
  const YamlNode* node = map->Find("dedup");
  if (node == nullptr) {
    return;
  }
  MapReader dedup(*node, "'dedup'", out);
  config->dedup.max_ids = dedup.Int("max_ids", 1000, DedupOptions::kMostIds)
                              .value_or(static_cast<int>(config->dedup.max_ids));
  config->dedup.window = dedup.Duration("window").value_or(config->dedup.window);
  if (config->dedup.window < config->correction_window) {
    out->Error(*dedup.Find("window"),
               "'window' is at least the correction window: what comes late may come twice");
  }
  dedup.Finish();
}

void ReadRuleFilePatterns(MapReader* map, DaemonConfig* config) {
  const YamlNode* node = map->Require("rule_files");
  if (node == nullptr) {
    return;
  }
  config->rule_files = ReadTexts(*node, "'rule_files'", map->out());
  if (node->is_list() && node->children.empty()) {
    map->out()->Error(*node, "'rule_files' names no file");
  }
}

void ReadDocument(const YamlNode& document, const ConfigChecks* checks, DaemonConfig* config,
                  std::optional<std::vector<KnownSource>>* sources, Diagnostics* out) {
  MapReader map(document, "kpiwatch.yaml", out);
  ReadRuleFilePatterns(&map, config);
  if (const YamlNode* node = map.Find("storage")) {
    MapReader storage(*node, "'storage'", out);
    config->storage_path = ResolvePath(config->base_dir, storage.RequireText("path").value_or(""));
    storage.Finish();
  }
  if (const YamlNode* instance = map.Find("instance")) {
    config->instance = ReadName(*instance, "'instance'", out).value_or(config->instance);
  }
  config->clock = static_cast<ClockKind>(ReadChoice(&map, "clock", {"wall", "events"}).value_or(0));
  if (ReadSources(&map, checks, config)) {
    *sources = KnownSources(*config);
  }
  ReadPublish(&map, checks, config);
  ReadTimes(&map, config);
  map.Finish();
  if (!out->has_errors()) {
    LintHeartbeats(&map, *config);
  }
  for (size_t i = 0; map.is_map() && i + 1 < document.children.size(); i += 2) {
    std::string text;
    AppendText(*document.children[i + 1], &text);
    config->sections.emplace(std::string(document.children[i]->text), std::move(text));
  }
}

}  // namespace

DaemonConfigResult ParseDaemonConfig(const SourceFile& file, const ConfigChecks* checks) {
  DaemonConfig config;
  config.file = file.path;
  config.base_dir = FolderOf(file.path);
  DaemonConfigResult result;
  result.diagnostics = ReadConfigDocument(file, [&](const YamlNode& document, Diagnostics* out) {
    ReadDocument(document, checks, &config, &result.sources, out);
  });
  result.rule_files = config.rule_files;
  if (!HasErrors(result.diagnostics)) {
    result.config = std::move(config);
  }
  return result;
}

DaemonConfigResult LoadDaemonConfig(const std::string& path, const ConfigChecks* checks) {
  DaemonConfigResult result;
  const std::optional<SourceFile> file = ReadConfigFile(path, &result.diagnostics);
  return file.has_value() ? ParseDaemonConfig(*file, checks) : result;
}

std::vector<KnownSource> KnownSources(const DaemonConfig& config) {
  std::vector<KnownSource> known;
  for (const SourceOptions& source : config.sources) {
    known.push_back({.name = source.name, .is_read = source.kafka || source.log});
  }
  return known;
}

LoadResult LoadRulesOf(const std::string& config_file, const std::vector<std::string>& rule_files,
                       const std::optional<std::vector<KnownSource>>& sources) {
  const RuleFiles found = FindRuleFiles(rule_files, FolderOf(config_file));
  LoadResult result;
  if (!found.files.empty()) {
    result = LoadRulebook(found.files, sources ? &*sources : nullptr);
  }
  std::vector<Diagnostic> missing;
  for (const std::string& mistake : found.mistakes) {
    missing.push_back({.file = config_file,
                       .line = 1,
                       .column = 1,
                       .message = fmt::format("rule_files: {}", mistake),
                       .warning = false});
    result.rulebook = nullptr;
  }
  result.diagnostics.insert(result.diagnostics.begin(), missing.begin(), missing.end());
  return result;
}

absl::Status DropUnreadSources(DaemonConfig* config) {
  std::erase_if(config->sources,
                [](const SourceOptions& source) { return !source.kafka && !source.log; });
  return !config->sources.empty()
             ? absl::OkStatus()
             : absl::InvalidArgumentError(config->file +
                                          ": sources: none has 'kafka' or 'log', so that there is "
                                          "nothing for the daemon to read");
}

std::vector<std::string> SectionsThatNeedARestart(const DaemonConfig& running,
                                                  const DaemonConfig& changed) {
  std::vector<std::string> differing;
  const auto note = [&](const auto& sections, const auto& others) {
    for (const auto& [name, text] : sections) {
      const auto other = others.find(name);
      if (name != "rule_files" && (other == others.end() || other->second != text) &&
          std::find(differing.begin(), differing.end(), name) == differing.end()) {
        differing.push_back(name);
      }
    }
  };
  note(running.sections, changed.sections);
  note(changed.sections, running.sections);
  std::sort(differing.begin(), differing.end());
  return differing;
}

}  // namespace kpiwatch
