// Change events of Debezium in their wrappings (D-25).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/ingest/decode_harness.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;

SourceOptions Options(bool with_time, std::string sequence = "") {
  SourceOptions options;
  options.name = "odoo";
  options.format = SourceFormat::kDebezium;
  const auto add = [&](std::string target, std::string expression) {
    options.map.push_back({.target = std::move(target), .expression = std::move(expression)});
  };
  add("type", R"(op == "d" ? "sale.deleted" : "sale.changed")");
  if (with_time) {
    add("time", "row.date_order");
  }
  if (!sequence.empty()) {
    add("sequence", sequence);
  }
  for (const char* path : {"op", "ts_ms", "source.table"}) {
    const std::string name = path;
    add("data." + name.substr(name.rfind('.') + 1), name);
  }
  add("data.id", "row.id");
  add("data.state", "row.state");
  add("data.before", "before.id");
  add("data.after", "after.id");
  return options;
}
const std::vector<std::string> kPaths = {"data.op",    "data.ts_ms",  "data.table", "data.id",
                                         "data.state", "data.before", "data.after"};

constexpr char kUpdate[] =
    R"({"before":{"id":91,"state":"sale"},"after":{"id":91,"state":"cancel","date_order":1781400000000},)"
    R"("source":{"connector":"postgresql","name":"odoo","db":"odoo","table":"sale_order",)"
    R"("ts_ms":1781485923000,"lsn":29274832,"snapshot":"false"},"op":"u","ts_ms":1781485923511})";

std::string With(std::string json, const std::string& old, const std::string& by) {
  const size_t at = json.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return json.replace(at, old.size(), by);
}

TEST(DebeziumTest, AnUpdateIsTheRowAfterItAtTheMomentOfTheChange) {
  DecodeHarness harness(kPaths, Options(false));
  const DecodedEvent event = harness.One(kUpdate);
  EXPECT_EQ(event.type, "sale.changed");
  EXPECT_EQ(event.source, "odoo");
  EXPECT_EQ(event.time_ms, 1781485923000) << "not when the connector saw it";
  EXPECT_EQ(event.sequence, 29274832);
  EXPECT_EQ(event.snapshot, SnapshotRead::kNo);
  EXPECT_EQ(event.fields.at("data.state"), "cancel");
  EXPECT_EQ(event.fields.at("data.before"), "91");
  EXPECT_EQ(event.fields.at("data.table"), "sale_order");
  EXPECT_EQ(event.id.size(), 32U);
}

TEST(DebeziumTest, TheMapsTimeIsThatOfTheBusiness) {
  DecodeHarness harness(kPaths, Options(true));
  EXPECT_EQ(harness.One(kUpdate).time_ms, 1781400000000);
}

TEST(DebeziumTest, TheWrappingsSayTheSame) {
  DecodeHarness harness(kPaths, Options(true));
  const DecodedEvent plain = harness.One(kUpdate);
  const std::string wrapped =
      R"({"schema":{"type":"struct","fields":[{"field":"op"},{"field":"payload"}]},"payload":)" +
      std::string(kUpdate) + "}";
  const std::string rows =
      R"({"before":{"id":91,"state":"sale"},"after":{"id":91,"state":"cancel","date_order":1781400000000}})";
  const std::string event =
      R"({"id":"name:odoo;lsn:29274832;txId:565","source":"/debezium/postgresql/odoo",)"
      R"("specversion":"1.0","type":"io.debezium.connector.postgresql.DataChangeEvent",)"
      R"("time":"2026-06-15T01:12:03.000Z","datacontenttype":"application/json",)"
      R"("iodebeziumop":"u","iodebeziumname":"odoo","iodebeziumtsms":"1781485923000",)"
      R"("iodebeziumsnapshot":"false","iodebeziumdb":"odoo","iodebeziumtable":"sale_order",)"
      R"("iodebeziumlsn":"29274832","iodebeziumxmin":null,"data":)";
  const OneRecordBatch::Headers structured = {
      {"content-type", "application/cloudevents+json; charset=UTF-8"}};
  for (const auto& [json, headers] :
       {std::pair(wrapped, OneRecordBatch::Headers()), std::pair(event + rows + "}", structured),
        std::pair(event + rows + "}", OneRecordBatch::Headers()),
        std::pair(event + R"({"schema":{},"payload":)" + rows + "}}", structured)}) {
    const DecodedEvent other = harness.One(json, headers);
    EXPECT_EQ(other.id, plain.id) << json;
    EXPECT_EQ(other.type, plain.type);
    EXPECT_EQ(other.time_ms, plain.time_ms);
    EXPECT_EQ(other.sequence, plain.sequence);
    EXPECT_EQ(other.snapshot, SnapshotRead::kNo);
    EXPECT_EQ(other.fields.at("data.state"), "cancel");
    EXPECT_EQ(other.fields.at("data.table"), "sale_order");
  }
}

TEST(DebeziumTest, ADeleteIsTheRowBeforeIt) {
  DecodeHarness harness(kPaths, Options(true));
  std::string json = With(kUpdate, R"("op":"u")", R"("op":"d")");
  json = With(json, R"({"id":91,"state":"cancel","date_order":1781400000000})", "null");
  const DecodedEvent event = harness.One(json);
  EXPECT_EQ(event.type, "sale.deleted");
  EXPECT_EQ(event.fields.at("data.id"), "91");
  EXPECT_EQ(event.fields.at("data.state"), "sale");
  EXPECT_EQ(event.time_ms, 1781485923000) << "that row says no time";
}

TEST(DebeziumTest, ATombstoneIsNoEventWrappedOrNot) {
  DecodeHarness harness(kPaths, Options(false));
  OneRecordBatch batch("", {}, DecodeHarness::kRecordTime);
  batch.record().tombstone = true;
  EXPECT_TRUE(harness.Decode(batch)->empty());
  EXPECT_TRUE(harness.Decode(R"({"schema":null,"payload":null})")->empty());
  EXPECT_TRUE(harness.Decode(R"({"op":"m","ts_ms":1,"source":{"lsn":1},"message":{"prefix":"x"}})")
                  ->empty());
}

TEST(DebeziumTest, WhatWasOnlyReadIsASnapshotDatedByTheMapOrNot) {
  for (const auto& [from, to] : {std::pair(R"("op":"u")", R"("op":"r")"),
                                 std::pair(R"("snapshot":"false")", R"("snapshot":"last")"),
                                 std::pair(R"("snapshot":"false")", R"("snapshot":true)")}) {
    const std::string json = With(kUpdate, from, to);
    EXPECT_EQ(DecodeHarness(kPaths, Options(true)).One(json).snapshot, SnapshotRead::kDated) << to;
    EXPECT_EQ(DecodeHarness(kPaths, Options(false)).One(json).snapshot, SnapshotRead::kUndated);
    EXPECT_EQ(DecodeHarness(kPaths, Options(true))
                  .One(With(json, R"("date_order":1781400000000)", R"("date_order":null)"))
                  .snapshot,
              SnapshotRead::kUndated);
  }
}

TEST(DebeziumTest, PositionsOfOtherDatabasesAscend) {
  DecodeHarness harness(kPaths, Options(false));
  const auto sequence = [&](const std::string& position) {
    return harness.One(With(kUpdate, R"("lsn":29274832)", position)).sequence;
  };
  EXPECT_LT(sequence(R"("file":"mysql-bin.000009","pos":900)"),
            sequence(R"("file":"mysql-bin.000010","pos":4)"));
  EXPECT_LT(sequence(R"("file":"mysql-bin.000010","pos":4)"),
            sequence(R"("file":"mysql-bin.000010","pos":154)"));
  EXPECT_LT(sequence(R"("change_lsn":"00000027:00000ac0:0002")"),
            sequence(R"("change_lsn":"00000027:00000ac8:0001")"));
  EXPECT_LT(sequence(R"("change_lsn":null,"commit_lsn":"00000027:00000ac0:0002")"),
            sequence(R"("change_lsn":"00000028:00000001:0001")"));
  EXPECT_EQ(sequence(R"("scn":"11122233")"), 11122233);
  EXPECT_EQ(sequence(R"("file":"strange","pos":4)"), -1);
  EXPECT_EQ(sequence(R"("change_lsn":"zz")"), -1);
}

TEST(DebeziumTest, TheSameChangeSeenAgainHasTheSameIdAndEveryOtherAnother) {
  DecodeHarness harness(kPaths, Options(false));
  const std::string id = harness.One(kUpdate).id;
  EXPECT_EQ(harness.One(With(kUpdate, R"("ts_ms":1781485923511)", R"("ts_ms":1781485999999)")).id,
            id);
  for (const auto& [from, to] :
       {std::pair("29274832", "29274833"), std::pair("\"cancel\"", "\"done\""),
        std::pair("sale_order", "sale_line"), std::pair(R"("op":"u")", R"("op":"r")")}) {
    EXPECT_NE(harness.One(With(kUpdate, from, to)).id, id) << to;
  }
}

TEST(DebeziumTest, AFlattenedRowNeedsASequence) {
  constexpr char kRow[] = R"({"id":91,"state":"sale","version":7,"__deleted":"false"})";
  EXPECT_THAT(DecodeHarness(kPaths, Options(false)).Refusal(kRow), HasSubstr("`sequence`"));
  DecodeHarness harness(kPaths, Options(false, "row.version"));
  for (const std::string& json :
       {std::string(kRow), R"({"schema":{},"payload":)" + std::string(kRow) + "}"}) {
    const DecodedEvent event = harness.One(json);
    EXPECT_EQ(event.fields.at("data.id"), "91");
    EXPECT_EQ(event.sequence, 7);
    EXPECT_EQ(event.time_ms, DecodeHarness::kRecordTime);
    EXPECT_EQ(event.snapshot, SnapshotRead::kNo);
  }
}

TEST(DebeziumTest, WhatHoldsNoRowIsRefusedWithTheReason) {
  DecodeHarness harness(kPaths, Options(false));
  EXPECT_THAT(harness.Refusal(With(kUpdate, R"("op":"u")", R"("op":"t")")), HasSubstr("truncated"));
  EXPECT_THAT(harness.Refusal(With(kUpdate, R"("op":"u")", R"("op":"x")")),
              HasSubstr("unknown operation op 'x'"));
  EXPECT_THAT(harness.Refusal(R"({"before":null,"after":null,"op":"u","source":{}})"),
              HasSubstr("op 'u' without `after`"));
  EXPECT_THAT(harness.Refusal(R"({"before":null,"after":null,"op":"d","source":{}})"),
              HasSubstr("REPLICA IDENTITY"));
  EXPECT_THAT(harness.Refusal("[1]"), HasSubstr("not valid JSON"));
  EXPECT_THAT(harness.Refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(harness.Refusal(std::string(kUpdate) + "{}"), HasSubstr("after the end"));
}

TEST(DebeziumTest, HeartbeatsAndOtherCloudEventsBetweenTheChangesAreTakenAsTheyAre) {
  DecodeHarness harness(kPaths, Options(false));
  const DecodedEvent event = harness.One(
      R"({"specversion":"1.0","id":"h1","source":"/odoo","type":"sys.source.heartbeat","data":{}})",
      {{"content-type", "application/cloudevents+json"}});
  EXPECT_EQ(event.type, "sys.source.heartbeat");
}

// Every sample of the outside data, as its oracle has it.
TEST(DebeziumTest, SamplesAreDecodedAsTheirOracleSays) {
  KPIWATCH_REQUIRE_SHARED_DATA("payload_samples/oracle.txt");
  std::ifstream oracle(*SharedData("payload_samples/oracle.txt"));
  DecodeHarness harness(kPaths, Options(false));
  int samples = 0;
  bool inside = false;
  for (std::string line; std::getline(oracle, line);) {
    if (line.starts_with("==")) {
      inside = line.find("Debezium envelopes") != std::string::npos;
      continue;
    }
    if (!inside) {
      continue;
    }
    std::istringstream words(line);
    std::string file, op, table, before, after, ts_ms;
    words >> file >> op >> table >> before >> after >> ts_ms;
    SCOPED_TRACE(file);
    const std::string json = ReadWholeFile(*SharedData("payload_samples/debezium/" + file));
    ++samples;
    if (op == "None") {
      EXPECT_THAT(harness.Refusal(json), HasSubstr("neither op, before nor after"));
      continue;
    }
    const DecodedEvent event = harness.One(json);
    const auto field = [&](const std::string& name) {
      const auto it = event.fields.find("data." + name);
      return it == event.fields.end() ? std::string("None") : it->second;
    };
    EXPECT_EQ(field("op"), op);
    EXPECT_EQ(field("table"), table);
    EXPECT_EQ(field("before") == "None" ? "False" : "True", before);
    EXPECT_EQ(field("after") == "None" ? "False" : "True", after);
    EXPECT_EQ(field("ts_ms"), ts_ms);
    EXPECT_EQ(field("id"), field("after"));
    const bool snapshot = op == "r" || json.find(R"("snapshot": true)") != std::string::npos;
    EXPECT_EQ(event.snapshot, snapshot ? SnapshotRead::kUndated : SnapshotRead::kNo);
  }
  EXPECT_EQ(samples, 17);
}

TEST(DebeziumTest, AFlattenedSampleIsReadWhereTheMapNamesASequence) {
  KPIWATCH_REQUIRE_SHARED_DATA("payload_samples/debezium/serde-unwrapped.json");
  const DecodedEvent event =
      DecodeHarness(kPaths, Options(false, "1"))
          .One(ReadWholeFile(*SharedData("payload_samples/debezium/serde-unwrapped.json")));
  EXPECT_EQ(event.fields.at("data.id"), "1004");
  EXPECT_FALSE(event.fields.contains("data.before"));
}

}  // namespace
}  // namespace kpiwatch
