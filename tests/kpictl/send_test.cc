#include "daemon/kpictl/send.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/kpictl/command_fixture.h"
#include "tests/kpictl/event_server.h"

namespace kpiwatch {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class SendTest : public CommandTest {
 protected:
  void SetUp() override {
    options_.config = Write("kpiwatch.yaml", R"(rule_files: ["*.yaml"]
sources:
  - {name: crm, format: cloudevents, complete: {by: heartbeat, source: /sfdc/prod}}
  - name: orders
    format: csv
    map:
      type: '"erp.order.confirmed"'
      id: no
      time: {from: day, format: "%Y-%m-%d", zone: UTC}
      data.owner_id: seller
      data.amount: {from: amount, currency: USD}
      data.attrs.channel: channel
    where: seller != ""
)");
  }
  int Run() {
    return RunCommand([&](const Console& console) { return Send(options_, console); });
  }

  SendOptions options_;
};

TEST_F(SendTest, MappedRowsBecomeCloudEventsAndAHeartbeatEnds) {
  EventServer server({});
  options_.to = server.url();
  options_.source = "orders";
  options_.token_file = Write("token", "secret\n");
  options_.complete_until = "2013-12-01T00:00:00Z";
  options_.files = {Write("orders.csv",
                          "no,day,seller,amount,channel\n"
                          "1,2013-11-29,279,20565.6206,线上\n"
                          "2,2013-11-29,,1.00,web\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  const std::vector<std::string> bodies = server.bodies();
  ASSERT_EQ(bodies.size(), 2u);
  const json batch = json::parse(bodies[0]);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0]["type"], "erp.order.confirmed");
  EXPECT_EQ(batch[0]["id"], "1");
  EXPECT_EQ(batch[0]["time"], "2013-11-29T00:00:00Z");
  EXPECT_EQ(batch[0]["data"], json::parse(R"({"owner_id": "279", "attrs": {"channel": "线上"},
      "amount": {"amount": "20565.6206", "currency": "USD"}})"));
  const json beat = json::parse(bodies[1]);
  EXPECT_EQ(beat[0]["type"], "kpiwatch.sys.source.heartbeat.v1");
  EXPECT_EQ(beat[0]["data"]["source"], "orders");
  EXPECT_EQ(beat[0]["data"]["complete_until"], "2013-12-01T00:00:00Z");
  EXPECT_THAT(server.tokens(), ElementsAre("Bearer secret", "Bearer secret"));
  EXPECT_THAT(out_, HasSubstr("1 events of 2 records sent"));
}

TEST_F(SendTest, RecordsOfASourceWithoutAMapArePassedOnUnchanged) {
  const std::string event =
      R"({"specversion":"1.0","type":"a.b","source":"/s","id":"1","data":{"owner_id":"u1","x":1.50}})";
  EventServer server({});
  options_.to = server.url();
  options_.source = "crm";
  options_.complete_until = "2013-12-01T00:00:00Z";
  options_.allow_bad = true;
  options_.files = {Write("crm.ndjson", event + "\nnot an event\n" + event + "\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_EQ(server.bodies()[0], "[" + event + "," + event + "]");
  EXPECT_EQ(json::parse(server.bodies()[1])[0]["data"]["source"], "/sfdc/prod");
  EXPECT_THAT(err_, HasSubstr("crm.ndjson:2: "));
}

// A day that seals without them would judge people by zeros that are none.
TEST_F(SendTest, WithRecordsThatCouldNotBeReadNothingIsCalledComplete) {
  EventServer server({});
  options_.to = server.url();
  options_.source = "orders";
  options_.complete_until = "2013-12-01T00:00:00Z";
  options_.files = {Write("orders.csv",
                          "no,day,seller,amount,channel\n"
                          "1,2013-11-29,279,1,web\n"
                          "2,29/11/2013,279,1,web\n")};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_EQ(server.bodies().size(), 1u) << "no heartbeat";
  EXPECT_THAT(err_, HasSubstr("1 of 2 records could not be read, so 'orders' was not called "
                              "complete up to 2013-12-01T00:00:00Z"));
  EXPECT_THAT(err_, HasSubstr("--allow-bad"));
  EXPECT_THAT(out_, HasSubstr("1 events of 2 records sent"));

  options_.allow_bad = true;
  EXPECT_EQ(Run(), kExitGood) << err_;
  ASSERT_EQ(server.bodies().size(), 3u);
  EXPECT_THAT(server.bodies()[2], HasSubstr("kpiwatch.sys.source.heartbeat.v1"));
}

TEST_F(SendTest, EveryRecordThatCouldNotBeReadIsAnErrorOnlyWhenAsked) {
  EventServer server({});
  options_.to = server.url();
  options_.source = "orders";
  options_.files = {Write("orders.csv",
                          "no,day,seller,amount,channel\n"
                          "1,2013-11-29,279,1,web\n"
                          "2,29/11/2013,279,1,web\n")};
  EXPECT_EQ(Run(), kExitGood) << err_;
  options_.strict = true;
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(out_, HasSubstr("1 bad record"));
}

TEST_F(SendTest, WhatIsHeldBackByTheRateIsNotHeldBackFurtherByABatch) {
  EventServer server({});
  options_.to = server.url();
  options_.source = "orders";
  options_.rate = 2;
  options_.files = {Write("orders.csv",
                          "no,day,seller,amount,channel\n"
                          "1,2013-11-29,279,1,web\n"
                          "2,2013-11-29,279,1,web\n")};
  ASSERT_EQ(Run(), kExitGood) << err_;
  EXPECT_EQ(server.bodies().size(), 2u);
}

TEST_F(SendTest, ARefusalEndsWithoutAHeartbeat) {
  EventServer server({{401, "who are you?", ""}});
  options_.to = server.url();
  options_.source = "orders";
  options_.complete_until = "2013-12-01T00:00:00Z";
  options_.files = {Write("orders.csv", "no,day,seller,amount,channel\n1,2013-11-29,279,1,web\n")};
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("answers 401: who are you?"));
  EXPECT_EQ(server.bodies().size(), 1u);
}

TEST_F(SendTest, SaysThatItTriesAgain) {
  EventServer server({{503, "starting", ""}});
  options_.to = server.url();
  options_.source = "orders";
  options_.files = {Write("orders.csv", "no,day,seller,amount,channel\n1,2013-11-29,279,1,web\n")};
  EXPECT_EQ(Run(), kExitGood);
  EXPECT_THAT(err_, HasSubstr("kpictl send: " + server.url() +
                              "/api/v1/events answers 503: starting; trying again until "));
}

TEST_F(SendTest, MistakesAreToldBeforeAnythingIsSent) {
  options_.to = "ftp://nowhere";
  options_.source = "ordrs";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("did you mean 'orders'?"));
  options_.source = "orders";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("begins with none of http://"));
  options_.to = "kafka://broker-without-topic";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("kafka://HOST:PORT[,HOST:PORT]/TOPIC"));
  options_.to = "http://127.0.0.1:1";
  options_.token_file = temp_.path() + "/none";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("cannot read the token file"));
  options_.token_file = "";
  options_.complete_until = "soon";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("--complete-until: 'soon'"));
  options_.complete_until = "2013-12-01";
  EXPECT_EQ(Run(), kExitWrong);
  EXPECT_THAT(err_, HasSubstr("--complete-until: '2013-12-01' says no offset from UTC"));
}

}  // namespace
}  // namespace kpiwatch
