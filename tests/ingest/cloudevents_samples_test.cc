// Every CloudEvents sample of the outside data, by name, decoded or refused as its oracle and the
// specification's version 1.0 have it.
#include <gtest/gtest.h>

#include <string>

#include "tests/ingest/decode_harness.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch {
namespace {

constexpr int64_t kUsualTime = 1524746889000;  // 2018-04-26T14:48:09+02:00
constexpr int64_t kNow = DecodeHarness::kRecordTime;

struct Sample {
  const char* name;
  int64_t time_ms;      // of an accepted event
  const char* refusal;  // part of the reason; "" accepted
};

class CloudEventsSample : public ::testing::TestWithParam<Sample> {};

TEST_P(CloudEventsSample, IsDecodedOrRefused) {
  const Sample& sample = GetParam();
  const std::string file = std::string("payload_samples/cloudevents/") + sample.name + ".json";
  KPIWATCH_REQUIRE_SHARED_DATA(file);
  DecodeHarness harness({"event.subject"});
  const auto events = harness.Decode(ReadWholeFile(*SharedData(file)));
  if (*sample.refusal != '\0') {
    ASSERT_FALSE(events.ok());
    EXPECT_NE(std::string(events.status().message()).find(sample.refusal), std::string::npos)
        << events.status();
    return;
  }
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 1u);
  const DecodedEvent& event = (*events)[0];
  EXPECT_EQ(event.id, "1");
  EXPECT_EQ(event.type, "mock.test");
  EXPECT_EQ(event.source, "http://localhost/source");
  EXPECT_EQ(event.time_ms, sample.time_ms);
  EXPECT_EQ(event.subject, sample.time_ms == kNow ? "" : "sub");
}

INSTANTIATE_TEST_SUITE_P(
    All, CloudEventsSample,
    ::testing::Values(
        Sample{"v1/base64_json_data", kUsualTime, ""},
        Sample{"v1/base64_json_data_with_ext", kUsualTime, ""},
        Sample{"v1/base64_text_data", kUsualTime, ""}, Sample{"v1/base64_xml_data", kUsualTime, ""},
        Sample{"v1/binary_attr", kNow, ""},
        Sample{"v1/fail_numeric_decimal", 0, "attribute 'decimal'"},
        Sample{"v1/fail_numeric_long", 0, "attribute 'long'"},
        Sample{"v1/json_data", kUsualTime, ""}, Sample{"v1/json_data_with_ext", kUsualTime, ""},
        Sample{"v1/json_data_with_ext_invalid", 0, "attribute name 'a_invalid_name'"},
        Sample{"v1/json_data_with_ext_upper_case", 0, "attribute name 'aString'"},
        Sample{"v1/json_data_with_fractional_time", 1524754089123, ""}, Sample{"v1/min", kNow, ""},
        Sample{"v1/min_subject_null", kNow, ""}, Sample{"v1/numeric_ext", kNow, ""},
        Sample{"v1/text_data", kUsualTime, ""}, Sample{"v1/xml_data", kUsualTime, ""},
        Sample{"v03/base64_json_data", 0, "specversion '0.3'"},
        Sample{"v03/base64_json_data_with_ext", 0, "specversion '0.3'"},
        Sample{"v03/base64_text_data", 0, "specversion '0.3'"},
        Sample{"v03/base64_xml_data", 0, "specversion '0.3'"},
        // These two say 1.0 of themselves.
        Sample{"v03/fail_numeric_decimal", 0, "attribute 'decimal'"},
        Sample{"v03/fail_numeric_long", 0, "attribute 'long'"},
        Sample{"v03/json_data", 0, "specversion '0.3'"},
        Sample{"v03/json_data_with_ext", 0, "specversion '0.3'"},
        Sample{"v03/json_data_with_ext_invalid", 0, "specversion '0.3'"},
        Sample{"v03/json_data_with_ext_upper_case", 0, "specversion '0.3'"},
        Sample{"v03/min", 0, "specversion '0.3'"},
        Sample{"v03/min_subject_null", 0, "specversion '0.3'"},
        Sample{"v03/text_data", 0, "specversion '0.3'"},
        Sample{"v03/xml_data", 0, "specversion '0.3'"}),
    [](const ::testing::TestParamInfo<Sample>& info) {
      std::string name;
      bool upper = true;  // v1/json_data -> V1JsonData
      for (const char* c = info.param.name; *c != '\0'; ++c) {
        if (*c == '/' || *c == '_') {
          upper = true;
          continue;
        }
        name += upper ? static_cast<char>(std::toupper(*c)) : *c;
        upper = false;
      }
      return name;
    });

}  // namespace
}  // namespace kpiwatch
