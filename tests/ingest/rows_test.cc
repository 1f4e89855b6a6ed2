// Rows of CSV and JSON through a map.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/decode_harness.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

SourceOptions Orders() {
  SourceOptions options;
  options.name = "orders";
  options.format = SourceFormat::kCsv;
  options.columns = {"SalesOrderID", "OrderDate", "Sales Person", "SubTotal", "Qty"};
  options.map = {{.target = "type", .expression = R"("erp.order.confirmed")"},
                 {.target = "id", .expression = "SalesOrderID"},
                 {.target = "time",
                  .expression = "OrderDate",
                  .time_format = "%Y-%m-%d",
                  .time_zone = "Asia/Shanghai"},
                 {.target = "data.owner_id", .expression = "Sales Person"},
                 {.target = "data.amount", .expression = "SubTotal", .currency = "USD"}};
  options.where = R"(Sales_Person != "")";
  return options;
}

std::string Mistakes(const SourceOptions& options) {
  FieldPlan plan;
  const auto decoder = MakeDecoder(options, &plan);
  EXPECT_FALSE(decoder.ok());
  return std::string(decoder.status().message());
}

TEST(CsvRows, BecomeEvents) {
  DecodeHarness harness({"data.owner_id", "data.amount", "event.type", "data.nowhere"}, Orders());
  const DecodedEvent event = harness.One("43659,2011-05-31,279,20565.6206,5\r\n");
  EXPECT_EQ(event.id, "43659");
  EXPECT_EQ(event.source, "orders");
  EXPECT_EQ(event.type, "erp.order.confirmed");
  EXPECT_EQ(event.time_ms, 1306771200000);  // 2011-05-31T00:00:00+08:00
  EXPECT_THAT(event.fields,
              ElementsAre(Pair("data.amount", "20565.6206 USD"), Pair("data.owner_id", "279"),
                          Pair("event.type", "erp.order.confirmed")));
}

TEST(CsvRows, AnUnknownColumnIsToldWithItsPlaceAndTheColumnsThereAre) {
  SourceOptions options = Orders();
  options.map[4].expression = "Price";
  options.map[4].place = "k.yaml:9:27";
  EXPECT_EQ(Mistakes(options),
            "k.yaml:9:27: map: data.amount: 'Price', at character 1: unknown name 'Price'; the "
            "columns are SalesOrderID, OrderDate, Sales_Person, SubTotal, Qty");
  options.map[4].expression = "SubTotl";
  EXPECT_THAT(Mistakes(options), HasSubstr("did you mean 'SubTotal'?"));
}

TEST(CsvRows, AreLeftOutWhereTheFilterSaysSo) {
  DecodeHarness harness({}, Orders());
  const auto events = harness.Decode("1,2011-05-31,,5,1\n2,2011-05-31,279,5,1\n");
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ((*events)[0].id, "2");
}

TEST(CsvRows, AreComparedAsNumbersToo) {
  SourceOptions options = Orders();
  options.where = R"(Qty > 4.5 && SubTotal in ["5"])";
  DecodeHarness harness({}, options);
  EXPECT_EQ(harness.Decode("1,2011-05-31,1,5,5")->size(), 1u);
  EXPECT_THAT(*harness.Decode("1,2011-05-31,1,5,4"), IsEmpty());
}

TEST(CsvRows, AreRefusedWithThePlaceOfTheMistake) {
  DecodeHarness harness({"data.amount"}, Orders());
  EXPECT_THAT(harness.Refusal("1,2011-05-31,279,5,1\n2,2011-05-31,279,5"),
              HasSubstr("line 2: 4 fields where 5 are expected"));
  EXPECT_THAT(
      harness.Refusal("1,31.05.2011,279,5,1"),
      HasSubstr("time, column 2 (OrderDate): '31.05.2011' is not a time of the form %Y-%m-%d"));
  EXPECT_THAT(harness.Refusal("1,2011-05-31,279,\"1,000.00\",1"),
              HasSubstr("data.amount, column 4 (SubTotal): '1,000.00' is not a decimal number"));
  EXPECT_THAT(
      harness.Refusal("1,2011-05-31,279,0.1234567,1"),
      HasSubstr(
          "'0.1234567' is not a decimal number of at most 18 integer and 6 fractional digits"));
  EXPECT_THAT(harness.Refusal(",2011-05-31,279,5,1"), HasSubstr("id is missing"));
  EXPECT_THAT(harness.Refusal("1,infinite-future,279,5,1"), HasSubstr("infinite-future"));
  EXPECT_THAT(harness.Refusal("1,2011-05-31,\"279,5,1"), HasSubstr("line 1, column 14"));
  EXPECT_THAT(harness.Refusal("1,2011-05-31,\xff,5,1"), HasSubstr("not UTF-8"));
}

TEST(CsvRows, TakeAnEmptyAmountForNone) {
  DecodeHarness harness({"data.amount"}, Orders());
  EXPECT_THAT(harness.One("1,2011-05-31,279,,1").fields, ElementsAre(Pair("data.amount", "null")));
}

TEST(CsvRows, WithoutATimeFallBackOnTheRecord) {
  DecodeHarness harness({}, Orders());
  EXPECT_EQ(harness.One("1,,279,5,1").time_ms, DecodeHarness::kRecordTime);
}

TEST(CsvRows, AreNamedByTheirContentWhereTheyHaveNoName) {
  SourceOptions options = Orders();
  options.map[1] = {.target = "id", .hash_row = true};
  DecodeHarness harness({}, options);
  const std::string first = harness.One("1,2011-05-31,279,5,1").id;
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(harness.One("1,2011-05-31,279,5,1\r\n").id, first) << "an exact repeat";
  EXPECT_NE(harness.One("1,2011-05-31,279,5,2").id, first);
}

TEST(CsvRows, AreReadInGb18030) {
  SourceOptions options = Orders();
  options.encoding = "gb18030";
  DecodeHarness harness({"data.owner_id"}, options);
  // 王一, U+20000 in four bytes, and "|", which some characters end in.
  EXPECT_EQ(
      harness.One("1,2011-05-31,\xCD\xF5\xD2\xBB\x95\x32\x82\x36|,5,1").fields["data.owner_id"],
      "王一𠀀|");
  EXPECT_THAT(harness.Refusal("1,2011-05-31,\xFF,5,1"), HasSubstr("not gb18030 at byte 13"));
  options.delimiter = '|';
  EXPECT_THAT(Mistakes(options), HasSubstr("delimiter '|'"));
  options.encoding = "koi8-r";
  EXPECT_THAT(Mistakes(options), HasSubstr("'koi8-r' is not known"));
}

TEST(Map, SaysAllMistakesAtOnce) {
  SourceOptions options = Orders();
  options.map[0].target = "tipe";
  options.map[1].expression = "SalesOrderId";
  options.map[2].time_zone = "Asia/Shangai";
  options.map.push_back({.target = "data.owner_id", .expression = "Qty"});
  options.where = "Qty >";
  EXPECT_THAT(Mistakes(options),
              AllOf(HasSubstr("no field 'tipe'; did you mean 'type'?"),
                    HasSubstr("map: id: 'SalesOrderId'"), HasSubstr("SalesOrderID"),
                    HasSubstr("unknown time zone 'Asia/Shangai'"),
                    HasSubstr("data.owner_id stands twice"), HasSubstr("map: type is missing"),
                    HasSubstr("where: 'Qty >'"), Not(HasSubstr("map: id is missing"))));
}

TEST(CsvRows, DoNotChooseAmongColumnsOfOneName) {
  SourceOptions options = Orders();
  options.columns.push_back("Notes");
  options.columns.push_back("Notes");
  DecodeHarness harness({}, options);  // nobody asks for them
  options.columns.push_back("SubTotal");
  EXPECT_EQ(Mistakes(options), "there are several columns 'SubTotal'");
}

TEST(Map, TellsThatADurationIsNoField) {
  SourceOptions options = Orders();
  options.map[4] = {.target = "data.age", .expression = "timestamp(OrderDate) - timestamp(0)"};
  EXPECT_THAT(Mistakes(options),
              HasSubstr("a field of an event cannot be a duration; divide it, as in (…) / 1h"));
}

TEST(Map, GoesWithRowsOnly) {
  SourceOptions options = Orders();
  options.format = SourceFormat::kKpiwatch;
  EXPECT_THAT(Mistakes(options), HasSubstr("goes with rows"));
  options.format = SourceFormat::kCsv;
  options.columns.clear();
  EXPECT_THAT(Mistakes(options), HasSubstr("`columns:`"));
  options.map.clear();
  EXPECT_THAT(Mistakes(options), HasSubstr("`map:`"));
  options.format = SourceFormat::kJson;
  EXPECT_THAT(Mistakes(options), HasSubstr("`where:`"));
}

constexpr char kBeat[] =
    R"({"specversion":"1.0","type":"sys.source.heartbeat","source":"/s","id":"h1","data":{"n":"1"}})";

// Heartbeats, and what kpictl sends of a file's rows, lie among the rows.
TEST(Map, LeavesCloudEventsThatSaySoAsTheyAre) {
  const OneRecordBatch::Headers structured = {
      {"content-type", "Application/CloudEvents+json; charset=UTF-8"}};
  const OneRecordBatch::Headers binary = {{"content-type", "application/json"},
                                          {"ce_specversion", "1.0"},
                                          {"ce_type", "sys.source.heartbeat"},
                                          {"ce_source", "/s"},
                                          {"ce_id", "h1"}};
  SourceOptions json = Orders();
  json.format = SourceFormat::kJson;
  json.map = {{.target = "type", .expression = "type"}, {.target = "id", .expression = "n"}};
  json.where = "";
  for (const SourceOptions& options : {Orders(), json}) {
    DecodeHarness harness({"data.n"}, options);
    for (const DecodedEvent& event :
         {harness.One(kBeat, structured), harness.One(R"({"n":"1"})", binary)}) {
      EXPECT_EQ(event.id, "h1");
      EXPECT_EQ(event.type, "sys.source.heartbeat");
      EXPECT_THAT(event.fields, ElementsAre(Pair("data.n", "1")));
    }
  }
  DecodeHarness rows({}, Orders());
  EXPECT_EQ(rows.One("1,2011-05-31,279,5,1", {{"content-type", "text/csv"}}).id, "1");
}

TEST(Formats, OfEventsTakeCloudEventsThatSaySoToo) {
  for (const SourceFormat format : {SourceFormat::kJson, SourceFormat::kKpiwatch}) {
    DecodeHarness harness({"data.n"}, {.name = "here", .format = format});
    EXPECT_EQ(harness.One(kBeat, {{"content-type", "application/cloudevents+json"}}).id, "h1");
    EXPECT_EQ(harness
                  .One(R"({"id":"other","n":"1"})", {{"ce_specversion", "1.0"},
                                                     {"ce_type", "a.b"},
                                                     {"ce_source", "/s"},
                                                     {"ce_id", "h2"}})
                  .id,
              "h2");
  }
}

SourceOptions Tickets() {
  SourceOptions options;
  options.name = "helpdesk";
  options.format = SourceFormat::kJson;
  options.map = {{.target = "type", .expression = R"("svc.ticket." + kind)"},
                 {.target = "id", .expression = "ticket.no"},
                 {.target = "source", .expression = R"("/desk")"},
                 {.target = "time", .expression = "at"},
                 {.target = "sequence", .expression = "rev"},
                 {.target = "data.owner_id", .expression = "ticket.agent"},
                 {.target = "data.fee", .expression = "fee", .currency = "CNY"},
                 {.target = "data.half", .expression = "fee / 2"},
                 {.target = "data.first", .expression = "first"},
                 {.target = "data.note", .expression = "note"}};
  options.map[0].expression = "kind";
  return options;
}

TEST(JsonRows, BecomeEvents) {
  DecodeHarness harness(
      {"data.owner_id", "data.fee", "data.half", "data.first", "data.note", "data.other"},
      Tickets());
  const DecodedEvent event =
      harness.One(R"({"kind":"svc.ticket.created","ticket":{"no":17,"agent":"王一","x":[1]},)"
                  R"("at":1781485923000,"rev":"3","fee":12.5,"first":true,"note":null})");
  EXPECT_EQ(event.id, "17");
  EXPECT_EQ(event.source, "/desk");
  EXPECT_EQ(event.type, "svc.ticket.created");
  EXPECT_EQ(event.time_ms, 1781485923000);
  EXPECT_EQ(event.sequence, 3);
  EXPECT_THAT(event.fields, ElementsAre(Pair("data.fee", "12.5 CNY"), Pair("data.first", "true"),
                                        Pair("data.half", "6.25"), Pair("data.note", "null"),
                                        Pair("data.owner_id", "王一")));
}

TEST(JsonRows, ReadTimesAsTextToo) {
  DecodeHarness harness({}, Tickets());
  const auto time_of = [&](const std::string& at) {
    return harness.One(R"({"kind":"t","ticket":{"no":"1"},"at":)" + at + "}").time_ms;
  };
  EXPECT_EQ(time_of(R"("2026-06-15T09:12:03+08:00")"), 1781485923000);
  EXPECT_EQ(time_of(R"("1781485923000")"), 1781485923000);
  EXPECT_EQ(time_of("null"), DecodeHarness::kRecordTime);
}

TEST(JsonRows, WriteTruthAsAWordWhereTextIsMeant) {
  SourceOptions options;
  options.name = "desk";
  options.format = SourceFormat::kJson;
  for (const char* target : {"type", "id", "source", "subject", "tenant"}) {
    options.map.push_back({.target = target, .expression = "vip"});
  }
  DecodeHarness harness({"event.subject", "event.type"}, options);
  const DecodedEvent event = harness.One(R"({"vip":false})");
  for (const std::string& text :
       {event.type, event.id, event.source, event.subject, event.tenant}) {
    EXPECT_EQ(text, "false");
  }
}

TEST(JsonRows, RefuseTruthWhereATimeOrAnAmountIsMeant) {
  SourceOptions options = Tickets();
  DecodeHarness harness({"data.fee"}, options);
  EXPECT_THAT(harness.Refusal(R"({"kind":"t","ticket":{"no":1},"at":true})"),
              HasSubstr("time: 'true' is not a time"));
  EXPECT_THAT(harness.Refusal(R"({"kind":"t","ticket":{"no":1},"fee":false})"),
              HasSubstr("data.fee: 'false' is not a decimal number"));
}

TEST(JsonRows, ComeInArrays) {
  SourceOptions options = Tickets();
  options.map[1] = {.target = "id", .hash_row = true};
  options.where = R"(kind != "skip")";
  DecodeHarness harness({"data.fee"}, options);
  const auto events = harness.Decode(
      R"([{"kind":"t","fee":1}, {"kind":"skip"}, {"fee":"2","kind":"t"}, {"kind":"t","fee":1}])");
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].fields.at("data.fee"), "1 CNY");
  EXPECT_EQ((*events)[1].fields.at("data.fee"), "2 CNY");
  EXPECT_EQ((*events)[0].id, (*events)[2].id);
  EXPECT_NE((*events)[0].id, (*events)[1].id);
  EXPECT_FALSE(harness.Decode(R"([{"kind":"t"},5])").ok());
  EXPECT_FALSE(harness.Decode(R"({"kind":"t"} x)").ok());
}

TEST(JsonRows, KeepMoneyOfTheirOwn) {
  SourceOptions options = Tickets();
  options.map[6].currency.clear();
  DecodeHarness harness({"data.fee"}, options);
  const std::string row =
      R"({"kind":"t","ticket":{"no":1},"fee":{"amount":"1.50","currency":"EUR"}})";
  EXPECT_EQ(harness.One(row).fields["data.fee"], "1.5 EUR");
  DecodeHarness in_yuan({"data.fee"}, Tickets());
  EXPECT_THAT(in_yuan.Refusal(row), HasSubstr("an amount in EUR where the map says CNY"));
}

TEST(JsonRows, AreChosenAndCalculatedByExpressions) {
  SourceOptions options = Tickets();
  options.map[0].expression = R"(kind.matches("^(new|open)$") ? "svc.ticket.created" : "other")";
  options.map[3].expression = "timestamp(at) + 90m";
  options.map[6] = {.target = "data.fee", .expression = "fee * hours"};
  options.map[7].expression = R"(round(fee / 3, 2))";
  options.map[8].expression = R"((timestamp(done) - timestamp(at)) / 1h)";
  options.where = R"(has(ticket.no) && size(kind) < 10)";
  DecodeHarness harness({"data.fee", "data.half", "data.first"}, options);
  const DecodedEvent event = harness.One(
      R"({"kind":"open","ticket":{"no":1},"at":"2026-06-15T09:12:03+08:00",)"
      R"("done":"2026-06-15T05:12:03Z","fee":{"amount":"12.50","currency":"EUR"},"hours":"3"})");
  EXPECT_EQ(event.type, "svc.ticket.created");
  EXPECT_EQ(event.time_ms, 1781485923000 + 5'400'000);
  EXPECT_THAT(event.fields, ElementsAre(Pair("data.fee", "37.5 EUR"), Pair("data.first", "4"),
                                        Pair("data.half", "4.17 EUR")));
}

TEST(JsonRows, MayHaveBlanksInTheirNames) {
  SourceOptions options = Tickets();
  options.map[1].expression = "`Case ID`";
  options.map[5].expression = "ticket.`agent name`.first";
  options.map[8].expression = "`Case ID` + 1";
  DecodeHarness harness({"data.owner_id", "data.first"}, options);
  const DecodedEvent event =
      harness.One(R"({"kind":"t","Case ID":7,"ticket":{"no":1,"agent name":{"first":"王一"}}})");
  EXPECT_EQ(event.id, "7");
  EXPECT_THAT(event.fields, ElementsAre(Pair("data.first", "8"), Pair("data.owner_id", "王一")));
}

TEST(JsonRows, AreToldFromCsvByTheColumns) {
  SourceOptions options = Orders();
  options.format = SourceFormat::kAuto;
  DecodeHarness csv({}, options);
  EXPECT_EQ(csv.One("7,2011-05-31,279,5,1").id, "7");
  options = Tickets();
  options.format = SourceFormat::kAuto;
  DecodeHarness json({}, options);
  EXPECT_EQ(json.One(R"({"kind":"t","ticket":{"no":8}})").id, "8");
}

}  // namespace
}  // namespace kpiwatch
