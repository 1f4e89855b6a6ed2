#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/decode_harness.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;

OneRecordBatch::Headers Binary(OneRecordBatch::Headers more = {}) {
  OneRecordBatch::Headers headers = {{"ce_specversion", "1.0"},
                                     {"ce_id", "7"},
                                     {"ce_type", "crm.need.confirmed"},
                                     {"ce_source", "/crm"},
                                     {"ce_time", "2026-06-15T09:12:03+08:00"},
                                     {"ce_sequence", "3"},
                                     {"ce_tenantid", "acme"},
                                     {"content-type", "application/json"},
                                     {"traceparent", "00-0af7651916cd43dd8448eb211c80319c"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

TEST(CloudEventsBinary, ReadsHeadersAndData) {
  DecodeHarness harness({"data.owner_id"});
  const DecodedEvent event = harness.One(R"({"owner_id":"u1"})", Binary({{"ce_subject", "客户"}}));
  EXPECT_EQ(event.id, "7");
  EXPECT_EQ(event.type, "crm.need.confirmed");
  EXPECT_EQ(event.source, "/crm");
  EXPECT_EQ(event.subject, "客户");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.sequence, 3);
  EXPECT_EQ(event.time_ms, 1781485923000);
  EXPECT_EQ(event.fields.at("data.owner_id"), "u1");
}

TEST(CloudEventsBinary, IsToldFromPlainJsonByItsHeaders) {
  DecodeHarness harness({});
  // Data that could be an event by itself.
  const std::string data = R"({"id":"inner","type":"inner"})";
  EXPECT_EQ(harness.One(data, Binary()).id, "7");
  EXPECT_EQ(harness.One(data).id, "inner");
  EXPECT_EQ(harness.One(data, Binary()).id, "7");
  EXPECT_EQ(harness.One("[" + data + "]", Binary()).id, "7");
}

TEST(CloudEventsBinary, TakesDataOfAnyOtherForm) {
  DecodeHarness harness({"data.a"});
  for (const std::string& data :
       {std::string("hello"), std::string("\x00\x01", 2), std::string("{broken"), std::string()}) {
    DecodeHarness fresh({"data.a"});
    auto headers = Binary();
    headers[7].second = "application/octet-stream";
    EXPECT_EQ(fresh.One(data, headers).id, "7");
    EXPECT_EQ(harness.One(data, headers).id, "7");
  }
  EXPECT_THAT(harness.Refusal("{broken", Binary()), HasSubstr("not valid JSON"));
}

TEST(CloudEventsBinary, WithoutAValueIsAnEventWithoutData) {
  DecodeHarness harness({});
  OneRecordBatch batch("", Binary(), DecodeHarness::kRecordTime);
  batch.record().tombstone = true;
  const auto events = harness.Decode(batch);
  ASSERT_TRUE(events.ok());
  EXPECT_EQ(events->size(), 1u);
}

TEST(CloudEventsBinary, RefusesWrongHeaders) {
  DecodeHarness harness({});
  auto headers = Binary();
  headers[0].second = "0.3";
  EXPECT_THAT(harness.Refusal("{}", headers), HasSubstr("specversion '0.3'"));
  EXPECT_THAT(harness.Refusal("{}", Binary({{"ce_my-ext", "x"}})), HasSubstr("'my-ext'"));
  EXPECT_THAT(harness.Refusal("{}", Binary({{"ce_ext", "\xff"}})), HasSubstr("'ext'"));
  EXPECT_THAT(harness.Refusal("{}", Binary({{"ce_time", "today"}})), HasSubstr("'today'"));
  EXPECT_THAT(harness.Refusal("{}", {{"ce_specversion", "1.0"}, {"ce_source", "s"}}),
              HasSubstr("id is missing"));
}

TEST(Tombstone, IsNoEvent) {
  DecodeHarness harness({});
  OneRecordBatch batch("", {}, DecodeHarness::kRecordTime);
  batch.record().tombstone = true;
  const auto events = harness.Decode(batch);
  ASSERT_TRUE(events.ok());
  EXPECT_TRUE(events->empty());
  EXPECT_THAT(harness.Refusal(""), HasSubstr("empty"));
}

}  // namespace
}  // namespace kpiwatch
