// One entry of `sources:` in kpiwatch.yaml.
#include <algorithm>
#include <set>

#include "daemon/config/config_reader.h"
#include "daemon/ingest/text_encoding.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

KafkaSourceOptions ReadKafkaSource(const YamlNode& node, const std::string& base_dir,
                                   const std::string& instance, const ConfigChecks* checks,
                                   Diagnostics* out) {
  MapReader map(node, "'kafka'", out);
  KafkaCluster cluster =
      ReadKafkaCluster(&map, base_dir, checks == nullptr ? nullptr : checks->reading);
  KafkaSourceOptions kafka;
  kafka.brokers = std::move(cluster.brokers);
  kafka.properties = std::move(cluster.properties);
  kafka.secrets = std::move(cluster.secrets);
  if (const YamlNode* topics = map.Require("topics")) {
    kafka.topics = ReadTexts(*topics, "'topics'", out);
    if (topics->is_list() && topics->children.empty()) {
      out->Error(*topics, "'topics' names no topic");
    }
    if (std::set<std::string>(kafka.topics.begin(), kafka.topics.end()).size() !=
        kafka.topics.size()) {
      out->Error(*topics, "'topics' names a topic twice");
    }
  }
  kafka.dead_letter_topic = map.Text("dead_letter_topic").value_or("");
  if (std::find(kafka.topics.begin(), kafka.topics.end(), kafka.dead_letter_topic) !=
      kafka.topics.end()) {
    out->Error(
        *map.Find("dead_letter_topic"),
        "dead letters would come back: 'dead_letter_topic' is among the topics that are read");
  }
  kafka.group = map.Text("group").value_or("kpiwatch-" + instance);
  map.Finish();
  return kafka;
}

LogSourceOptions ReadLogSource(const YamlNode& node, const std::string& base_dir,
                               const ConfigChecks* checks, Diagnostics* out) {
  MapReader map(node, "'log'", out);
  LogSourceOptions log;
  log.path = map.Text("path").value_or("log");
  log.retention = map.Duration("retention").value_or(log.retention);
  log.max_bytes = ReadBytes(&map, "max_bytes").value_or(log.max_bytes);
  log.token_file = ResolvePath(base_dir, map.Text("token_file").value_or(""));
  if (const YamlNode* file = map.Find("token_file"); file != nullptr && file->is_scalar()) {
    if (log.token_file.empty()) {
      out->Error(*file, "'token_file' names no file");
    } else if (checks != nullptr) {
      CheckSecretFile(*file, log.token_file, "'token_file'", out);
    }
  }
  map.Finish();
  return log;
}

SourceFormat ReadFormat(MapReader* map) {
  constexpr std::string_view kKey = "format";
  const std::vector<std::string_view> names = {"auto", "cloudevents", "kpiwatch",  "json",
                                               "csv",  "debezium",    "salesforce"};
  const std::optional<size_t> choice = ReadChoice(map, kKey, names);
  if (!choice.has_value()) {
    return SourceFormat::kAuto;
  }
  if (*choice > static_cast<size_t>(SourceFormat::kDebezium)) {
    map->out()->Error(*map->Find(kKey), fmt::format("the format '{}' is not supported by this "
                                                    "version",
                                                    names[*choice]));
    return SourceFormat::kAuto;
  }
  return static_cast<SourceFormat>(*choice);
}

void ReadCsv(MapReader* map, SourceOptions* source) {
  Diagnostics* const out = map->out();
  source->columns = map->Texts("columns");
  for (size_t i = 0; i < source->columns.size(); ++i) {
    const auto end = source->columns.begin() + static_cast<ptrdiff_t>(i);
    if (std::find(source->columns.begin(), end, source->columns[i]) != end) {
      const YamlNode& node = *map->Find("columns");
      out->Error(node, fmt::format("'columns' names '{}' twice", source->columns[i]));
    }
  }
  constexpr std::string_view kEncodings[] = {"utf-8", "gb18030"};
  if (const auto encoding = ReadChoice(map, "encoding", {kEncodings[0], kEncodings[1]})) {
    source->encoding = kEncodings[*encoding];
  }
  if (const std::optional<std::string> delimiter = map->Text("delimiter")) {
    if (delimiter->size() == 1 && *delimiter != "\"" && *delimiter != "\n") {
      source->delimiter = (*delimiter)[0];
    } else {
      out->Error(*map->Find("delimiter"), "'delimiter' is one character, such as \";\" or \"\\t\"");
    }
  }
  if (TextEncoding::MayHide(source->encoding, source->delimiter)) {
    out->Error(*map->Find("delimiter"),
               fmt::format("'delimiter': '{}' may be a part of other characters in {}",
                           source->delimiter, source->encoding));
  }
  if (source->format == SourceFormat::kCsv) {
    if (source->kafka && source->columns.empty()) {
      out->Error(map->node(), "rows of CSV have no header line in Kafka: name their 'columns'");
    }
    return;
  }
  for (const std::string_view key : {"columns", "delimiter", "encoding"}) {
    // JSON is UTF-8 anyway; files of an unnamed format may be CSV.
    const YamlNode* node = map->Find(key);
    const bool harmless = key == "encoding" && (source->format == SourceFormat::kAuto ||
                                                source->encoding == kEncodings[0]);
    if (node != nullptr && !harmless) {
      out->Error(*node, fmt::format("'{}' belongs to 'format: csv'", key));
    }
  }
}

void ReadComplete(MapReader* map, SourceOptions* source) {
  const YamlNode* node = map->Find("complete");
  if (node == nullptr) {
    return;
  }
  MapReader complete(*node, "'complete'", map->out());
  complete.Require("by");
  const std::optional<size_t> by = ReadChoice(&complete, "by", {"caught_up", "heartbeat"});
  source->complete_by = static_cast<CompleteBy>(by.value_or(0));
  source->heartbeat_source = complete.Text("source").value_or("");
  if (by == 0 && !source->heartbeat_source.empty()) {
    map->out()->Error(*complete.Find("source"), "'source' is that of heartbeats: 'by: heartbeat'");
  }
  complete.Finish();
}

void ReadRows(MapReader* map, SourceOptions* source) {
  Diagnostics* const out = map->out();
  const YamlNode* event_map = map->Find("map");
  const YamlNode* where = map->Find("where");
  if (event_map != nullptr) {
    source->map =
        ReadEventMap(*event_map, source->columns, source->format != SourceFormat::kDebezium, out);
    if (source->format == SourceFormat::kCloudEvents || source->format == SourceFormat::kKpiwatch) {
      out->Error(*event_map, fmt::format("'map' makes events of rows (format json or csv); those "
                                         "of 'format: {}' are events already",
                                         map->Find("format")->text));
    }
  } else if (source->format == SourceFormat::kCsv) {
    out->Error(map->node(), "rows of CSV become events by a 'map'");
  } else if (source->format == SourceFormat::kDebezium) {
    out->Error(map->node(), "changes of rows (format debezium) become events by a 'map'");
  }
  if (where == nullptr) {
    return;
  }
  if (event_map == nullptr) {
    out->Error(*where, "'where' chooses among the rows of a 'map'");
  }
  CheckRowExpression(*where, source->columns, lang::Type::kBool, out);
  source->where = std::string(where->text);
}

}  // namespace

SourceOptions ReadSource(const YamlNode& node, const std::string& base_dir,
                         const std::string& instance, const ConfigChecks* checks,
                         Diagnostics* out) {
  MapReader map(node, "a source", out);
  SourceOptions source;
  source.name = map.RequireName("name").value_or("");
  const YamlNode* kafka = map.Find("kafka");
  const YamlNode* log = map.Find("log");
  if (kafka != nullptr) {
    source.kafka = ReadKafkaSource(*kafka, base_dir, instance, checks, out);
  }
  if (log != nullptr) {
    source.log = ReadLogSource(*log, base_dir, checks, out);
  }
  if (kafka != nullptr && log != nullptr) {
    out->Error(*log, "a source is either 'kafka' or 'log'");
  }
  source.format = ReadFormat(&map);
  ReadCsv(&map, &source);
  ReadRows(&map, &source);
  ReadComplete(&map, &source);
  source.quiet_ok = map.Bool("quiet_ok").value_or(false);
  source.highest_sequence_wins = ReadChoice(&map, "same_id", {"highest_sequence", "first"}) != 1;
  source.tenant = map.Text("tenant").value_or("");
  map.Finish();
  return source;
}

}  // namespace kpiwatch
