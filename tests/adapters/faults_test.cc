// Things that go wrong while the daemon runs: what it does then, says and counts.
#include <gmock/gmock.h>
#include <signal.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/adapters/daemon_fixture.h"

namespace kpiwatch {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

class FaultsTest : public DaemonFixture {
 protected:
  // What a daemon tells of the month that meets no fault.
  std::vector<v1::Transition> Reference() {
    const Place place = MakePlace("reference", receiver_.Url());
    EXPECT_TRUE(broker().Produce(place.topic, month_.records).ok());
    DaemonProcess daemon(place.directory);
    daemon.Start();
    EXPECT_TRUE(daemon.AwaitReady()) << daemon.log();
    EXPECT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
    return Published(place);
  }
  void ExpectSameStory(const std::vector<v1::Transition>& expected, const Place& place) {
    const StoryOptions options = {.intraday = {"busy-day", "week-reached"},
                                  .corrected = month_.corrected};
    for (const std::string& difference : StoryDifferences(expected, Published(place), options)) {
      ADD_FAILURE() << difference;
    }
  }
  std::vector<KafkaRecord> Part(size_t begin, size_t end) const {
    return {month_.records.begin() + static_cast<long>(begin),
            month_.records.begin() + static_cast<long>(end)};
  }

  const SalesMonth month_ = MakeSalesMonth(5);
  HttpReceiver receiver_;
};

TEST_F(FaultsTest, ABrokerThatStopsForAWhileCostsNothing) {
  const std::vector<v1::Transition> expected = Reference();
  const Place place = MakePlace("broker", receiver_.Url());
  const size_t half = month_.records.size() / 2;
  ASSERT_TRUE(broker().Produce(place.topic, Part(0, half)).ok());
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  ASSERT_TRUE(Eventually([&] { return !Published(place).empty(); }));
  EXPECT_EQ(daemon.Metric("kpiwatch_source_healthy"), 1);

  broker().Stop();
  EXPECT_TRUE(daemon.AwaitLog("Kafka is out of reach; trying again")) << daemon.log();
  EXPECT_TRUE(Eventually([&] { return daemon.Metric("kpiwatch_source_healthy") == 0; }));
  EXPECT_EQ(daemon.Get("/-/healthy").status, 200);
  EXPECT_THAT(daemon.Get("/api/v1/sources").body, HasSubstr(R"("health":"err")"));

  ASSERT_TRUE(broker().Restart().ok());
  ASSERT_TRUE(broker().Produce(place.topic, Part(half, month_.records.size())).ok());
  EXPECT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
  EXPECT_TRUE(daemon.AwaitLog("in touch with Kafka")) << daemon.log();
  EXPECT_TRUE(Eventually([&] { return daemon.Metric("kpiwatch_source_healthy") == 1; }));
  EXPECT_GE(daemon.Metric("kpiwatch_source_outages_total", {R"(source="crm")"}), 1);
  ExpectSameStory(expected, place);
}

TEST_F(FaultsTest, AReceiverThatHangsHoldsUpNothingElse) {
  HttpReceiver hanging;
  hanging.Hang();
  const std::vector<v1::Transition> expected = Reference();
  const Place place = MakePlace("hanging", hanging.Url());
  ASSERT_TRUE(broker().Produce(place.topic, month_.records).ok());
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_TRUE(hanging.AwaitRequests(1));
  EXPECT_TRUE(Eventually([&] {
    return daemon.Metric("kpiwatch_watermark_seconds") >=
               static_cast<double>(absl::ToUnixSeconds(month_.complete_until)) &&
           Published(place).size() + 20 > expected.size();
  })) << "the topic waits for the webhook";
  EXPECT_GT(daemon.Metric("kpiwatch_outbox_length"), 0);
  EXPECT_TRUE(daemon.AwaitLog("sending failed, trying again")) << daemon.log();
  EXPECT_GE(daemon.Metric("kpiwatch_notifications_failed_total", {R"(integration="webhook")"}), 1);

  hanging.Release();
  EXPECT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
  ExpectSameStory(expected, place);
  std::map<std::string, std::string> keys;  // of the transitions
  for (const HttpReceiver::Request& request : hanging.requests()) {
    const nlohmann::json body = nlohmann::json::parse(request.body);
    for (const nlohmann::json& alert : body["alerts"]) {
      const std::string key = request.header("Idempotency-Key");
      EXPECT_EQ(keys.emplace(alert["id"].get<std::string>(), key).first->second, key);
    }
  }
  EXPECT_EQ(keys.size(), Published(place).size());
}

TEST_F(FaultsTest, APoisonedRecordGoesToTheDeadLetterTopicAndTheRestGoesOn) {
  const std::vector<v1::Transition> expected = Reference();
  const Place place = MakePlace("poison", receiver_.Url());
  KafkaRecord poison = month_.records[0];
  poison.partition = 1;
  poison.key = "bad";
  poison.value = R"({"specversion":"1.0","id":)";
  ASSERT_TRUE(broker().Produce(place.topic, {poison}).ok());
  ASSERT_TRUE(broker().Produce(place.topic, month_.records).ok());
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  ASSERT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
  EXPECT_TRUE(daemon.AwaitLog("a record could not be taken"));
  EXPECT_EQ(daemon.Metric("kpiwatch_dead_letters_total", {R"(reason="decode")"}), 1);
  EXPECT_EQ(daemon.Metric("kpiwatch_dead_letters_total", {R"(reason="tenant")"}), 0)
      << "shown before it happens";
  EXPECT_GE(daemon.Metric("kpiwatch_notifications_suppressed_total", {R"(reason="never_told")"}), 0)
      << "shown before it happens";
  EXPECT_EQ(daemon.Metric("kpiwatch_ingest_records_total", {R"(result="dead_letter")"}), 1);
  const auto letters = broker().ReadCommitted(place.letters);
  ASSERT_TRUE(letters.ok()) << letters.status();
  ASSERT_THAT(*letters, SizeIs(1));
  EXPECT_EQ(letters->front().key, poison.key);
  EXPECT_EQ(letters->front().value, poison.value);
  EXPECT_THAT(letters->front().headers,
              AllOf(Contains(Pair("reason", "decode")), Contains(Pair("topic", place.topic)),
                    Contains(Pair("partition", "1")), Contains(Pair("offset", "0")),
                    Contains(Pair("source", "crm"))));
  ExpectSameStory(expected, place);
}

TEST_F(FaultsTest, ARequestToQuitIsLoggedAsASignalIs) {
  const Place place = MakePlace("quit", receiver_.Url());
  DaemonProcess daemon(place.directory, "state", {"--web.enable-lifecycle"});
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_EQ(daemon.Post("/-/quit").status, 200);
  EXPECT_EQ(daemon.AwaitExit(), 0);
  EXPECT_THAT(daemon.log(), HasSubstr(R"(msg="stopping" request=/-/quit)"));
}

TEST_F(FaultsTest, ATargetBeyondTheKnownHolidaysShowsUntilItIsGone) {
  const Place place = MakePlace("calendar", receiver_.Url());
  WriteText(place.directory + "/holidays.txt", "known_through: 2026-12-31\ndays: []\n");
  const std::string rules =
      "calendars: [{name: cn, time_zone: Asia/Shanghai, holidays: [holidays.txt]}]\n"
      "kpis: [{name: k, owner: o, event: x, measure: count(), calendar: cn}]\n";
  WriteText(place.directory + "/rules.yaml", rules);
  WriteText(place.directory + "/targets.yaml",
            "targets: [{kpi: k, person: p01, period: 2027-02, target: 5}]\n");
  DaemonProcess daemon(place.directory, "state", {"--web.enable-lifecycle"});
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_calendar_provisional"), 1);
  WriteText(place.directory + "/targets.yaml",
            "targets: [{kpi: k, person: p01, period: 2026-12, target: 5}]\n");
  EXPECT_EQ(daemon.Post("/-/reload").status, 200) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_calendar_provisional"), 0);
  EXPECT_THAT(daemon.log(), HasSubstr("msg=\"reloaded\" changes=\"targets: added k person:p01 "
                                      "2026-12, removed k person:p01 2027-02\""));
}

TEST_F(FaultsTest, ABrokenRuleFileAtReloadLeavesTheOldRulesInForce) {
  const std::vector<v1::Transition> expected = Reference();
  const Place place = MakePlace("reload", receiver_.Url());
  DaemonProcess daemon(place.directory, "state", {"--web.enable-lifecycle"});
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_config_last_reload_successful"), 1);
  const std::string rules = daemon.Get("/api/v1/rules").body;
  const size_t half = month_.records.size() / 2;
  ASSERT_TRUE(broker().Produce(place.topic, Part(0, half)).ok());

  const std::string targets = place.directory + "/targets.yaml";
  WriteText(targets,
            "targets:\n  - {kpi: revenu, unit: east, period: 2026-W36, target: 1 CNY}\n"
            "  - {kpi: revenue, unit: eest, period: 2026-W36, target: 1 CNY}\n");
  const DaemonProcess::Answer answer = daemon.Post("/-/reload");
  EXPECT_NE(answer.status, 200);
  EXPECT_THAT(answer.body,
              AllOf(HasSubstr("targets.yaml:2:11: "), HasSubstr("'revenu'"),
                    HasSubstr("did you mean 'revenue'?"), HasSubstr("targets.yaml:3:")));
  EXPECT_EQ(daemon.Metric("kpiwatch_config_last_reload_successful"), 0);
  EXPECT_EQ(daemon.Metric("kpiwatch_config_reload_failures_total"), 1);
  EXPECT_TRUE(daemon.AwaitLog("not reloaded: the rules in force stay"));
  EXPECT_EQ(daemon.Get("/-/ready").status, 200);
  EXPECT_THAT(daemon.Get("/api/v1/rules").body, HasSubstr("week-behind"));

  ASSERT_TRUE(broker().Produce(place.topic, Part(half, month_.records.size())).ok());
  EXPECT_TRUE(AwaitSettled(daemon, month_.complete_until)) << daemon.log();
  ExpectSameStory(expected, place);

  WriteText(targets, SalesTargets());
  daemon.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] {
    return daemon.Metric("kpiwatch_config_last_reload_successful") == 1;
  })) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_config_reload_failures_total"), 1);
  ExpectSameStory(expected, place);
}

TEST_F(FaultsTest, ASourceThatFallsSilentIsLateAndNobodyIsBlamed) {
  const Place place = MakePlace("silent", receiver_.Url(), "wall");
  WriteConfig(place, "silent", "wall", "live_from: 2020-01-01T00:00:00Z\n");
  // A week ago there was a working day, whatever today is.
  const absl::Time then = absl::Now() - absl::Hours(24 * 7);
  std::vector<KafkaRecord> records;
  for (int p = 0; p < SalesMonth::kPartitions; ++p) {
    records.push_back(EventRecord(p, "e" + std::to_string(p), "com.acme.crm.activity.completed.v1",
                                  then, R"({"owner_id":"p01","direction":"out"})"));
  }
  ASSERT_TRUE(broker().Produce(place.topic, records).ok());
  DaemonProcess daemon(place.directory);
  daemon.Start();
  ASSERT_TRUE(daemon.AwaitReady()) << daemon.log();
  EXPECT_TRUE(Eventually([&] { return daemon.Metric("kpiwatch_source_late") == 1; }));
  EXPECT_TRUE(daemon.AwaitLog("a source is late")) << daemon.log();
  EXPECT_EQ(daemon.Metric("kpiwatch_source_late_total", {R"(source="crm")"}), 1);
  EXPECT_THAT(daemon.Get("/api/v1/sources").body, HasSubstr(R"("lateSince":"20)"));
  EXPECT_TRUE(receiver_.AwaitRequests(1));
  EXPECT_THAT(receiver_.requests().front().body,
              AllOf(HasSubstr("data-late"), HasSubstr("source:crm")));
  ASSERT_TRUE(Eventually([&] { return !Published(place).empty(); }));
  const std::vector<v1::Transition> late = Published(place);
  ASSERT_THAT(late, SizeIs(1)) << "nobody misses what cannot be known";
  EXPECT_EQ(late[0].reason(), v1::REASON_DATA_LATE);

  const absl::Time until = absl::Now() + absl::Hours(48);
  records.clear();
  for (int p = 0; p < SalesMonth::kPartitions; ++p) {
    records.push_back(HeartbeatRecord(p, until, absl::Now()));
  }
  ASSERT_TRUE(broker().Produce(place.topic, records).ok());
  EXPECT_TRUE(Eventually([&] { return daemon.Metric("kpiwatch_source_late") == 0; }));
  EXPECT_TRUE(daemon.AwaitLog("a source is complete again")) << daemon.log();
  ASSERT_TRUE(AwaitSettled(daemon, until)) << daemon.log();
  int complete = 0;
  for (const v1::Transition& transition : Published(place)) {
    complete += transition.reason() == v1::REASON_DATA_COMPLETE ? 1 : 0;
  }
  EXPECT_EQ(complete, 1);
  EXPECT_EQ(daemon.Metric("kpiwatch_source_late_total", {R"(source="crm")"}), 1);
}

}  // namespace
}  // namespace kpiwatch
