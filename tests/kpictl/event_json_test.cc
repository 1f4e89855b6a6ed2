#include "daemon/kpictl/event_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/kpictl/yaml_json.h"

namespace kpiwatch {
namespace {

using nlohmann::json;

std::string JsonOf(std::string_view yaml) {
  YamlTree tree;
  YamlTree::Error error;
  EXPECT_TRUE(tree.Parse(yaml, 0, &error)) << error.message;
  std::string out;
  AppendJson(*tree.documents()[0], &out);
  return out;
}

TEST(YamlJsonTest, NumbersKeepTheirDigitsAndQuotesMakeText) {
  EXPECT_EQ(JsonOf(R"({a: 100.10, b: "100.10", c: true, d: ~, e: null, f: 007, g: 40%, h: -1e3})"),
            R"({"a":100.10,"b":"100.10","c":true,"d":null,"e":null,"f":"007","g":"40%","h":-1e3})");
}

TEST(YamlJsonTest, EscapesWhatJsonForbids) {
  EXPECT_EQ(JsonOf(R"("a\"b\\c\n\x01王")"), "\"a\\\"b\\\\c\\n\\u0001王\"");
}

TEST(EventJsonTest, WritesTheEnvelopeAndEveryDataField) {
  FieldPlan plan;
  plan.Add("data.owner_id");
  plan.Add("event.subject");
  plan.Add("data.amount");
  plan.Add("data.attrs.channel");
  plan.Add("data.count");
  plan.Add("data.absent");
  std::vector<FieldValue> fields(plan.size());
  fields[0].kind = FieldKind::kString;
  fields[0].text = "u\"1";
  fields[2].kind = FieldKind::kMoney;
  fields[2].number = *Decimal::Parse("22584.6955");
  fields[2].text = "USD";
  fields[3].kind = FieldKind::kString;
  fields[3].text = "线下";
  fields[4].kind = FieldKind::kNumber;
  fields[4].number = *Decimal::Parse("3.5");
  Event event;
  event.id = "43659";
  event.source = "/orders";
  event.type = "erp.order.confirmed";
  event.time_ms = 1306800000000;
  event.sequence = 2;
  event.fields = fields;
  EXPECT_EQ(json::parse(CloudEventJson(event, plan)), json::parse(R"({
    "specversion": "1.0", "type": "erp.order.confirmed", "source": "/orders", "id": "43659",
    "time": "2011-05-31T00:00:00Z", "sequence": "2", "datacontenttype": "application/json",
    "data": {"owner_id": "u\"1", "amount": {"amount": "22584.6955", "currency": "USD"},
             "attrs": {"channel": "线下"}, "count": 3.5}})"));
  event.snapshot = SnapshotRead::kUndated;
  EXPECT_EQ(json::parse(CloudEventJson(event, plan))["snapshot"], "undated");
}

TEST(EventJsonTest, AHeartbeatSaysWhoIsCompleteUntilWhen) {
  const absl::Time until = absl::FromUnixSeconds(1306800000);
  const json beat =
      json::parse(HeartbeatJson("/orders", until, "partition", until + absl::Milliseconds(1500)));
  EXPECT_EQ(beat["type"], "kpiwatch.sys.source.heartbeat.v1");
  EXPECT_EQ(beat["time"], "2011-05-31T00:00:01.5Z");
  EXPECT_EQ(beat["data"], json::parse(R"({"source": "/orders", "partition_scope": "partition",
                                          "complete_until": "2011-05-31T00:00:00Z"})"));
}

}  // namespace
}  // namespace kpiwatch
