#include "daemon/ingest/log/ingest_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/ingest/log/log_reader.h"
#include "fmt/format.h"
#include "tests/ingest/decode_harness.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kStructured[] = "application/cloudevents+json; charset=utf-8";
constexpr char kBatch[] = "application/cloudevents-batch+json";

std::string EventOf(std::string_view id, std::string_view more = "") {
  return fmt::format(R"({{"specversion":"1.0","id":"{}","type":"t","source":"/s"{}}})", id, more);
}

class IngestServiceTest : public ::testing::Test {
 protected:
  IngestServiceTest() { Open(int64_t{1} << 30); }

  void Open(int64_t max_bytes) {
    service_.reset();
    log_.reset();
    SegmentLogOptions options;
    options.directory = directory_.path();
    options.max_bytes = max_bytes;
    log_ = *SegmentLog::Open(options, &clock_);
    SourceOptions source;
    source.name = "local";
    source.tenant = "acme";
    service_ = std::make_unique<IngestService>(source, log_.get(), &clock_);
  }
  IngestResult Post(std::string_view type, std::string_view body,
                    std::vector<Header> headers = {}) {
    return service_->Ingest(type, headers, body);
  }
  std::vector<std::string> Stored() const {
    LogReader reader(log_.get(), log_->begin());
    LogChunks chunks;
    std::vector<LogRecord> records;
    EXPECT_TRUE(reader.Read(1'000'000, &chunks, &records).ok());
    std::vector<std::string> values;
    for (const LogRecord& record : records) {
      values.emplace_back(record.value);
    }
    return values;
  }

  TempDirectory directory_;
  ManualClock clock_{absl::FromUnixSeconds(1'781'485'923)};
  std::unique_ptr<SegmentLog> log_;
  std::unique_ptr<IngestService> service_;
};

TEST_F(IngestServiceTest, TakesAStructuredEvent) {
  const IngestResult result = Post(kStructured, " " + EventOf("1") + "\n");
  EXPECT_EQ(result.http_status, 202);
  EXPECT_EQ(result.body_json, R"({"accepted":1})");
  EXPECT_THAT(Stored(), ElementsAre(EventOf("1")));
  EXPECT_EQ(service_->metrics().accepted_events.value(), 1u);
}

TEST_F(IngestServiceTest, TakesABatch) {
  const std::string nested = EventOf("2", R"(,"data":{"a":[1,{"b":"]}\"["}]})");
  const IngestResult result = Post(kBatch, "[ " + EventOf("1") + " ,\n" + nested + " ]");
  EXPECT_EQ(result.http_status, 202) << result.body_json;
  EXPECT_EQ(result.body_json, R"({"accepted":2})");
  EXPECT_THAT(Stored(), ElementsAre(EventOf("1"), nested));
  EXPECT_EQ(Post(kBatch, "[]").http_status, 202);
}

TEST_F(IngestServiceTest, TakesLines) {
  const IngestResult result =
      Post("application/x-ndjson", EventOf("1") + "\r\n\n" + EventOf("2") + "\n");
  EXPECT_EQ(result.http_status, 202) << result.body_json;
  EXPECT_THAT(Stored(), ElementsAre(EventOf("1"), EventOf("2")));
}

TEST_F(IngestServiceTest, TakesBinaryEventsOfEveryDataType) {
  const std::vector<Header> headers = {
      {"CE-SpecVersion", "1.0"},          {"ce-id", "1"}, {"ce-type", "t"}, {"ce-source", "/s"},
      {"ce-subject", "Euro%20%E2%82%AC"}, {"host", "x"}};
  EXPECT_EQ(Post("application/json", R"({"owner_id":"u1"})", headers).http_status, 202);
  EXPECT_EQ(Post("text/plain", "hi", headers).http_status, 202);
  EXPECT_EQ(Post("", "", headers).http_status, 202);
  const std::vector<std::string> stored = Stored();
  ASSERT_EQ(stored.size(), 3u);
  EXPECT_EQ(stored[0],
            R"({"specversion":"1.0","id":"1","type":"t","source":"/s","subject":"Euro €",)"
            R"("datacontenttype":"application/json","data":{"owner_id":"u1"}})");
  EXPECT_THAT(stored[1], HasSubstr(R"("datacontenttype":"text/plain","data_base64":"aGk=")"));
  DecodeHarness harness({"data.owner_id"});
  EXPECT_EQ(harness.One(stored[0]).fields.at("data.owner_id"), "u1");
  EXPECT_EQ(harness.One(stored[2]).subject, "Euro €");
}

// What the rules ask for is looked at as the engine does, which would make a dead letter of it.
TEST_F(IngestServiceTest, RefusesValuesThatTheRulesInForceCouldNotRead) {
  const auto plan = std::make_shared<FieldPlan>();
  plan->Add("data.amount");
  const std::string digits(19, '9');  // one more than a decimal has
  const auto order = [&](const std::string& amount, const std::string& other) {
    return EventOf("1", fmt::format(R"(,"data":{{"amount":{},"other":{}}})", amount, other));
  };
  EXPECT_EQ(Post(kStructured, order("1", digits)).http_status, 202);
  service_->SetPlan(plan);
  EXPECT_EQ(Post(kStructured, order("1", digits)).http_status, 202) << "nobody asks for it";
  const IngestResult refused =
      Post(kBatch, fmt::format("[{},{},{},{},{}]", order("1", "1"), order(digits, "1"),
                               order(R"({"amount":"1e99","currency":"CNY"})", "1"),
                               order(R"({"amount":true,"currency":"CNY"})", "1"),
                               order(R"({"amount":"1"})", "1")));
  EXPECT_EQ(refused.http_status, 400);
  EXPECT_THAT(refused.body_json, HasSubstr("4 of 5 events are bad; none was taken"));
  EXPECT_THAT(
      refused.body_json,
      HasSubstr(fmt::format(R"({{"index":1,"reason":"data.amount: '{}' is not a number)", digits)));
  EXPECT_THAT(refused.body_json, HasSubstr(R"({"index":2,"reason":"data.amount.amount: '1e99')"));
  EXPECT_THAT(refused.body_json, HasSubstr(R"({"index":3,"reason":"data.amount.amount: 'true')"));
  EXPECT_THAT(refused.body_json,
              HasSubstr(R"({"index":4,"reason":"data.amount: an amount without its currency"})"));
  EXPECT_EQ(Stored().size(), 2u);
  service_->SetPlan(std::make_shared<FieldPlan>());
  EXPECT_EQ(Post(kStructured, order(digits, "1")).http_status, 202) << "other rules";
}

TEST_F(IngestServiceTest, ANumberThatNoParserHoldsIsAMistakeOfItsEventAlone) {
  const std::string long_number = fmt::format(R"(,"data":{{"n":{}}})", std::string(40, '9'));
  const IngestResult refused =
      Post(kBatch, "[" + EventOf("0") + "," + EventOf("1", long_number) + "]");
  EXPECT_EQ(refused.http_status, 400);
  EXPECT_THAT(refused.body_json, HasSubstr("1 of 2 events are bad; none was taken"));
  EXPECT_THAT(refused.body_json, HasSubstr(R"([{"index":1,"reason":"not valid JSON: )"));
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(IngestServiceTest, GivesAReasonForEachBadEventAndTakesNone) {
  const IngestResult result =
      Post(kBatch, "[" + EventOf("0") + "," + EventOf("") + ",7," +
                       EventOf("3", R"(,"tenantid":"other")") + "," +
                       R"({"specversion":"0.3","id":"4","type":"t","source":"/s"}])");
  EXPECT_EQ(result.http_status, 400);
  EXPECT_EQ(result.body_json,
            R"({"status":"error","errorType":"bad_data",)"
            R"("error":"4 of 5 events are bad; none was taken","events":[)"
            R"({"index":1,"reason":"attribute 'id' is empty"},)"
            R"({"index":2,"reason":"an event is a JSON object"},)"
            R"({"index":3,"reason":"tenant 'other' is not this source's tenant 'acme'"},)"
            R"({"index":4,"reason":"specversion '0.3' is not supported; expected 1.0"}]})");
  EXPECT_THAT(Stored(), IsEmpty());
  EXPECT_EQ(service_->metrics().bad_events.value(), 4u);
}

TEST_F(IngestServiceTest, RefusesTimesThatTheEngineWouldNotTake) {
  for (const char* time :
       {"0001-01-01T00:00:00Z", "1979-12-31T23:59:59Z", "9999-12-31T00:00:00Z"}) {
    const IngestResult result =
        Post(kStructured, EventOf("1", fmt::format(R"(,"time":"{}")", time)));
    EXPECT_EQ(result.http_status, 400) << time;
    EXPECT_THAT(result.body_json, HasSubstr("between 1980 and 2199"));
  }
  EXPECT_EQ(Post(kStructured, EventOf("1", R"(,"time":"1980-01-01T00:00:00Z")")).http_status, 202);
}

TEST_F(IngestServiceTest, RefusesHeartbeatsThatDoNotSayUntilWhen) {
  const auto plan = std::make_shared<FieldPlan>();
  plan->Add("data.other");
  plan->Add("data.complete_until");
  service_->SetPlan(plan);
  const auto heartbeat = [](std::string_view data) {
    return fmt::format(
        R"({{"specversion":"1.0","id":"h","type":"acme.sys.source.heartbeat.v1","source":"/s",)"
        R"("data":{}}})",
        data);
  };
  const IngestResult refused =
      Post(kBatch, fmt::format("[{},{},{},{}]", EventOf("1"), heartbeat("{}"),
                               heartbeat(R"({"complete_until":"tomorrow"})"),
                               heartbeat(R"({"complete_until":"9999-12-31T00:00:00Z"})")));
  EXPECT_EQ(refused.http_status, 400);
  EXPECT_THAT(refused.body_json,
              HasSubstr(R"({"index":1,"reason":"the heartbeat has no data.complete_until)"));
  EXPECT_THAT(refused.body_json,
              HasSubstr(R"({"index":2,"reason":"data.complete_until: 'tomorrow' is not an RFC)"));
  EXPECT_THAT(refused.body_json, HasSubstr("9999-12-31T00:00:00Z is not between 1980 and 2199"));
  EXPECT_EQ(
      Post(kStructured, heartbeat(R"({"complete_until":"2026-11-23T00:00:00+08:00"})")).http_status,
      202);
}

TEST_F(IngestServiceTest, RefusesEventsThatSayAnAttributeTwice) {
  for (const char* twice : {R"(,"id":"2")", R"(,"\u0069d":"2")", R"(,"data":{},"data":{})"}) {
    const std::string event = EventOf("1", twice);
    for (const auto& [type, body] : {std::pair<const char*, std::string>{kStructured, event},
                                     {kBatch, "[" + EventOf("0") + "," + event + "]"},
                                     {"application/x-ndjson", EventOf("0") + "\n" + event}}) {
      const IngestResult result = Post(type, body);
      EXPECT_EQ(result.http_status, 400) << body;
      EXPECT_THAT(result.body_json, HasSubstr("stands there twice")) << body;
    }
  }
  EXPECT_EQ(Post(kStructured, EventOf("1", R"(,"data":{"id":"2"})")).http_status, 202);
}

TEST_F(IngestServiceTest, RefusesHeadersThatAreNoAttributes) {
  const auto post = [&](Header more) {
    return Post(
        "application/json", "{}",
        {{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-type", "t"}, {"ce-source", "/s"}, more});
  };
  EXPECT_EQ(post({"ce-subject", "x"}).http_status, 202);
  EXPECT_THAT(post({"ce-data", "x"}).body_json, HasSubstr("the body is the data"));
  EXPECT_THAT(post({"CE-Data_Base64", "eA=="}).body_json, HasSubstr("the body is the data"));
  EXPECT_THAT(post({"ce-datacontenttype", "x/y"}).body_json, HasSubstr("Content-Type says"));
  EXPECT_THAT(post({"ce-subject", "%FF"}).body_json, HasSubstr("'ce-subject' is not UTF-8"));
  EXPECT_THAT(post({"Ce-Id", "2"}).body_json, HasSubstr("'id' stands there twice"));
  EXPECT_EQ(Stored().size(), 1u);
}

TEST_F(IngestServiceTest, RefusesBodiesThatAreNoJson) {
  for (const char* body : {"", "{", "[", "null", "5", "{} {}", "[{}", "\xff"}) {
    EXPECT_EQ(Post(kStructured, body).http_status, 400) << body;
    EXPECT_EQ(Post(kBatch, body).http_status, 400) << body;
  }
  EXPECT_EQ(Post(kStructured, "[" + EventOf("1") + "]").http_status, 400);
  EXPECT_EQ(Post("application/x-ndjson", EventOf("1") + "\n{broken").http_status, 400);
  // What the decoders would skip is looked at here.
  EXPECT_EQ(Post(kStructured, EventOf("1", R"(,"data":{"a":tru})")).http_status, 400);
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_EQ(Post(kStructured, EventOf("1", ",\"data\":" + deep)).http_status, 400);
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(IngestServiceTest, RefusesOtherContentTypes) {
  for (const char* type : {"application/json", "", "text/plain", "application/cloudevents+avro",
                           "application/cloudevents+json; charset=gb18030"}) {
    const IngestResult result = Post(type, EventOf("1"));
    EXPECT_EQ(result.http_status, 415) << type;
    EXPECT_THAT(result.body_json, HasSubstr("\"error\":"));
  }
}

TEST_F(IngestServiceTest, RefusesTooMuchAtOnce) {
  EXPECT_EQ(Post(kStructured, std::string(IngestService::kMaxBodyBytes + 1, ' ')).http_status, 413);
  std::string many = "[";
  for (size_t i = 0; i <= kMaxEventsPerRequest; ++i) {
    many += (i > 0 ? "," : "") + EventOf(std::to_string(i));
  }
  EXPECT_EQ(Post(kBatch, many + "]").http_status, 413);
  const std::string large = EventOf("1", ",\"data\":\"" + std::string(1 << 20, 'x') + "\"");
  const IngestResult result = Post(kStructured, large);
  EXPECT_EQ(result.http_status, 400);
  EXPECT_THAT(result.body_json, HasSubstr("too large"));
  EXPECT_EQ(service_->metrics().refused_requests.value(), 2u);
}

TEST_F(IngestServiceTest, SaysWhenToComeBackWhenTheLogIsFull) {
  Open(2000);
  IngestResult result;
  for (int i = 0; i < 100 && result.http_status != 429; ++i) {
    result = Post(kStructured, EventOf(std::to_string(i)));
    ASSERT_TRUE(result.http_status == 202 || result.http_status == 429) << result.body_json;
  }
  EXPECT_EQ(result.http_status, 429);
  EXPECT_GT(result.retry_after, absl::ZeroDuration());
  EXPECT_THAT(result.body_json, HasSubstr("the log is full"));
}

TEST_F(IngestServiceTest, SaysThatARequestIsTooLargeForTheLogAtAnyTime) {
  Open(2000);
  const IngestResult result =
      Post(kStructured, EventOf("1", ",\"data\":\"" + std::string(2000, 'x') + "\""));
  EXPECT_EQ(result.http_status, 413) << result.body_json;
  EXPECT_EQ(result.retry_after, absl::ZeroDuration());
  EXPECT_THAT(result.body_json, HasSubstr("max_bytes is 2000"));
}

TEST_F(IngestServiceTest, SaysWhyALogThatNobodyReadsTakesNothing) {
  log_->EndAppends(absl::DataLossError("it was replaced"));
  const IngestResult result = Post(kStructured, EventOf("1"));
  EXPECT_EQ(result.http_status, 503);
  EXPECT_THAT(result.body_json, HasSubstr("it was replaced"));
  EXPECT_THAT(Stored(), IsEmpty());
}

}  // namespace
}  // namespace kpiwatch
