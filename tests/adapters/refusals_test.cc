// When the daemon must not run: it says why and what to do, and its exit code says which kind it
// is.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/adapters/daemon_fixture.h"

namespace kpiwatch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kExitBadConfiguration = 2;
constexpr int kExitEnvironment = 3;
constexpr int kExitFenced = 4;

class RefusalsTest : public DaemonFixture {
 protected:
  HttpReceiver receiver_;
};

TEST_F(RefusalsTest, ABadConfigurationIsToldByLineAndColumn) {
  const Place place = MakePlace("bad", receiver_.Url());
  WriteText(place.directory + "/kpiwatch.yaml",
            "rule_files: [rules.yaml]\n"
            "sources:\n"
            "  - name: crm\n"
            "    kafka: {brokrs: \"127.0.0.1:1\", topics: [t]}\n"
            "clock: sun\n");
  WriteText(place.directory + "/rules.yaml", "kpiss: []\n");
  DaemonProcess daemon(place.directory);
  daemon.Start();
  EXPECT_EQ(daemon.AwaitExit(), kExitBadConfiguration);
  EXPECT_THAT(daemon.log(), AllOf(HasSubstr("kpiwatch.yaml:4:13: "), HasSubstr("'brokrs'"),
                                  HasSubstr("did you mean 'brokers'?"),
                                  HasSubstr("kpiwatch.yaml:5:8: "), HasSubstr("rules.yaml:1:1: ")));
}

TEST_F(RefusalsTest, BadRulesAtTheStartAreABadConfiguration) {
  const Place place = MakePlace("rules", receiver_.Url());
  WriteText(place.directory + "/receivers.yaml", "recievers: []\n");
  DaemonProcess daemon(place.directory);
  daemon.Start();
  EXPECT_EQ(daemon.AwaitExit(), kExitBadConfiguration);
  EXPECT_THAT(daemon.log(), AllOf(HasSubstr("receivers.yaml:1:1: "), HasSubstr("'recievers'"),
                                  HasSubstr("did you mean 'receivers'?")));
  EXPECT_FALSE(std::filesystem::exists(daemon.storage_path()));
}

// kpictl binds files to it; the daemon says so, and neither waits for it nor takes others for it.
TEST_F(RefusalsTest, ASourceWithoutKafkaOrLogIsLeftOut) {
  const Place place = MakePlace("files", receiver_.Url());
  const std::string head =
      "rule_files: [rules.yaml, targets.yaml, receivers.yaml]\n"
      "clock: events\n"
      "sources:\n"
      "  - {name: orders, tenant: another}\n";
  WriteText(place.directory + "/kpiwatch.yaml", head);
  DaemonProcess idle(place.directory);
  idle.Start();
  EXPECT_EQ(idle.AwaitExit(), kExitBadConfiguration);
  EXPECT_THAT(idle.log(), HasSubstr("none has 'kafka' or 'log'"));

  WriteText(place.directory + "/kpiwatch.yaml",
            head + "  - {name: local, log: {path: log}, complete: {by: heartbeat}}\n");
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("kpiwatch.yaml:4:5: warning: source 'orders' has neither"));
  const std::string beat =
      R"({"specversion":"1.0","type":"sys.source.heartbeat","source":"local","id":"h1",)"
      R"("time":"2026-10-01T00:00:00Z","tenantid":"ours",)"
      R"("data":{"source":"local","complete_until":"2026-10-01T00:00:00Z"}})";
  EXPECT_EQ(daemon.Post("/api/v1/events", beat, "application/cloudevents+json").status, 202);
  EXPECT_TRUE(AwaitSettled(daemon, absl::FromUnixSeconds(1'790'812'800))) << daemon.log();
  EXPECT_LE(daemon.Metric("kpiwatch_dead_letters_total"), 0) << daemon.log();
  EXPECT_EQ(daemon.Stop(), 0);
}

TEST_F(RefusalsTest, ASourceThatAKpiNeedsAndNobodyReadsIsShown) {
  const Place place = MakePlace("needed", receiver_.Url());
  WriteText(place.directory + "/kpiwatch.yaml",
            "rule_files: [rules.yaml, targets.yaml, receivers.yaml, more.yaml]\n"
            "sources:\n"
            "  - {name: orders}\n"
            "  - {name: local, log: {path: log}, complete: {by: heartbeat}}\n");
  WriteText(place.directory + "/more.yaml",
            "kpis:\n"
            "  - {name: more, owner: ops, type: simple, event: erp.order.confirmed,\n"
            "     measure: count(), subject: data.owner_id, sources: [orders]}\n");
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_THAT(daemon.Get("/api/v1/sources").body,
              AllOf(HasSubstr(R"("name":"orders")"), HasSubstr(R"("kind":"none")"),
                    HasSubstr("KPIs need it and nobody reads it")));
  EXPECT_EQ(daemon.Metric("kpiwatch_source_healthy", {R"(source="orders")"}), 0);
  EXPECT_EQ(daemon.Stop(), 0);
}

TEST_F(RefusalsTest, ASecondDaemonOnTheSameDirectoryLeavesAtOnce) {
  const Place place = MakePlace("twice", receiver_.Url());
  DaemonProcess first(place.directory);
  first.Start();
  ASSERT_TRUE(first.AwaitReady()) << first.log();
  DaemonProcess second(place.directory, "state");
  second.Start();
  EXPECT_EQ(second.AwaitExit(), kExitEnvironment);
  EXPECT_THAT(second.log(), HasSubstr("another kpiwatchd holds"));
  EXPECT_EQ(first.Metric("kpiwatch_refused_daemons_total"), 1);
  EXPECT_EQ(first.Get("/-/ready").status, 200);
  EXPECT_EQ(first.Stop(), 0);
}

TEST_F(RefusalsTest, ASecondDaemonWithTheInstanceOfAnotherStoreLeavesAndFencesNobody) {
  const Place place = MakePlace("instance", receiver_.Url());
  const SalesMonth month = MakeSalesMonth(6);
  ASSERT_TRUE(broker().Produce(place.topic, month.records).ok());
  DaemonProcess first(place.directory, "first");
  first.Start();
  ASSERT_TRUE(first.AwaitReady() && first.AwaitLog("publishing to Kafka")) << first.log();
  DaemonProcess second(place.directory, "second");
  second.Start();
  EXPECT_EQ(second.AwaitExit(), kExitEnvironment);
  EXPECT_THAT(second.log(), AllOf(HasSubstr("publishing has ended for good"),
                                  HasSubstr("give one of them another `instance`")));
  // What it counted of its end is seen once it has an instance of its own.
  WriteConfig(place, "another", "events");
  second.Start();
  ASSERT_TRUE(second.AwaitReady()) << second.log();
  EXPECT_EQ(second.Metric("kpiwatch_runs_ended_total", {R"(how="failed")"}), 1);
  second.Kill();
  ASSERT_TRUE(AwaitSettled(first, month.complete_until)) << first.log();
  EXPECT_EQ(first.Stop(), 0);
}

TEST_F(RefusalsTest, ACopyOfTheStoreTakesOverAndTheFirstDaemonStops) {
  const Place place = MakePlace("copy", receiver_.Url());
  const SalesMonth month = MakeSalesMonth(7);
  const size_t half = month.records.size() / 2;
  ASSERT_TRUE(broker()
                  .Produce(place.topic,
                           {month.records.begin(), month.records.begin() + static_cast<long>(half)})
                  .ok());
  DaemonProcess first(place.directory, "first");
  first.Start();
  ASSERT_TRUE(first.AwaitReady() && first.AwaitLog("publishing to Kafka")) << first.log();
  // The copy shall not lag behind: nothing is left to read or to judge.
  ASSERT_TRUE(AwaitSettled(first, absl::UnixEpoch()) &&
              first.Metric("kpiwatch_ingest_lag_records") == 0)
      << first.log();
  ASSERT_EQ(first.Stop(), 0);
  std::filesystem::copy(first.storage_path(), place.directory + "/second",
                        std::filesystem::copy_options::recursive);
  first.Start();
  ASSERT_TRUE(first.AwaitReady() && first.AwaitLog("publishing to Kafka")) << first.log();
  DaemonProcess second(place.directory, "second");
  second.Start();
  ASSERT_TRUE(second.AwaitReady() && second.AwaitLog("publishing to Kafka")) << second.log();
  ASSERT_TRUE(broker()
                  .Produce(place.topic,
                           {month.records.begin() + static_cast<long>(half), month.records.end()})
                  .ok());
  EXPECT_EQ(first.AwaitExit(), kExitFenced);
  EXPECT_THAT(first.log(), HasSubstr("publishing has ended for good"));
  EXPECT_TRUE(AwaitSettled(second, month.complete_until)) << second.log();
  EXPECT_EQ(second.Stop(), 0);
  // What the first counted of its end is seen once it has an instance of its own.
  WriteConfig(place, "another", "events");
  first.Start();
  ASSERT_TRUE(first.AwaitReady()) << first.log();
  EXPECT_EQ(first.Metric("kpiwatch_runs_ended_total", {R"(how="fenced")"}), 1);
  EXPECT_EQ(first.Metric("kpiwatch_runs_ended_total", {R"(how="stopped")"}), 1);
}

}  // namespace
}  // namespace kpiwatch
