#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "proto/kpiwatch/v1/event.pb.h"
#include "tests/ingest/decode_harness.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

v1::Event Won() {
  v1::Event event;
  event.set_id("e-1");
  event.set_source("/crm");
  event.set_type("com.acme.crm.opportunity.won.v1");
  event.set_subject("006A1");
  event.set_time_unix_ms(1781485923000);
  event.set_recorded_unix_ms(1781485924000);
  event.set_sequence(17);
  event.set_tenant("acme");
  event.set_entity_id("006A1");
  event.set_owner_id("u102");
  event.set_owner_unit("华东");
  event.set_account_id("a77");
  event.mutable_amount()->set_minor(18'000'050);
  event.mutable_amount()->set_currency("CNY");
  (*event.mutable_attrs())["channel"] = "线下";
  (*event.mutable_attrs())["region"] = "East";
  auto& data = *event.mutable_data()->mutable_fields();
  data["score"].set_number_value(0.1);
  data["stage"].set_string_value("报价");
  data["first"].set_bool_value(true);
  data["note"].set_null_value(google::protobuf::NULL_VALUE);
  auto& tax = *data["tax"].mutable_struct_value()->mutable_fields();
  tax["amount"].set_string_value("12.50");
  tax["currency"].set_string_value("CNY");
  (*data["deep"].mutable_struct_value()->mutable_fields())["er"].set_string_value("here");
  data["list"].mutable_list_value()->add_values()->set_number_value(1);
  return event;
}

TEST(ProtobufEvents, ReadsEveryField) {
  DecodeHarness harness({"event.type", "data.entity_id", "data.owner_id", "data.owner_unit",
                         "data.account_id", "data.amount", "data.version", "data.attrs.channel",
                         "data.score", "data.stage", "data.first", "data.note", "data.tax",
                         "data.deep.er", "data.list", "data.nowhere"});
  const DecodedEvent event = harness.One(Won().SerializeAsString());
  EXPECT_EQ(event.id, "e-1");
  EXPECT_EQ(event.source, "/crm");
  EXPECT_EQ(event.type, "com.acme.crm.opportunity.won.v1");
  EXPECT_EQ(event.subject, "006A1");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.time_ms, 1781485923000);
  EXPECT_EQ(event.recorded_ms, 1781485924000);
  EXPECT_EQ(event.sequence, 17);
  EXPECT_THAT(event.fields,
              ElementsAre(Pair("data.account_id", "a77"), Pair("data.amount", "180000.5 CNY"),
                          Pair("data.attrs.channel", "线下"), Pair("data.deep.er", "here"),
                          Pair("data.entity_id", "006A1"), Pair("data.first", "true"),
                          Pair("data.note", "null"), Pair("data.owner_id", "u102"),
                          Pair("data.owner_unit", "华东"), Pair("data.score", "0.1"),
                          Pair("data.stage", "报价"), Pair("data.tax", "12.5 CNY"),
                          Pair("data.version", "17"), Pair("event.type", event.type)));
}

TEST(ProtobufEvents, ScalesMoneyByItsCurrency) {
  DecodeHarness harness({"data.amount"});
  v1::Event event = Won();
  const auto read = [&](int64_t minor, const std::string& currency) {
    event.mutable_amount()->set_minor(minor);
    event.mutable_amount()->set_currency(currency);
    return harness.One(event.SerializeAsString()).fields["data.amount"];
  };
  EXPECT_EQ(read(5, "CNY"), "0.05 CNY");
  EXPECT_EQ(read(5, "JPY"), "5 JPY");
  EXPECT_EQ(read(-5, "KWD"), "-0.005 KWD");
  EXPECT_EQ(read(0, "CNY"), "0 CNY");
  event.mutable_amount()->set_currency("RMB");
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("'RMB' is not a currency"));
}

TEST(ProtobufEvents, FallsBackOnTheStructForAbsentFields) {
  DecodeHarness harness({"data.owner_id", "data.amount"});
  v1::Event event = Won();
  auto& data = *event.mutable_data()->mutable_fields();
  data["owner_id"].set_string_value("other");
  auto& money = *data["amount"].mutable_struct_value()->mutable_fields();
  money["amount"].set_string_value("7");
  money["currency"].set_string_value("EUR");
  EXPECT_THAT(harness.One(event.SerializeAsString()).fields,
              ElementsAre(Pair("data.amount", "180000.5 CNY"), Pair("data.owner_id", "u102")));
  event.clear_owner_id();
  event.clear_amount();
  EXPECT_THAT(harness.One(event.SerializeAsString()).fields,
              ElementsAre(Pair("data.amount", "7 EUR"), Pair("data.owner_id", "other")));
}

TEST(ProtobufEvents, WantsMoneyInAStructAsText) {
  DecodeHarness harness({"data.tax"});
  v1::Event event = Won();
  auto& tax =
      *(*event.mutable_data()->mutable_fields())["tax"].mutable_struct_value()->mutable_fields();
  tax["amount"].set_number_value(12.5);
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("must be a string"));
}

TEST(ProtobufEvents, SkipsUnknownFields) {
  DecodeHarness harness({"data.owner_id"});
  v1::Event event = Won();
  auto* unknown = event.GetReflection()->MutableUnknownFields(&event);
  unknown->AddVarint(100, 5);
  unknown->AddFixed32(101, 5);
  unknown->AddFixed64(102, 5);
  unknown->AddLengthDelimited(103, "x");
  EXPECT_EQ(harness.One(event.SerializeAsString()).fields["data.owner_id"], "u102");
}

TEST(ProtobufEvents, TreatsDefaultsAsAbsent) {
  DecodeHarness harness({"data.owner_id", "data.amount", "data.version"});
  v1::Event event;
  event.set_id("1");
  event.set_type("t");
  event.mutable_amount();
  const DecodedEvent decoded = harness.One(event.SerializeAsString());
  EXPECT_EQ(decoded.source, "here");
  EXPECT_EQ(decoded.time_ms, DecodeHarness::kRecordTime);
  EXPECT_EQ(decoded.recorded_ms, kNoTime);
  EXPECT_EQ(decoded.sequence, -1);
  EXPECT_TRUE(decoded.fields.empty());
}

TEST(ProtobufEvents, RefusesWhatCannotBe) {
  DecodeHarness harness({"data.owner_id"});
  v1::Event event = Won();
  event.clear_id();
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("id is missing"));
  event = Won();
  event.set_time_unix_ms(std::numeric_limits<int64_t>::max());
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("out of range"));
  event.set_time_unix_ms(std::numeric_limits<int64_t>::min());
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("out of range"));
  event = Won();
  event.set_sequence(-1);
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("negative"));
  event = Won();
  event.set_subject(std::string(1025, 'x'));
  EXPECT_THAT(harness.Refusal(event.SerializeAsString()), HasSubstr("subject has 1025 bytes"));
  std::string not_utf8 = Won().SerializeAsString();
  not_utf8.replace(not_utf8.find("u102"), 4, "u\xff\xfe\xfd");
  EXPECT_THAT(harness.Refusal(not_utf8), HasSubstr("UTF-8"));
  EXPECT_THAT(harness.Refusal("hello"), HasSubstr("malformed protobuf"));
}

TEST(ProtobufEvents, AgreesWithTheLibraryOnWhatIsCutOrChanged) {
  // Whatever the scan accepts, the library reads the same way.
  DecodeHarness harness({"data.owner_id", "data.score", "data.amount", "data.deep.er"});
  const google::protobuf::LogSilencer quiet;
  const std::string good = Won().SerializeAsString();
  std::mt19937_64 random(11);
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = good;
    if (i < static_cast<int>(good.size())) {
      bytes.resize(static_cast<size_t>(i));
    } else {
      for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
    }
    const auto events = harness.Decode(bytes);
    if (!events.ok() || events->empty()) {
      continue;
    }
    v1::Event expected;
    if (expected.ParseFromString(bytes)) {
      ASSERT_EQ((*events)[0].id, expected.id());
      ASSERT_EQ((*events)[0].type, expected.type());
      if (!expected.owner_id().empty()) {
        ASSERT_EQ((*events)[0].fields.at("data.owner_id"), expected.owner_id());
      }
    }
  }
}

TEST(Frames, AreRecognizedByTheirFirstByte) {
  DecodeHarness harness({"data.owner_id"});
  const std::string bare = Won().SerializeAsString();
  const std::string id("\x00\x00\x00\x00\x2A", 5);
  for (const std::string& indexes :
       {std::string("\x00", 1), std::string("\x02\x02"), std::string("\x04\x02\x00", 3)}) {
    EXPECT_EQ(harness.One(id + indexes + bare).id, "e-1");
  }
  const std::string json = R"({"specversion":"1.0","id":"j","type":"t","source":"s"})";
  EXPECT_EQ(harness.One(id + json).id, "j");
  EXPECT_EQ(harness.One(std::string("\x03\x00", 2) + std::string(16, 'g') + json).id, "j");
  EXPECT_EQ(harness.One("\xEF\xBB\xBF" + json).id, "j");
  EXPECT_EQ(harness.One("\n " + json).id, "j");
  // A schema id in a header leaves the value bare.
  EXPECT_EQ(harness.One(bare, {{"__value_schema_id", "\x01GGGGGGGGGGGGGGGG"}}).id, "e-1");
}

TEST(Frames, AreRefusedWhenCutOrOfAnotherKind) {
  DecodeHarness harness({});
  EXPECT_THAT(harness.Refusal(std::string("\x00\x00", 2)), HasSubstr("cut"));
  EXPECT_THAT(harness.Refusal(std::string("\x00\x00\x00\x00\x01\x04\x02", 7)), HasSubstr("cut"));
  EXPECT_THAT(harness.Refusal(std::string("\x00\x00\x00\x00\x01\x03"
                                          "avro",
                                          10)),
              HasSubstr("Confluent frame"));
  EXPECT_THAT(harness.Refusal(std::string("\x03\x05", 2) + std::string(20, 'z')),
              HasSubstr("Glue"));
}

TEST(Decoder, NeverFallsOverRandomBytes) {
  DecodeHarness harness({"data.owner_id", "data.amount", "data.x.y"});
  const std::string json =
      R"({"specversion":"1.0","id":"1","type":"t","source":"s","time":"2026-06-15T09:12:03Z",)"
      R"("data":{"owner_id":"\u738b","amount":{"amount":"1.5","currency":"CNY"},"x":[{"y":1}]}})";
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes = i % 2 == 0 ? json : std::string(random() % 64, '\0');
    for (char& c : bytes) {
      if (i % 2 == 1 || random() % 40 == 0) {
        c = static_cast<char>(random() % (i % 3 == 0 ? 128 : 256));
      }
    }
    (void)harness.Decode(bytes);
  }
}

}  // namespace
}  // namespace kpiwatch
