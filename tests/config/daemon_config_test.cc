#include "daemon/config/daemon_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

DaemonConfig Good(const std::string& text) {
  DaemonConfigResult result = ParseDaemonConfig({"/etc/kpiwatch/kpiwatch.yaml", text});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_TRUE(diagnostic.warning) << diagnostic.ToString();
  }
  return result.config.value_or(DaemonConfig());
}

std::vector<std::string> Mistakes(const std::string& text) {
  const DaemonConfigResult result = ParseDaemonConfig({"k.yaml", text});
  EXPECT_FALSE(result.config.has_value());
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    found.push_back(diagnostic.ToString());
  }
  return found;
}

// The mistakes of a file that is good but for one source.
std::vector<std::string> SourceMistakes(const std::string& source) {
  return Mistakes("rule_files: [r.yaml]\nsources:\n  - " + source + "\n");
}

TEST(DaemonConfigTest, ReadsTheFileOfTheDocumentation) {
  const DaemonConfig config = Good(R"(
rule_files: ["rules/*.yaml"]
storage: {path: /var/lib/kpiwatch}
instance: main
clock: wall                      # wall | events (replays, back-fills)
sources:
  - name: crm
    kafka:
      brokers: "k1:9092,k2:9092"
      topics: [crm.events]
      properties: {security.protocol: SASL_SSL, sasl.mechanism: SCRAM-SHA-512}
      secrets: {sasl.password: {file: /run/secrets/kafka}}
      dead_letter_topic: kpiwatch.dead-letter
    format: auto
    complete: {by: heartbeat, source: /sfdc/prod}
  - name: local
    log: {path: log, retention: 30d, max_bytes: 10GiB, token_file: /run/secrets/ingest}
  - name: orders
    kafka: {brokers: "k1:9092", topics: [erp.orders]}
    format: csv
    columns: [SalesOrderID, OrderDate, SalesPersonID, SubTotal]
    map:
      type: '"erp.order.confirmed"'
      id: SalesOrderID
      time: {from: OrderDate, format: "%Y-%m-%d", zone: UTC}
      data.owner_id: SalesPersonID
      data.amount: {from: SubTotal, currency: USD}
    where: SalesPersonID != ""
publish:
  kafka: {brokers: "k1:9092", topic: kpiwatch.transitions}
)");
  EXPECT_EQ(config.base_dir, "/etc/kpiwatch/");
  EXPECT_THAT(config.rule_files, ElementsAre("rules/*.yaml"));
  EXPECT_EQ(config.storage_path, "/var/lib/kpiwatch");
  EXPECT_EQ(config.instance, "main");
  EXPECT_EQ(config.clock, ClockKind::kWall);
  ASSERT_EQ(config.sources.size(), 3);

  const SourceOptions& crm = config.sources[0];
  EXPECT_EQ(crm.name, "crm");
  ASSERT_TRUE(crm.kafka.has_value());
  EXPECT_EQ(crm.kafka->brokers, "k1:9092,k2:9092");
  EXPECT_THAT(crm.kafka->topics, ElementsAre("crm.events"));
  EXPECT_THAT(crm.kafka->properties, ElementsAre(Pair("sasl.mechanism", "SCRAM-SHA-512"),
                                                 Pair("security.protocol", "SASL_SSL")));
  EXPECT_THAT(crm.kafka->secrets,
              ElementsAre(Pair("sasl.password", Pair("/run/secrets/kafka", ""))));
  EXPECT_EQ(crm.kafka->dead_letter_topic, "kpiwatch.dead-letter");
  EXPECT_EQ(crm.kafka->group, "kpiwatch-main");
  EXPECT_EQ(crm.complete_by, CompleteBy::kHeartbeat);
  EXPECT_EQ(crm.heartbeat_source, "/sfdc/prod");

  const SourceOptions& local = config.sources[1];
  ASSERT_TRUE(local.log.has_value());
  EXPECT_EQ(local.log->path, "log");
  EXPECT_EQ(local.log->retention, absl::Hours(24 * 30));
  EXPECT_EQ(local.log->max_bytes, int64_t{10} << 30);
  EXPECT_EQ(local.log->token_file, "/run/secrets/ingest");

  const SourceOptions& orders = config.sources[2];
  EXPECT_EQ(orders.format, SourceFormat::kCsv);
  EXPECT_EQ(orders.where, "SalesPersonID != \"\"");
  ASSERT_EQ(orders.map.size(), 5);
  EXPECT_EQ(orders.map[0].target, "type");
  EXPECT_EQ(orders.map[0].expression, "\"erp.order.confirmed\"");
  EXPECT_EQ(orders.map[2].expression, "OrderDate");
  EXPECT_EQ(orders.map[2].time_format, "%Y-%m-%d");
  EXPECT_EQ(orders.map[2].time_zone, "UTC");
  EXPECT_EQ(orders.map[4].target, "data.amount");
  EXPECT_EQ(orders.map[4].currency, "USD");

  ASSERT_TRUE(config.publish_kafka.has_value());
  EXPECT_EQ(config.publish_kafka->topic, "kpiwatch.transitions");
}

TEST(DaemonConfigTest, NeedsNothingButRuleFiles) {
  const DaemonConfig config = Good("rule_files: r.yaml\n");
  EXPECT_THAT(config.rule_files, ElementsAre("r.yaml"));
  EXPECT_EQ(config.storage_path, "");
  ASSERT_EQ(config.sources.size(), 1);
  EXPECT_EQ(config.sources[0].name, "local");
  ASSERT_TRUE(config.sources[0].log.has_value());
  EXPECT_EQ(config.sources[0].log->path, "log");
  EXPECT_FALSE(config.publish_kafka.has_value());
  EXPECT_FALSE(config.live_from.has_value());
  EXPECT_EQ(config.correction_window, absl::Hours(24 * 35));
  EXPECT_EQ(config.dedup.window, config.correction_window);
}

TEST(DaemonConfigTest, ReadsTheRest) {
  const DaemonConfig config = Good(R"(
rule_files: [r.yaml]
storage: {path: state}
instance: east-2
clock: events
live_from: 2026-09-28T00:00:00+08:00
correction_window: 10d
dedup: {max_ids: 1000000, window: 20d}
sources:
  - name: a
    kafka:
      brokers: b:1
      topics: t
      properties: {queued.min.messages: 1000, socket.keepalive.enable: true}
      secrets: {sasl.password: {env: KAFKA_PASSWORD}, ssl.key.password: {file: tls/pass}}
    quiet_ok: true
    tenant: acme
    same_id: first
    complete: {by: heartbeat}
  - name: b
    format: csv
    complete: {by: caught_up}
    columns: [id, owner]
    delimiter: "\t"
    encoding: gb18030
    map: {type: '"x.y"', id: hash(row), data.owner_id: owner}
)");
  EXPECT_EQ(config.storage_path, "/etc/kpiwatch/state");
  EXPECT_EQ(config.clock, ClockKind::kEvents);
  EXPECT_EQ(config.live_from, absl::FromUnixSeconds(1790524800));
  EXPECT_EQ(config.correction_window, absl::Hours(240));
  EXPECT_EQ(config.dedup.max_ids, 1'000'000);
  EXPECT_EQ(config.dedup.window, absl::Hours(480));
  const SourceOptions& a = config.sources[0];
  EXPECT_EQ(a.kafka->group, "kpiwatch-east-2");
  EXPECT_THAT(a.kafka->properties, ElementsAre(Pair("queued.min.messages", "1000"),
                                               Pair("socket.keepalive.enable", "true")));
  EXPECT_THAT(a.kafka->secrets,
              ElementsAre(Pair("sasl.password", Pair("", "KAFKA_PASSWORD")),
                          Pair("ssl.key.password", Pair("/etc/kpiwatch/tls/pass", ""))));
  EXPECT_TRUE(a.quiet_ok);
  EXPECT_FALSE(a.highest_sequence_wins);
  EXPECT_EQ(a.tenant, "acme");
  const SourceOptions& b = config.sources[1];
  EXPECT_TRUE(b.highest_sequence_wins);
  EXPECT_FALSE(b.kafka.has_value() || b.log.has_value());  // files are bound to it by kpictl
  EXPECT_EQ(b.delimiter, '\t');
  EXPECT_EQ(b.encoding, "gb18030");
  EXPECT_THAT(b.columns, ElementsAre("id", "owner"));
  EXPECT_TRUE(b.map[1].hash_row);
}

TEST(DaemonConfigTest, ReportsEveryMistakeInOnePassWithItsPlace) {
  EXPECT_THAT(
      Mistakes(R"(rule_file: [r.yaml]
storage: {dir: x}
clock: event
sources:
  - name: crm
    kafak: {}
    kafka: {brokers: "b:1", topics: []}
  - name: crm
    format: jsn
publish: {topic: x}
live_from: yesterday
)"),
      ElementsAre("k.yaml:1:1: kpiwatch.yaml: 'rule_files' is missing",
                  HasSubstr("k.yaml:1:1: kpiwatch.yaml: unknown key 'rule_file'; did you mean "
                            "'rule_files'?"),
                  HasSubstr("k.yaml:2:10: 'storage': 'path' is missing"),
                  HasSubstr("k.yaml:2:11: 'storage': unknown key 'dir'"),
                  HasSubstr("k.yaml:3:8: 'clock' is one of wall, events, not 'event'; did you mean "
                            "'events'?"),
                  HasSubstr("k.yaml:6:5: a source: unknown key 'kafak'; did you mean 'kafka'?"),
                  HasSubstr("k.yaml:7:37: 'topics' names no topic"),
                  HasSubstr("k.yaml:8:5: there is a source 'crm' already, at k.yaml:5:5"),
                  HasSubstr("k.yaml:9:13: 'format' is one of"),
                  HasSubstr("k.yaml:10:10: 'publish': 'kafka' is missing"),
                  HasSubstr("k.yaml:10:11: 'publish': unknown key 'topic'"),
                  HasSubstr("k.yaml:11:12: 'live_from' is a moment such as")));
}

TEST(DaemonConfigTest, RefusesWhatIsNoMapping) {
  EXPECT_THAT(Mistakes(""), ElementsAre(HasSubstr("k.yaml:1:1:")));
  EXPECT_THAT(Mistakes("- a\n"), testing::Contains(HasSubstr("expected a mapping")));
  EXPECT_THAT(Mistakes("a: [\n"), ElementsAre(HasSubstr("k.yaml:")));
  EXPECT_THAT(Mistakes("rule_files: r\n---\nrule_files: r\n"),
              ElementsAre(HasSubstr("expected one YAML document, found 2")));
}

TEST(DaemonConfigTest, NeverRepeatsASecretThatStandsInTheFile) {
  const std::vector<std::string> mistakes = SourceMistakes(
      "{name: a, kafka: {brokers: b, topics: t, properties: {sasl.password: hunter2}, "
      "secrets: {ssl.key.password: hunter3}}}");
  ASSERT_EQ(mistakes.size(), 2);
  EXPECT_THAT(mistakes[0], HasSubstr("'sasl.password' is a secret: write it under 'secrets'"));
  EXPECT_THAT(mistakes[1], HasSubstr("write ssl.key.password: {file: PATH}"));
  for (const std::string& mistake : mistakes) {
    EXPECT_THAT(mistake, testing::Not(HasSubstr("hunter")));
  }
  EXPECT_THAT(SourceMistakes("{name: a, kafka: {brokers: b, topics: t, secrets: {p: {file: f, env: "
                             "E}}}}"),
              ElementsAre(HasSubstr("give one of 'file' and 'env'")));
}

TEST(DaemonConfigTest, RefusesSourcesThatContradictThemselves) {
  EXPECT_THAT(SourceMistakes("{name: a, kafka: {brokers: b, topics: t}, log: {}}"),
              ElementsAre(HasSubstr("either 'kafka' or 'log'")));
  EXPECT_THAT(SourceMistakes("{name: a, kafka: {brokers: b, topics: [t, u, t]}}"),
              ElementsAre(HasSubstr("names a topic twice")));
  EXPECT_THAT(SourceMistakes("{name: a, kafka: {brokers: b, topics: t, dead_letter_topic: t}}"),
              ElementsAre(HasSubstr("dead letters would come back")));
  EXPECT_THAT(SourceMistakes("{name: a, kafka: {brokers: b, topics: t, properties: "
                             "{bootstrap.servers: x}}}"),
              ElementsAre(HasSubstr("is what 'brokers' says")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {}, format: salesforce}"),
              ElementsAre(HasSubstr("'salesforce' is not supported by this version")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {}, format: debezium}"),
              ElementsAre(HasSubstr("(format debezium) become events by a 'map'")));
  EXPECT_EQ(Good("rule_files: [r.yaml]\n"
                 "sources:\n"
                 "  - {name: a, log: {}, format: debezium, map: {type: op}}\n")
                .sources.size(),
            1U);
  EXPECT_THAT(SourceMistakes("{name: a, log: {}, columns: [x]}"),
              ElementsAre(HasSubstr("'columns' belongs to 'format: csv'")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {}, complete: {by: caught_up, source: x}}"),
              ElementsAre(HasSubstr("'by: heartbeat'")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {max_bytes: 3MB}}"),
              ElementsAre(HasSubstr("such as 10GiB, not '3MB'")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {max_bytes: 1048575}}"),
              ElementsAre(HasSubstr("at least 1MiB")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {max_bytes: 99999999999TiB}}"),
              ElementsAre(HasSubstr("such as 10GiB")));
  EXPECT_THAT(SourceMistakes("{name: a, log: {}}\n  - {name: b, log: {}}"),
              ElementsAre(HasSubstr("events over HTTP go to one log, and k.yaml:3:5 has it")));
}

TEST(DaemonConfigTest, RefusesMapsThatMakeNoEvents) {
  EXPECT_THAT(SourceMistakes("{name: a, format: csv}"),
              ElementsAre(HasSubstr("become events by a 'map'")));
  EXPECT_THAT(SourceMistakes("{name: a, where: x > 1}"),
              ElementsAre(HasSubstr("chooses among the rows of a 'map'")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {tpye: x, type: x}}"),
              ElementsAre(HasSubstr("'id' is missing"),
                          HasSubstr("an event has no field 'tpye'; did you mean 'type'?")));
  EXPECT_THAT(SourceMistakes("{name: a, map: [{when: x}]}"),
              ElementsAre(HasSubstr("not supported by this version")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: y, data.v: hash(row)}}"),
              ElementsAre(HasSubstr("hash(row) makes an 'id'")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: y, time: {from: t, zone: Mars}}}"),
              ElementsAre(HasSubstr("unknown time zone 'Mars'")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: y, data.v: {from: v, currency: XXQ}}}"),
              ElementsAre(HasSubstr("unknown currency 'XXQ'")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: y, data.v: {from: v, format: '%Y'}}}"),
              ElementsAre(HasSubstr("'format' is for 'time'")));
}

TEST(DaemonConfigTest, ChecksTheExpressionsOverARowAtTheirPlace) {
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: 'y +'}}"),
              ElementsAre(HasSubstr("k.yaml:3:")));
  EXPECT_THAT(SourceMistakes("{name: a, format: csv, columns: [owner, id], map: {type: id, id: id, "
                             "data.owner_id: onwer}}"),
              ElementsAre(HasSubstr("'owner'")));
  EXPECT_THAT(
      SourceMistakes("{name: a, map: {type: x, id: y, data.v: timestamp(b) - timestamp(a)}}"),
      ElementsAre(HasSubstr("a field of an event cannot be a duration")));
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: y}, where: '1 + 1'}"),
              ElementsAre(HasSubstr("k.yaml:3:")));
}

TEST(DaemonConfigTest, AColumnOrPathWithABlankIsNamedInBackQuotesOrAsItIs) {
  const DaemonConfig config = Good(R"(
rule_files: [r.yaml]
sources:
  - {name: a, format: json, map: {type: x, id: "`Case ID`", data.owner_id: "ticket.`agent name`"}}
  - name: b
    format: csv
    columns: [Case ID, x]
    map: {type: x, id: Case ID, time: {from: "`Case ID`"}}
)");
  EXPECT_EQ(config.sources[0].map[1].expression, "`Case ID`");
  EXPECT_EQ(config.sources[1].map[1].expression, "Case ID");
  EXPECT_THAT(SourceMistakes("{name: a, map: {type: x, id: ticket.Case ID}}"),
              ElementsAre(HasSubstr("a name with blanks is written \"`ticket.Case ID`\"")));
}

TEST(DaemonConfigTest, RefusesTopicsThatWouldFeedThemselves) {
  EXPECT_THAT(
      Mistakes("rule_files: r\nsources: [{name: a, kafka: {brokers: b, topics: t}}]\n"
               "publish: {kafka: {brokers: b, topic: t}}\n"),
      ElementsAre(HasSubstr("transitions would come back: source 'a' reads the topic 't'")));
}

TEST(DaemonConfigTest, RefusesAWindowForDuplicatesThatIsTooShort) {
  EXPECT_THAT(Mistakes("rule_files: r\ndedup: {window: 1d}\n"),
              ElementsAre(HasSubstr("k.yaml:2:17: 'window' is at least the correction window")));
  EXPECT_THAT(Mistakes("rule_files: r\ndedup: {max_ids: 68000001}\n"),
              ElementsAre(HasSubstr("max_ids")));
}

TEST(DaemonConfigTest, SaysThatAFileCannotBeRead) {
  const TempDirectory directory;
  const std::string path = directory.path() + "/none.yaml";
  const DaemonConfigResult missing = LoadDaemonConfig(path);
  EXPECT_FALSE(missing.config.has_value());
  ASSERT_EQ(missing.diagnostics.size(), 1);
  EXPECT_THAT(missing.diagnostics[0].ToString(), HasSubstr("none.yaml"));

  std::ofstream(path) << "rule_files: [r.yaml]\nstorage: {path: s}\n";
  const DaemonConfigResult there = LoadDaemonConfig(path);
  ASSERT_TRUE(there.config.has_value());
  EXPECT_EQ(there.config->storage_path, directory.path() + "/s");

  std::ofstream(path) << std::string(2 << 20, '#');
  EXPECT_THAT(LoadDaemonConfig(path).diagnostics[0].ToString(), HasSubstr("larger than 1 MiB"));
}

TEST(DaemonConfigTest, KnowsWhatAReloadCannotChange) {
  const DaemonConfig running = Good("rule_files: [a.yaml]\ninstance: x\nclock: wall\n");
  EXPECT_THAT(SectionsThatNeedARestart(running, running), ElementsAre());
  EXPECT_THAT(
      SectionsThatNeedARestart(
          running, Good("rule_files: [a.yaml, b.yaml]\nclock: \"wall\" # same\ninstance: x\n")),
      ElementsAre());
  EXPECT_THAT(SectionsThatNeedARestart(
                  running, Good("rule_files: [a.yaml]\ninstance: y\nstorage: {path: s}\n")),
              UnorderedElementsAre("clock", "instance", "storage"));
}

}  // namespace
}  // namespace kpiwatch
