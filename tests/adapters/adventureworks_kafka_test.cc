// The sales orders of AdventureWorks as rows of CSV over a real broker into the daemon, against
// figures computed apart from this project.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "daemon/kpictl/dump.h"
#include "daemon/kpictl/send.h"
#include "daemon/notify/facts.h"
#include "tests/adapters/daemon_fixture.h"
#include "tests/testing/adventureworks.h"
#include "tests/testing/quota_figures.h"

namespace kpiwatch {
namespace {

constexpr int kPartitions = 3;
constexpr int kOrderDate = 1;  // column
constexpr int kColumns = 14;
constexpr char kWithSeller[] = R"(    where: SalesPersonID != "" || CompleteUntil != ""
)";

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

std::string LevelText(v1::Level level) { return std::string(LevelName(static_cast<Level>(level))); }

// The readings that the rules of every_target.yaml have told, each once; their level is that of the
// rule `quota`, green where it said nothing.
QuotaReadings ReadingsOf(const std::vector<v1::Transition>& told) {
  QuotaReadings readings;
  std::map<std::pair<std::string, std::string>, std::string> levels;  // by subject and period
  for (const v1::Transition& transition : told) {
    if (transition.to_level() == v1::LEVEL_GREEN) {
      continue;
    }
    if (transition.rule() == "quota") {
      levels[{transition.subject(), transition.period()}] = LevelText(transition.to_level());
    } else if (transition.rule().starts_with("every-")) {
      const std::string& period = transition.period();  // "2013-08-30/2013-11-30"
      const size_t slash = period.find('/');
      const QuotaKey key(transition.kpi(), transition.subject(), period.substr(0, slash),
                         period.substr(slash + 1));
      const QuotaReading reading{Decimal::Parse(transition.value()).value(),
                                 Decimal::Parse(transition.target()).value(),
                                 transition.completion(), "green"};
      EXPECT_TRUE(readings.emplace(key, reading).second) << transition.ShortDebugString();
    }
  }
  for (auto& [key, reading] : readings) {
    const auto& [kpi, subject, from, to] = key;
    const auto level = levels.find({subject, from + "/" + to});
    if (kpi == "revenue" && level != levels.end()) {
      reading.level = level->second;
    }
  }
  return readings;
}

std::vector<QuotaAlert> QuotaAlertsOf(const std::vector<v1::Transition>& told) {
  std::vector<QuotaAlert> alerts;
  for (const v1::Transition& transition : told) {
    if (transition.rule() == "quota") {
      alerts.push_back({transition.subject(), transition.period(),
                        LevelText(transition.from_level()), LevelText(transition.to_level()),
                        std::string(ReasonName(transition.reason()))});
    }
  }
  return alerts;
}

class AdventureWorksKafkaTest : public DaemonFixture {
 protected:
  void SetUp() override {
    KPIWATCH_REQUIRE_SHARED_DATA("adventureworks/oracle_quota_completion.csv");
    DaemonFixture::SetUp();
  }

  // `where`: which rows count, beside the heartbeats; empty: all.
  void WriteFiles(const std::string& topic, const std::string& columns, const std::string& where) {
    WriteAdventureWorksConfig(temp_.path());
    std::string rules = ReadWholeFile(temp_.path() + "/rules.yaml");
    const std::string nobody = "http://127.0.0.1:9/";
    rules.replace(rules.find(nobody), nobody.size(), receiver_.Url());
    WriteText(temp_.path() + "/rules.yaml", rules);
    WriteText(temp_.path() + "/kpiwatch.yaml",
              R"(rule_files: [rules.yaml, targets.yaml, every_target.yaml]
clock: events
sources:
  - name: orders
    kafka: {brokers: ")" +
                  broker().address() + R"(", topics: [)" + topic + R"(]}
    complete: {by: heartbeat}
    format: csv
    columns: [)" + columns +
                  R"(, CompleteUntil]
    map:
      type: 'CompleteUntil == "" ? "erp.order.confirmed" : "sys.source.heartbeat"'
      id: SalesOrderID
      time: {from: OrderDate, format: "%Y-%m-%d", zone: UTC}
      data.owner_id: SalesPersonID
      data.amount: {from: SubTotal, currency: USD}
      data.complete_until: CompleteUntil
      data.partition_scope: '"partition"'
)" + where + R"(publish:
  kafka: {brokers: ")" +
                  broker().address() + R"(", topic: )" + topic + "-out}\n");
  }

  // Sends all orders through the broker into a daemon; what it publishes and stores stands in told_
  // and days_ then.
  void RunAllOrders(const std::string& where) {
    const std::vector<std::string> lines =
        UnpackLines(*SharedData("adventureworks/SalesOrderHeader.csv.gz"));
    ASSERT_GT(lines.size(), 10000u);
    const std::string topic = UniqueName("orders");
    WriteFiles(topic, lines[0], where);
    ASSERT_TRUE(broker().CreateTopic(topic, kPartitions).ok());
    ASSERT_TRUE(broker().CreateTopic(topic + "-out", 1).ok());
    ASSERT_TRUE(broker().Produce(topic, OrderRows(lines)).ok());
    DaemonProcess daemon(temp_.path());
    daemon.Start();
    ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
    const absl::Time end = absl::FromCivil(absl::CivilDay(2014, 8, 1), absl::UTCTimeZone());
    ASSERT_TRUE(AwaitSettled(daemon, end)) << daemon.log();
    ReadDays(daemon.storage_path() + "/state");  // while the daemon has it
    told_ = Published(
        {.directory = temp_.path(), .topic = topic, .out = topic + "-out", .letters = ""});
    EXPECT_EQ(daemon.Stop(), 0) << daemon.log();
  }

  // What `kpictl dump` says of the days, half-open.
  Decimal StoredRevenue(const std::string& subject, const std::string& from,
                        const std::string& to) const {
    Decimal sum;
    const auto it = days_.find(subject);
    if (it != days_.end()) {
      for (auto day = it->second.lower_bound(from); day != it->second.lower_bound(to); ++day) {
        sum += day->second;
      }
    }
    return sum;
  }
  void ExpectStoredDaysSayTheSame(const QuotaReadings& readings) const {
    for (const auto& [key, reading] : readings) {
      const auto& [kpi, subject, from, to] = key;
      if (kpi == "revenue") {
        EXPECT_EQ(StoredRevenue(subject, from, to), reading.value) << subject << " " << from;
      }
    }
  }

  HttpReceiver receiver_;
  std::vector<v1::Transition> told_;

 private:
  void ReadDays(const std::string& directory) {
    std::ostringstream out, err;
    const Console console{.out = out, .err = err};
    ASSERT_EQ(Dump(directory, DumpFormat::kNdjson, console), kExitGood) << err.str();
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) {
      const nlohmann::json value = nlohmann::json::parse(line);
      if (value["kpi"] == "revenue") {
        days_[value["subject"]][value["day"]] +=
            Decimal::Parse(value["sum"].get<std::string>()).value();
      }
    }
  }

  std::map<std::string, std::map<std::string, Decimal>> days_;  // by subject and day
};

TEST_F(AdventureWorksKafkaTest, EveryRowAndTotalIsExactAndEachAlertComesOnce) {
  ASSERT_NO_FATAL_FAILURE(RunAllOrders(kWithSeller));
  const QuotaReadings readings = ReadingsOf(told_);
  ExpectEveryQuotaRow(readings);
  ExpectTotals(readings);
  ExpectEachQuotaAlertOnce(QuotaAlertsOf(told_));
  ExpectStoredDaysSayTheSame(readings);
}

TEST_F(AdventureWorksKafkaTest, OrdersWithoutASellerCountForTheCompanyOnly) {
  ASSERT_NO_FATAL_FAILURE(RunAllOrders(""));
  const QuotaReadings readings = ReadingsOf(told_);
  ExpectTotalsOfAllOrders(readings);
  ExpectStoredDaysSayTheSame(readings);
}

// Rows with a map go out as the CloudEvents that they become, and heartbeats are CloudEvents
// anyway: the daemon finds them among what it would read as CSV.
TEST_F(AdventureWorksKafkaTest, WhatKpictlSendsIsTakenAsTheEventsThatItIs) {
  const std::vector<std::string> lines =
      UnpackLines(*SharedData("adventureworks/SalesOrderHeader.csv.gz"));
  const std::string topic = UniqueName("sent");
  WriteFiles(topic, lines[0], kWithSeller);
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
