// The sales orders of AdventureWorks as rows of CSV over a real broker into the daemon, against
// figures computed apart from this project.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/civil_time.h"
#include "daemon/kpictl/dump.h"
#include "daemon/kpictl/send.h"
#include "tests/adapters/daemon_fixture.h"
#include "tests/testing/adventureworks.h"

namespace kpiwatch {
namespace {

constexpr int kPartitions = 3;
constexpr int kOrderDate = 1;  // column
constexpr int kColumns = 14;

// The lines of a gzip file; empty when there is no such file.
std::vector<std::string> UnpackLines(const std::string& path) {
  std::string text;
  FILE* pipe = popen(("gzip -dc '" + path + "'").c_str(), "r");
  std::array<char, 65536> buffer;
  for (size_t size; pipe != nullptr && (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), size);
  }
  EXPECT_EQ(pipe == nullptr ? -1 : pclose(pipe), 0) << path;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line.substr(0, line.find('\r')));
  }
  return lines;
}

// The first of its month, "2011-06-01" → "2011-06".
std::string MonthOf(const std::string& day) { return day.substr(0, 7); }

// A heartbeat as a row: no order, but the column behind them.
KafkaRecord HeartbeatRow(int32_t partition, const std::string& until_day) {
  KafkaRecord record;
  record.partition = partition;
  record.value = "beat-" + std::to_string(partition) + "-" + until_day + "," + until_day +
                 std::string(kColumns - 2, ',') + "," + until_day + "T00:00:00Z";
  return record;
}

// Every order in the file's order, each month begun by a heartbeat in every partition.
std::vector<KafkaRecord> OrderRows(const std::vector<std::string>& lines) {
  std::vector<KafkaRecord> records;
  std::string month;
  const auto beat = [&records](const std::string& day) {
    for (int p = 0; p < kPartitions; ++p) {
      records.push_back(HeartbeatRow(p, day));
    }
  };
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string day = SplitCsvLine(lines[i])[kOrderDate];
    if (month < MonthOf(day)) {
      month = MonthOf(day);
      beat(month + "-01");
    }
    KafkaRecord record;
    record.partition = static_cast<int32_t>(i % kPartitions);
    record.value = lines[i] + ",";
    records.push_back(std::move(record));
  }
  beat("2014-08-01");
  return records;
}

std::string Percent(const std::string& completion) {
  return Decimal::FromUnits(Decimal::Parse(completion).value().units() * 100).ToFixed(2);
}

class AdventureWorksKafkaTest : public DaemonFixture {
 protected:
  void SetUp() override {
    KPIWATCH_REQUIRE_SHARED_DATA("adventureworks/oracle_quota_completion.csv");
    DaemonFixture::SetUp();
  }

  void WriteFiles(const std::string& topic, const std::string& columns) {
    WriteAdventureWorksConfig(temp_.path());
    std::string rules = ReadWholeFile(temp_.path() + "/rules.yaml");
    const std::string nobody = "http://127.0.0.1:9/";
    rules.replace(rules.find(nobody), nobody.size(), receiver_.Url());
    WriteText(temp_.path() + "/rules.yaml", rules);
    WriteText(temp_.path() + "/kpiwatch.yaml", R"(rule_files: [rules.yaml, targets.yaml]
clock: events
sources:
  - name: orders
    kafka: {brokers: ")" + broker().address() + R"(", topics: [)" +
                                                   topic + R"(]}
    complete: {by: heartbeat}
    format: csv
    columns: [)" + columns + R"(, CompleteUntil]
    map:
      type: 'CompleteUntil == "" ? "erp.order.confirmed" : "sys.source.heartbeat"'
      id: SalesOrderID
      time: {from: OrderDate, format: "%Y-%m-%d", zone: UTC}
      data.owner_id: SalesPersonID
      data.amount: {from: SubTotal, currency: USD}
      data.complete_until: CompleteUntil
      data.partition_scope: '"partition"'
    where: SalesPersonID != "" || CompleteUntil != ""
publish:
  kafka: {brokers: ")" + broker().address() + R"(", topic: )" +
                                                   topic + "-out}\n");
  }

  // Sums of the stored days, half-open.
  Decimal Sum(const std::string& subject, const std::string& from, const std::string& to) const {
    Decimal sum;
    const auto it = days_.find(subject);
    if (it != days_.end()) {
      for (auto day = it->second.lower_bound(from); day != it->second.lower_bound(to); ++day) {
        sum += day->second;
      }
    }
    return sum;
  }
  void ReadDays(const std::string& directory) {
    std::ostringstream out, err;
    const Console console{.out = out, .err = err};
    ASSERT_EQ(Dump(directory, DumpFormat::kNdjson, console), kExitGood) << err.str();
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) {
      const nlohmann::json value = nlohmann::json::parse(line);
      days_[value["subject"]][value["day"]] +=
          Decimal::Parse(value["sum"].get<std::string>()).value();
    }
  }

  HttpReceiver receiver_;
  std::map<std::string, std::map<std::string, Decimal>> days_;  // by subject and day
};

TEST_F(AdventureWorksKafkaTest, EveryRowIsExactAndEachAlertComesOnce) {
  const std::vector<std::string> lines =
      UnpackLines(*SharedData("adventureworks/SalesOrderHeader.csv.gz"));
  ASSERT_GT(lines.size(), 10000u);
  const std::string topic = UniqueName("orders");
  WriteFiles(topic, lines[0]);
  ASSERT_TRUE(broker().CreateTopic(topic, kPartitions).ok());
  ASSERT_TRUE(broker().CreateTopic(topic + "-out", 1).ok());
  ASSERT_TRUE(broker().Produce(topic, OrderRows(lines)).ok());
  DaemonProcess daemon(temp_.path());
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  const absl::Time end = absl::FromCivil(absl::CivilDay(2014, 8, 1), absl::UTCTimeZone());
  ASSERT_TRUE(AwaitSettled(daemon, end)) << daemon.log();
  ReadDays(daemon.storage_path() + "/state");  // while the daemon has it

  const std::vector<QuotaRow> oracle = ReadQuotaOracle();
  ASSERT_EQ(oracle.size(), 129u);
  using Key = std::tuple<std::string, std::string, v1::Level>;  // subject, period, level
  std::map<Key, const QuotaRow*> expected;
  for (const QuotaRow& row : oracle) {
    EXPECT_EQ(Sum("person:" + row.seller, row.from, row.to), row.actual)
        << row.seller << " " << row.from;
    const v1::Level level = row.band == "red"      ? v1::LEVEL_RED
                            : row.band == "orange" ? v1::LEVEL_ORANGE
                            : row.band == "yellow" ? v1::LEVEL_YELLOW
                                                   : v1::LEVEL_GREEN;
    if (level != v1::LEVEL_GREEN) {
      expected[{"person:" + row.seller, row.from + "/" + row.to, level}] = &row;
    }
  }
  EXPECT_EQ(expected.size(), 40u);
  EXPECT_EQ(Sum("unit:company", "2013-08-30", "2013-11-30").ToString(), "9282162.9729");
  EXPECT_EQ(Sum("unit:company", "2012-05-30", "2012-08-30").ToString(), "8880239.4359");
  EXPECT_EQ(Sum("unit:company", "2011-05-31", "2013-11-30").ToString(), "64429841.8205");

  const Place place = {
      .directory = temp_.path(), .topic = topic, .out = topic + "-out", .letters = ""};
  std::set<Key> told;
  for (const v1::Transition& transition : Published(place)) {
    if (transition.to_level() == v1::LEVEL_GREEN) {
      continue;
    }
    const Key key(transition.subject(), transition.period(), transition.to_level());
    EXPECT_TRUE(told.insert(key).second) << "twice: " << transition.ShortDebugString();
    const auto it = expected.find(key);
    ASSERT_NE(it, expected.end()) << transition.ShortDebugString();
    EXPECT_EQ(Decimal::Parse(transition.value()).value(), it->second->actual);
    EXPECT_EQ(Decimal::Parse(transition.target()).value(), it->second->quota);
    EXPECT_EQ(Percent(transition.completion()), it->second->percent);
    EXPECT_EQ(transition.from_level(), v1::LEVEL_GREEN);
    EXPECT_EQ(transition.reason(), v1::REASON_THRESHOLD);
  }
  EXPECT_EQ(told.size(), expected.size());
  EXPECT_EQ(daemon.Stop(), 0) << daemon.log();
}

// Rows with a map go out as the CloudEvents that they become, and heartbeats are CloudEvents
// anyway: the daemon finds them among what it would read as CSV.
TEST_F(AdventureWorksKafkaTest, WhatKpictlSendsIsTakenAsTheEventsThatItIs) {
  const std::vector<std::string> lines =
      UnpackLines(*SharedData("adventureworks/SalesOrderHeader.csv.gz"));
  const std::string topic = UniqueName("sent");
  WriteFiles(topic, lines[0]);
  ASSERT_TRUE(broker().CreateTopic(topic, kPartitions).ok());
  ASSERT_TRUE(broker().CreateTopic(topic + "-out", 1).ok());
  std::string rows;
  for (size_t i = 1; i <= 100; ++i) {
    rows += lines[i] + ",\n";
  }
  WriteText(temp_.path() + "/orders.csv", rows);
  SendOptions options;
  options.to = "kafka://" + broker().address() + "/" + topic;
  options.config = temp_.path() + "/kpiwatch.yaml";
  options.source = "orders";
  options.files = {temp_.path() + "/orders.csv"};
  options.complete_until = "2011-09-01T00:00:00Z";
  std::ostringstream out, err;
  const Console console{.out = out, .err = err};
  ASSERT_EQ(Send(options, console), kExitGood) << err.str();
  DaemonProcess daemon(temp_.path());
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  const absl::Time end = absl::FromCivil(absl::CivilDay(2011, 9, 1), absl::UTCTimeZone());
  ASSERT_TRUE(AwaitSettled(daemon, end)) << daemon.log();
  EXPECT_LE(daemon.Metric("kpiwatch_dead_letters_total"), 0) << daemon.log();
  EXPECT_GT(daemon.Metric("kpiwatch_ingest_records_total", {R"(result="accepted")"}), 0);
  EXPECT_EQ(daemon.Stop(), 0) << daemon.log();
}

}  // namespace
}  // namespace kpiwatch
