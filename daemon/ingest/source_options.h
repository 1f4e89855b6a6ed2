// One entry of `sources:` in kpiwatch.yaml, as plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "daemon/lang/program.h"

namespace kpiwatch {

// A field of an event taken from a row: an expression over the row (its columns or JSON paths),
// with how to read a time or money out of it.
struct MapField {
  std::string target = {};      // "type", "id", "source", "subject", "time", "recorded_time",
                                // "sequence", "tenant", "data.owner_id", …
  std::string expression = {};  // source text: a column, path or constant
  std::string place = {};       // where the expression stands, for mistakes that only a file's
                                // header line shows; empty: not known
  std::string time_format =
      {};  // strptime format of absl::ParseTime; empty: RFC 3339 (or Unix ms when numeric)
  std::string time_zone = {};  // IANA name for formats without an offset; empty: UTC
  std::string currency = {};   // set: the number is money in this currency
  bool hash_row = false;       // `id: hash(row)` (D-26)
};

enum class SourceFormat : uint8_t { kAuto, kCloudEvents, kKpiwatch, kJson, kCsv, kDebezium };

struct KafkaSourceOptions {
  std::string brokers;
  std::vector<std::string> topics;
  std::map<std::string, std::string> properties;                       // any librdkafka property
  std::map<std::string, std::pair<std::string, std::string>> secrets;  // property → (file, env)
  std::string dead_letter_topic;  // empty: the bounded dead-letter file
  std::string group;  // consumer group for courtesy commits; default "kpiwatch-<instance>"
};

struct LogSourceOptions {
  std::string path;  // relative to the storage path
  absl::Duration retention = absl::Hours(24 * 30);
  int64_t max_bytes = int64_t{10} << 30;
  std::string token_file;
};

enum class CompleteBy : uint8_t { kCaughtUp, kHeartbeat };

struct SourceOptions {
  std::string name;
  // Exactly one is set, or neither: a source that only files are bound to (kpictl replay).
  std::optional<KafkaSourceOptions> kafka;
  std::optional<LogSourceOptions> log;
  SourceFormat format = SourceFormat::kAuto;
  std::vector<std::string>
      columns;  // CSV without a header line (D-26); empty: the first line of a file
  char delimiter = ',';
  std::string encoding;       // "" or "utf-8", "gb18030"
  std::vector<MapField> map;  // empty: records are events by themselves
  std::string where;          // rows for which it is false are skipped; over the row
  CompleteBy complete_by = CompleteBy::kCaughtUp;
  std::string heartbeat_source;  // `complete.source`: the CloudEvents source whose heartbeats
                                 // count; empty: any
  bool quiet_ok = false;
  // What counts when an id comes again with another content: the one with the highest sequence,
  // else the first (D-12), for a stored record of each event. False: the first, whatever it is; for
  // a source that never changes an event under its id.
  bool highest_sequence_wins = true;
  std::string
      tenant;  // empty: that of the first event that names one; another's is dead-lettered (D-17)
};

}  // namespace kpiwatch
