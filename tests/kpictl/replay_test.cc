#include "daemon/kpictl/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/kpictl/command_fixture.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Two sources: CRM events as they are, and order rows with a map. The rules are those of the
// scenarios: days close at 20:00 in Shanghai and seal at 22:00.
class ReplayTest : public CommandTest {
 protected:
  void SetUp() override {
    const std::string rules = std::filesystem::absolute("tests/scenarios/rules").string();
    options_.config = Write("kpiwatch.yaml", "rule_files: [" + rules + "/sales.yaml, " + rules +
                                                 "/org.yaml, " + rules + R"(/week_targets.yaml]
sources:
  - {name: crm, format: cloudevents}
  - name: orders
    format: csv
    map:
      type: '"erp.order.confirmed"'
      id: no
      time: {from: day, format: "%Y-%m-%d %H:%M", zone: Asia/Shanghai}
      data.owner_id: seller
      data.amount: {from: amount, currency: CNY}
)");
  }
  std::string Event(const std::string& type, const std::string& id, const std::string& time) {
    return R"({"specversion":"1.0","type":")" + type + R"(","source":"/crm","id":")" + id +
           R"(","time":")" + time + R"(","data":{"owner_id":"u102"}})" + "\n";
  }
  int Run() {
    return RunCommand([&](const Console& console) { return Replay(options_, console); });
  }

  ReplayOptions options_;
};

TEST_F(ReplayTest, PrintsTransitionsOfEventsInAnyOrder) {
  // Met on Monday the 7th; the file has the events the wrong way round and one of them twice.
  options_.events = {
      "crm=" +
      Write("crm.ndjson", Event("crm.activity.completed", "9", "2026-09-09T10:00:00+08:00") +
                              Event("crm.need.confirmed", "3", "2026-09-07T12:00:00+08:00") +
                              Event("crm.activity.completed", "1", "2026-09-07T10:00:00+08:00") +
                              Event("crm.activity.completed", "1", "2026-09-07T10:00:00+08:00") +
                              Event("crm.activity.completed", "2", "2026-09-07T11:00:00+08:00"))};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_EQ(
      out_,
      R"({"rule":"slipping","subject":"person:u102","period":"2026-09-09","from_level":"green",)"
      R"("to_level":"yellow","at":"2026-09-09T14:00:00Z","reason":"threshold",)"
      R"("notified":["u102","u100"]})"
      "\n");
}

TEST_F(ReplayTest, PrintsValuesOfRowsAndKeepsTheirDigits) {
  options_.print = ReplayOptions::Print::kValues;
  options_.events = {"orders=" + Write("orders.csv",
                                       "no,day,seller,amount\n"
                                       "1,2026-09-08 10:00,u102,30.0001\n"
                                       "2,2026-09-08 11:00,u102,9.9998\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"({"kpi":"revenue","subject":"person:u102","from":"2026-09-07",)"
                              R"("to":"2026-09-14","value":"39.9999","target":"100",)"
                              R"("completion":"0.399999","level":"red","worked_days":"2",)"
                              R"("working_days":"4","expected":"50","pace_index":"0.799998",)"
                              R"("gap":"-10.0001","projection":"79.9998",)"))
      << "he is on leave on the 10th";
}

TEST_F(ReplayTest, TheTableIsForPeople) {
  options_.format = OutputFormat::kTable;
  options_.print = ReplayOptions::Print::kValues;
  options_.events = {"orders=" +
                     Write("orders.csv", "no,day,seller,amount\n1,2026-09-08 10:00,u102,44\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(
      out_,
      HasSubstr("revenue  王一 (person:u102)   2026-W37       44     100     44.00 %  green "));
  EXPECT_THAT(out_, HasSubstr("  2/4     50.00  0.880  -6.00       88.00     28.00\n"));
  EXPECT_THAT(out_, HasSubstr("  0.00 %  n/a\n"));
  options_.print = ReplayOptions::Print::kTransitions;
  options_.until = "2026-09-14T00:00+08:00";
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr("2026-09-09 22:00  slipping  王一 (person:u102)  2026-09-09"));
  EXPECT_THAT(out_, HasSubstr("green → yellow"));
  EXPECT_THAT(out_, HasSubstr("王一, 李经理"));
}

TEST_F(ReplayTest, TellsOfOpenPeriodsWhatADaemonTellsThatReadsAllAtOnce) {
  const std::string rules = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u1, period: 2026-11, target: 100 CNY}
  - {kpi: revenue, person: u2, period: 2026-11, target: 100 CNY}
rules:
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels: {red: {when: completion < 50%, clear: completion >= 50%}}
)";
  CoreDriver daemon(rules);
  std::string events;
  for (int n = 0; n < 16; ++n) {
    const std::string owner = n % 2 == 0 ? "u1" : "u2";
    const absl::Time time = At("2026-11-02T10:00") + absl::Hours(9 * n);
    daemon.Order(owner, time, "7", std::to_string(n));
    events += R"({"specversion":"1.0","type":"erp.order.confirmed","source":"/crm","id":")" +
              std::to_string(n) + R"(","time":")" +
              absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()) +
              R"(","data":{"owner_id":")" + owner +
              R"(","amount":{"amount":"7","currency":"CNY"}}})" + "\n";
  }
  daemon.Step();
  std::multiset<std::string> by_daemon;
  for (const v1::Transition& t : daemon.transitions()) {
    by_daemon.insert(t.subject() + " " + std::string(LevelName(static_cast<Level>(t.to_level()))) +
                     " " +
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(t.at_unix_ms()),
                                      absl::UTCTimeZone()));
  }

  options_.config = Write("open.yaml", "rule_files: [" + Write("rules.yaml", rules) +
                                           "]\nsources:\n  - {name: crm, format: cloudevents}\n");
  options_.events = {"crm=" + Write("crm.ndjson", events)};
  ASSERT_EQ(Run(), kExitGood) << err_;
  std::multiset<std::string> by_replay;
  std::istringstream lines(out_);
  for (std::string line; std::getline(lines, line);) {
    const auto t = nlohmann::json::parse(line);
    by_replay.insert(t.at("subject").get<std::string>() + " " +
                     t.at("to_level").get<std::string>() + " " + t.at("at").get<std::string>());
  }
  EXPECT_EQ(by_replay, by_daemon);
  EXPECT_THAT(
      by_replay,
      ElementsAre("person:u1 green 2026-11-07T08:00:00Z", "person:u1 red 2026-11-02T02:00:00Z",
                  "person:u2 green 2026-11-07T17:00:00Z", "person:u2 red 2026-11-02T11:00:00Z"));
}

TEST_F(ReplayTest, UntilLeavesLaterEventsOutAndSealsTheDaysBefore) {
  options_.print = ReplayOptions::Print::kValues;
  options_.until = "2026-09-09T00:00:00+08:00";
  options_.events = {"orders=" + Write("orders.csv",
                                       "no,day,seller,amount\n"
                                       "1,2026-09-08 23:59,u102,30\n"
                                       "2,2026-09-09 00:00,u102,9\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"("value":"30")"));
  EXPECT_THAT(err_, HasSubstr("1 events are not replayed"));
}

TEST_F(ReplayTest, ValuesOfPeriodsThatAreStillOpenAreThoseOfThen) {
  options_.print = ReplayOptions::Print::kValues;
  options_.until = "2026-09-01T12:00:00+08:00";  // the first day, a Tuesday and a month's first
  options_.config = Write("open.yaml", "rule_files: [" + Write("open_rules.yaml", R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
org: {people: [{id: u102}]}
kpis:
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: verdict, owner: ops, type: verdict, all_of: [orders], floors: [1], calendar: cn}
)") + "]\nsources: [{name: crm, format: cloudevents}]\n");
  options_.events = {
      Write("orders.ndjson", Event("erp.order.confirmed", "1", "2026-09-01T09:00:00+08:00") +
                                 Event("erp.order.confirmed", "2", "2026-09-01T13:00:00+08:00"))};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"({"kpi":"orders","subject":"person:u102","from":"2026-09-01",)"
                              R"("to":"2026-09-02","value":"1")"));
  EXPECT_THAT(out_, HasSubstr(R"({"kpi":"orders","subject":"person:u102","from":"2026-09-01",)"
                              R"("to":"2026-10-01","value":"1")"));
  EXPECT_THAT(out_, HasSubstr(R"({"kpi":"verdict","subject":"person:u102","from":"2026-09-01",)"
                              R"("to":"2026-09-02","value":"1")"));
  options_.until = "2026-09-02T12:00:00+08:00";  // nothing has happened yet on that day
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"("from":"2026-09-01","to":"2026-09-02","value":"2")"));
  EXPECT_THAT(out_, Not(HasSubstr(R"("from":"2026-09-02")")));
}

TEST_F(ReplayTest, ABadRecordIsToldWithItsLineAndTheRestGoesOn) {
  options_.print = ReplayOptions::Print::kValues;
  options_.events = {"orders=" + Write("orders.csv",
                                       "no,day,seller,amount\n"
                                       "1,2026-09-08 10:00,u102,30\n"
                                       "2,someday,u102,9\n"
                                       "3,2026-09-08 10:00,u102,many\n")};
  EXPECT_EQ(Run(), kExitGood);
  EXPECT_THAT(err_, HasSubstr("orders.csv:3: "));
  EXPECT_THAT(err_, HasSubstr("orders.csv:4: "));
  EXPECT_THAT(out_, HasSubstr(R"("value":"30")"));
  options_.strict = true;
  EXPECT_EQ(Run(), kExitWrong);
}

TEST_F(ReplayTest, AMistakeInARowHasOnePositionAlsoWhereTheRowGoesOverLines) {
  options_.events = {"orders=" + Write("orders.csv",
                                       "no,day,seller,amount\n"
                                       "1,2026-09-08 10:00,u102\n"
                                       "\"2\nb\",2026-09-08 10:00,\"u102\"x,9\n"
                                       "3,\"2026-09-08 10:00,u102,9\n")};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_EQ(err_.substr(err_.find("orders.csv")),
            "orders.csv:2: 3 fields where 4 are expected\n" + temp_.path() +
                "/orders.csv:4:27: text after the closing quote of a field\n" + temp_.path() +
                "/orders.csv:5:3: a quoted field that does not end\n");
  options_.events = {"orders=" + Write("head.csv", "\nno,\"day\"s,seller,amount\n")};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("head.csv:2:9: text after the closing quote of a field\n"));
}

TEST_F(ReplayTest, FactsThatAKpiCannotTakeAreToldWithTheFirstOfEachKind) {
  const auto order = [](const std::string& id, const std::string& amount) {
    return R"({"specversion":"1.0","type":"erp.order.confirmed","source":"/erp","id":")" + id +
           R"(","time":"2026-09-08T10:00:00+08:00","data":{"owner_id":"u102")" + amount + "}}\n";
  };
  options_.print = ReplayOptions::Print::kValues;
  options_.events = {
      "crm=" +
      Write("orders.ndjson", order("1", R"(,"amount":{"amount":"30","currency":"CNY"})") +
                                 order("2", R"(,"amount":{"amount":"90","currency":"USD"})") +
                                 order("3", R"(,"amount":{"amount":"91","currency":"USD"})") +
                                 order("4", "") + order("5", R"(,"amount":null)") +
                                 order("6", R"(,"amount":[1])"))};
  EXPECT_EQ(Run(), kExitGood);
  EXPECT_THAT(out_, HasSubstr(R"("value":"30")"));
  EXPECT_THAT(err_, HasSubstr("orders.ndjson:2: KPI revenue left out 2 facts: money of another "
                              "currency than CNY (currency); this is the first\n"));
  EXPECT_THAT(err_, HasSubstr("orders.ndjson:4: KPI revenue left out 3 facts: what it measures is "
                              "missing or no number (no_measure); this is the first\n"));
  options_.strict = true;
  EXPECT_EQ(Run(), kExitWrong);
}

TEST_F(ReplayTest, RowsThatWhereLeavesOutSayHowFarTheFileGoes) {
  options_.config = Write("where.yaml", "rule_files: [" + Write("where_rules.yaml", R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
kpis:
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
rules:
  - name: none
    kpi: orders
    for_each: person
    period: day
    levels: {red: {when: value < 1, clear: value >= 1}}
)") + R"(]
sources:
  - name: orders
    format: csv
    map:
      type: '"erp.order.confirmed"'
      id: no
      time: {from: day, format: "%Y-%m-%d %H:%M", zone: Asia/Shanghai}
      data.owner_id: seller
    where: seller != ""
)");
  options_.events = {Write("orders.csv",
                           "no,day,seller\n"
                           "1,2026-09-07 10:00,u1\n"
                           "2,2026-09-08 10:00,\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"("period":"2026-09-08")"));
}

TEST_F(ReplayTest, ValuesOfAKpiThatNothingLooksAtComeByDayAndMonthWithoutALevel) {
  options_.config = Write("plain.yaml", "rule_files: [" + Write("plain_rules.yaml", R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
kpis:
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
)") + "]\nsources:\n  - {name: crm, format: cloudevents}\n");
  options_.print = ReplayOptions::Print::kValues;
  options_.events = {
      Write("crm.ndjson", Event("erp.order.confirmed", "1", "2026-09-07T10:00:00+08:00"))};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr(R"({"kpi":"orders","subject":"person:u102","from":"2026-09-07",)"
                              R"("to":"2026-09-08","value":"1","target":null,)"
                              R"("completion":null,"level":null})"));
  EXPECT_THAT(out_,
              HasSubstr(R"("person:u102","from":"2026-09-01","to":"2026-10-01","value":"1")"));
  options_.format = OutputFormat::kTable;
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_THAT(out_, HasSubstr("n/a         n/a  n/a\n"));
}

TEST_F(ReplayTest, BadRecordsBeyondTwentyAreCounted) {
  std::string rows = "no,day,seller,amount\n";
  for (int i = 0; i < 25; ++i) {
    rows += std::to_string(i) + ",someday,u102,9\n";
  }
  options_.events = {"orders=" + Write("orders.csv", rows)};
  EXPECT_EQ(Run(), kExitWrong) << "every record is bad";
  EXPECT_THAT(err_, HasSubstr("orders.csv:21: "));
  EXPECT_THAT(err_, Not(HasSubstr("orders.csv:22: ")));
  EXPECT_THAT(err_, HasSubstr("and 5 more bad records"));
}

TEST_F(ReplayTest, NothingToReplayIsNoMistake) {
  options_.events = {"crm=" + Write("crm.ndjson", "")};
  EXPECT_EQ(Run(), kExitGood) << err_;
  EXPECT_EQ(out_, "");
}

TEST_F(ReplayTest, MistakesOfTheConfigurationAreToldWithTheirPlaces) {
  options_.events = {"crm=" + Write("crm.ndjson", "")};
  options_.until = "tomorrow";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("--until: 'tomorrow'"));
  options_.until = "2026-11-21";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("--until: '2026-11-21' says no offset from UTC"));
  options_.until = "";
  options_.events = {"crn=x"};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("did you mean 'crm'?"));
  options_.events = {"crm=" + temp_.path() + "/none.ndjson"};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("none.ndjson"));
  options_.config = Write("bad.yaml", "rule_files: [none.yaml]\nsources:\n  - {nam: crm}\n");
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("bad.yaml:3:"));
}

}  // namespace
}  // namespace kpiwatch
