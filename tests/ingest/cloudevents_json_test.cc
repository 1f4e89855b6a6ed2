#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/ingest/decode_harness.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kWon[] =
    R"({"specversion":"1.0","type":"com.acme.crm.opportunity.won.v1","source":"/sfdc/prod",)"
    R"("id":"006A1-v17","time":"2026-06-15T09:12:03+08:00","subject":"006A1","sequence":"17",)"
    R"("partitionkey":"006A1","recordedtime":"2026-06-15T09:12:04+08:00","tenantid":"acme",)"
    R"("datacontenttype":"application/json","data":{"entity_id":"006A1","version":17,)"
    R"("owner_id":"u102","account_id":"a77","amount":{"amount":"180000.00","currency":"CNY",)"
    R"("tax_included":true},"from_stage":"报价","score":12.5,"splits":[{"owner_id":"u1"}],)"
    R"("note":null,"first":true,"attrs":{"channel":"线下","deep":{"er":{"still":"here"}}}}})";

// An event with `attributes` beside the required ones.
std::string With(const std::string& attributes) {
  return R"({"specversion":"1.0","id":"1","type":"t","source":"/s")" + attributes + "}";
}

TEST(CloudEventsJson, ReadsTheEnvelope) {
  DecodeHarness harness({"event.type", "event.source", "event.subject"});
  const DecodedEvent event = harness.One(kWon);
  EXPECT_EQ(event.id, "006A1-v17");
  EXPECT_EQ(event.source, "/sfdc/prod");
  EXPECT_EQ(event.type, "com.acme.crm.opportunity.won.v1");
  EXPECT_EQ(event.subject, "006A1");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.time_ms, 1781485923000);
  EXPECT_EQ(event.recorded_ms, 1781485924000);
  EXPECT_EQ(event.sequence, 17);
  EXPECT_THAT(event.fields,
              ElementsAre(Pair("event.source", "/sfdc/prod"), Pair("event.subject", "006A1"),
                          Pair("event.type", "com.acme.crm.opportunity.won.v1")));
}

TEST(CloudEventsJson, SaysWhatWasOnlyRead) {
  DecodeHarness harness({});
  EXPECT_EQ(harness.One(kWon).snapshot, SnapshotRead::kNo);
  EXPECT_EQ(harness.One(With(R"(,"snapshot":"no")")).snapshot, SnapshotRead::kNo);
  EXPECT_EQ(harness.One(With(R"(,"snapshot":"dated")")).snapshot, SnapshotRead::kDated);
  EXPECT_EQ(harness.One(With(R"(,"snapshot":"undated")")).snapshot, SnapshotRead::kUndated);
  EXPECT_THAT(harness.Refusal(With(R"(,"snapshot":"true")")),
              HasSubstr("'true' is neither 'dated', 'undated' nor 'no'"));
}

TEST(CloudEventsJson, ReadsTheWantedFieldsOfEveryKind) {
  DecodeHarness harness({"data.owner_id", "data.amount", "data.amount.currency", "data.from_stage",
                         "data.score", "data.note", "data.first", "data.attrs.channel",
                         "data.attrs.deep.er.still", "data.splits", "data.nowhere", "data.attrs"});
  EXPECT_THAT(harness.One(kWon).fields,
              ElementsAre(Pair("data.amount", "180000 CNY"), Pair("data.amount.currency", "CNY"),
                          Pair("data.attrs.channel", "线下"),
                          Pair("data.attrs.deep.er.still", "here"), Pair("data.first", "true"),
                          Pair("data.from_stage", "报价"), Pair("data.note", "null"),
                          Pair("data.owner_id", "u102"), Pair("data.score", "12.5")));
}

TEST(CloudEventsJson, ForgetsTheFieldsOfTheEventBefore) {
  DecodeHarness harness({"data.owner_id"});
  EXPECT_EQ(harness.One(kWon).fields.size(), 1u);
  EXPECT_TRUE(harness.One(With("")).fields.empty());
}

TEST(CloudEventsJson, UnescapesKeysAndValues) {
  DecodeHarness harness({"data.金额", "data.name"});
  EXPECT_THAT(harness.One(With(R"(,"data":{"\u91d1\u989d":1.5,"name":"a\"b\\c\n\u738b"})")).fields,
              ElementsAre(Pair("data.name", "a\"b\\c\n王"), Pair("data.金额", "1.5")));
}

TEST(CloudEventsJson, ReadsMoneyFromTheTextOfANumber) {
  DecodeHarness harness({"data.amount"});
  EXPECT_EQ(harness.One(With(R"(,"data":{"amount":{"amount":0.1,"currency":"EUR"}})"))
                .fields["data.amount"],
            "0.1 EUR");
  EXPECT_EQ(harness.One(With(R"(,"data":{"amount":{"currency":"JPY","amount":"-5"}})"))
                .fields["data.amount"],
            "-5 JPY");
  EXPECT_EQ(harness.One(With(R"(,"data":{"amount":{"currency":"JPY","amount":null}})"))
                .fields["data.amount"],
            "null");
}

TEST(CloudEventsJson, RefusesMoneyThatIsNone) {
  DecodeHarness harness({"data.amount"});
  EXPECT_THAT(harness.Refusal(With(R"(,"data":{"amount":{"amount":"1,5","currency":"EUR"}})")),
              HasSubstr("data.amount.amount: '1,5' is not a decimal"));
  EXPECT_THAT(harness.Refusal(With(R"(,"data":{"amount":{"amount":"1.5"}})")),
              HasSubstr("data.amount: an amount without its currency"));
  EXPECT_THAT(harness.Refusal(With(R"(,"data":{"amount":0.1234567})")),
              HasSubstr("data.amount: '0.1234567'"));
}

TEST(CloudEventsJson, TakesTheVersionForAnAbsentSequence) {
  DecodeHarness harness({});
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":9})")).sequence, 9);
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":"9"})")).sequence, 9);
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":9},"sequence":"3")")).sequence, 3);
  EXPECT_EQ(harness.One(With(R"(,"sequence":4)")).sequence, 4);
  // What is no whole number is no version, and no reason to refuse the event.
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":1e300})")).sequence, -1);
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":1.5})")).sequence, -1);
  EXPECT_EQ(harness.One(With(R"(,"data":{"version":-1})")).sequence, -1);
  EXPECT_EQ(harness.One(With(R"(,"sequence":"01HX")")).sequence, -1);
  EXPECT_EQ(harness.One(With("")).sequence, -1);
}

TEST(CloudEventsJson, FallsBackOnTheTimeOfTheRecord) {
  DecodeHarness harness({});
  EXPECT_EQ(harness.One(With("")).time_ms, DecodeHarness::kRecordTime);
  const auto refused = harness.Decode(With(""), {}, kNoTime);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("no time"));
}

TEST(CloudEventsJson, RefusesOtherVersionsAndWrongNames) {
  DecodeHarness harness({});
  EXPECT_THAT(harness.Refusal(R"({"specversion":"0.3","id":"1","type":"t","source":"s"})"),
              HasSubstr("specversion '0.3' is not supported"));
  EXPECT_THAT(harness.Refusal(With(R"(,"a_b":"c")")), HasSubstr("attribute name 'a_b'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"aB":"c")")), HasSubstr("attribute name 'aB'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"":"c")")), HasSubstr("attribute name ''"));
  EXPECT_THAT(harness.Refusal(With(R"(,"ext":1.5)")), HasSubstr("'ext' has the wrong type"));
  EXPECT_THAT(harness.Refusal(With(R"(,"ext":2147483648)")), HasSubstr("'ext'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"ext":{})")), HasSubstr("'ext'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"ext":[])")), HasSubstr("'ext'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"subject":5)")), HasSubstr("'subject'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"subject":"")")), HasSubstr("'subject' is empty"));
  EXPECT_THAT(harness.Refusal(With(R"(,"time":"yesterday")")), HasSubstr("'yesterday'"));
  EXPECT_THAT(harness.Refusal(With(R"(,"time":1781485923000)")), HasSubstr("'time'"));
  EXPECT_TRUE(harness.Decode(With(R"(,"ext":2147483647,"b":true,"n":null,"s":"x")")).ok());
}

TEST(CloudEventsJson, RefusesWhatLacksARequiredAttribute) {
  DecodeHarness harness({});
  EXPECT_THAT(harness.Refusal(R"({"specversion":"1.0","type":"t","source":"s"})"),
              HasSubstr("id is missing"));
  EXPECT_THAT(harness.Refusal(R"({"specversion":"1.0","id":"1","source":"s"})"),
              HasSubstr("type is missing"));
  EXPECT_THAT(harness.Refusal(R"({"specversion":"1.0","id":"1","type":"t"})"),
              HasSubstr("source is missing"));
  EXPECT_THAT(harness.Refusal(R"({"specversion":"1.0","id":"1","type":"t","source":null})"),
              HasSubstr("source is missing"));
}

TEST(CloudEventsJson, ReadsJsonInsideBase64) {
  DecodeHarness harness({"data.a"});
  // {"a":"x"}
  EXPECT_EQ(harness.One(With(R"(,"data_base64":"eyJhIjoieCJ9")")).fields["data.a"], "x");
  EXPECT_EQ(harness
                .One(With(R"(,"datacontenttype":"application/vnd.acme+json; charset=utf-8",)"
                          R"("data_base64":"eyJhIjoieCJ9")"))
                .fields["data.a"],
            "x");
  EXPECT_TRUE(harness.One(With(R"(,"datacontenttype":"text/plain","data_base64":"eyJhIjoieCJ9")"))
                  .fields.empty());
  EXPECT_THAT(harness.Refusal(With(R"(,"data_base64":"***")")), HasSubstr("not base64"));
  EXPECT_THAT(harness.Refusal(With(R"(,"data_base64":"e30=","data":{})")), HasSubstr("exclude"));
  EXPECT_THAT(
      harness.Refusal(With(R"(,"datacontenttype":"application/json","data_base64":"e3s=")")),
      HasSubstr("not valid JSON"));
}

TEST(CloudEventsJson, RefusesBrokenJson) {
  DecodeHarness harness({"data.a"});
  const std::string good = With(R"(,"data":{"a":"x","b":[1,{"c":2}]})");
  ASSERT_TRUE(harness.Decode(good).ok());
  for (size_t cut = 1; cut < good.size(); ++cut) {
    EXPECT_FALSE(harness.Decode(good.substr(0, cut)).ok()) << good.substr(0, cut);
  }
  EXPECT_THAT(harness.Refusal(good + "{}"), HasSubstr("text after the end"));
  EXPECT_THAT(harness.Refusal(With(R"(,"data":{"a":tru})")), HasSubstr("'tru'"));
  EXPECT_THAT(harness.Refusal(With(",\"data\":{\"a\":\"\xff\"}")), HasSubstr("UTF-8"));
}

TEST(CloudEventsJson, KeepsTheLimits) {
  DecodeHarness harness({});
  const std::string long_id(1025, 'x');
  EXPECT_THAT(
      harness.Refusal(R"({"specversion":"1.0","type":"t","source":"s","id":")" + long_id + "\"}"),
      HasSubstr("id has 1025 bytes"));
  EXPECT_THAT(harness.Refusal(With(",\"data\":\"" + std::string(1 << 20, 'x') + "\"")),
              HasSubstr("too large"));
}

TEST(CloudEventsJson, SurvivesAnyNesting) {
  DecodeHarness harness({"data.a.a.a.a"});
  for (const size_t depth : {10, 1000, 100'000}) {
    std::string nested;
    for (size_t i = 0; i < depth; ++i) {
      nested += "{\"a\":";
    }
    EXPECT_TRUE(harness.Decode(With(",\"data\":" + nested + "1" + std::string(depth, '}'))).ok());
    EXPECT_FALSE(harness.Decode(With(",\"data\":" + nested)).ok());
  }
}

TEST(CloudEventsJson, RefusesAnotherTenant) {
  SourceOptions options;
  options.tenant = "acme";
  DecodeHarness harness({}, options);
  EXPECT_TRUE(harness.Decode(kWon).ok());
  EXPECT_TRUE(harness.Decode(With("")).ok());
  EXPECT_THAT(harness.Refusal(With(R"(,"tenantid":"other")")), HasSubstr("tenant 'other'"));
}

TEST(CloudEventsJson, RefusesPlainObjectsAndBatchesWhenConfigured) {
  SourceOptions options;
  options.format = SourceFormat::kCloudEvents;
  DecodeHarness harness({}, options);
  EXPECT_TRUE(harness.Decode(With("")).ok());
  EXPECT_THAT(harness.Refusal(R"({"id":"1","type":"t","source":"s"})"),
              HasSubstr("specversion is missing"));
  EXPECT_THAT(harness.Refusal("[" + With("") + "]"), HasSubstr("batch"));
}

TEST(PlainJson, ReadsObjectsWithTheSameNames) {
  SourceOptions options;
  options.name = "shop";
  options.format = SourceFormat::kJson;
  DecodeHarness harness({"data.owner_id"}, options);
  const DecodedEvent event =
      harness.One(R"({"type":"a.b","id":91,"time":1781485923000,"orderNo":"x","n":1.5,)"
                  R"("data":{"owner_id":"u1"}})");
  EXPECT_EQ(event.id, "91");
  EXPECT_EQ(event.source, "shop");
  EXPECT_EQ(event.time_ms, 1781485923000);
  EXPECT_EQ(event.fields.at("data.owner_id"), "u1");
  EXPECT_THAT(harness.Refusal(R"({"id":"1"})"), HasSubstr("type is missing"));
  EXPECT_THAT(harness.Refusal(R"({"id":"1","type":"t","time":99999999999999999})"),
              HasSubstr("time"));
}

TEST(PlainJson, ReadsEveryEventOfAnArray) {
  DecodeHarness harness({});
  const auto events = harness.Decode(R"([{"id":"1","type":"t"}, {"id":"2","type":"t"}])");
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1].id, "2");
  EXPECT_FALSE(harness.Decode(R"([{"id":"1","type":"t"}, 5])").ok());
  EXPECT_TRUE(harness.Decode("[]").ok());
}

TEST(FieldPaths, AreCheckedWhenTheDecoderIsMade) {
  FieldPlan unknown;
  unknown.Add("event.sauce");
  EXPECT_FALSE(MakeDecoder({}, &unknown).ok());
  FieldPlan deep;
  deep.Add("data.1.2.3.4.5.6.7.8.9");
  EXPECT_FALSE(MakeDecoder({}, &deep).ok());
  FieldPlan empty_part;
  empty_part.Add("data..a");
  EXPECT_FALSE(MakeDecoder({}, &empty_part).ok());
}

}  // namespace
}  // namespace kpiwatch
