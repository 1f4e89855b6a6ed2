// What the API answers whatever the engine holds: its state, its build, unknown paths, its page.
#include "daemon/api/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "nlohmann/json.hpp"
#include "tests/api/api_fixture.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// ---- Lifecycle ----------------------------------------------------------------------------------

TEST_F(ApiTest, IsHealthyWhateverTheEngineDoes) {
  view_.is_ready = false;
  EXPECT_EQ(Get("/-/healthy").status, 200);
  EXPECT_EQ(Ask("HEAD", "/-/healthy").status, 200);
}

TEST_F(ApiTest, IsReadyOnceTheEngineIs) {
  view_.is_ready = false;
  view_.sources.resize(2);
  view_.sources[0].name = "crm";
  view_.sources[1].name = "local";
  view_.sources[1].error = "the log is another";
  EXPECT_EQ(Get("/-/ready").status, 503);
  EXPECT_EQ(Get("/-/ready").body, "Service Unavailable\nlocal: the log is another\n");
  view_.is_ready = true;
  EXPECT_EQ(Get("/-/ready").status, 200);
  EXPECT_EQ(Ask("HEAD", "/-/ready").status, 200);
}

TEST_F(ApiTest, CountsWhatTheServerRefused) {
  Api api(&view_, ApiOptions(), ApiHooks());
  api.OnRefused(408);
  api.OnRefused(503);
  api.OnRefused(503);
  EXPECT_EQ(api.refused(408), 1u);
  EXPECT_EQ(api.refused(503), 2u);
  EXPECT_EQ(api.refused(413), 0u);
}

TEST_F(ApiTest, ReloadsAndQuitsOnlyWhenThatIsEnabled) {
  for (const char* method : {"POST", "PUT"}) {
    EXPECT_EQ(Ask(method, "/-/reload").status, 403);
    EXPECT_EQ(Ask(method, "/-/quit").status, 403);
  }
  EXPECT_EQ(reloads_ + quits_, 0);

  options_.enable_lifecycle = true;
  api_ = nullptr;
  for (const char* method : {"POST", "PUT"}) {
    EXPECT_EQ(Ask(method, "/-/reload").status, 200);
    EXPECT_EQ(Ask(method, "/-/quit").status, 200);
  }
  EXPECT_EQ(reloads_, 2);
  EXPECT_EQ(quits_, 2);
  EXPECT_EQ(Get("/-/reload").status, 405);
}

TEST_F(ApiTest, TellsWhyAReloadFailed) {
  options_.enable_lifecycle = true;
  reload_status_ = absl::InvalidArgumentError("rules/sales.yaml:12:9: unknown KPI");
  const HttpReply reply = Ask("POST", "/-/reload");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("rules/sales.yaml:12:9: unknown KPI"));
}

TEST_F(ApiTest, GivesTheMetricsInThePrometheusFormat) {
  const HttpReply reply = Get("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.body, "some_metric 1\n");
}

TEST_F(ApiTest, TellsItsBuild) {
  const Json data = GetData("/api/v1/status/buildinfo");
  EXPECT_EQ(data["version"], "0.1.0");
  EXPECT_EQ(data["revision"], "abc");
  EXPECT_TRUE(data.contains("goVersion"));  // readers of Prometheus's shape expect it
}

// ---- Paths and methods --------------------------------------------------------------------------

TEST_F(ApiTest, AnswersUnknownPathsInTheFormOfTheirPlace) {
  ExpectError(Get("/api/v1/nothing"), 404, "not_found", "nothing at this path");
  const HttpReply reply = Get("/nothing");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
}

TEST_F(ApiTest, NamesTheMethodsThatAPathKnows) {
  const HttpReply reply = Ask("DELETE", "/api/v1/alerts");
  ExpectError(reply, 405, "method_not_allowed", "GET, HEAD");
  EXPECT_THAT(reply.headers,
              ElementsAre(std::pair<std::string, std::string>("Allow", "GET, HEAD")));
  EXPECT_EQ(Ask("POST", "/metrics").status, 405);
  EXPECT_EQ(Ask("GET", "/api/v1/events").headers[0].second, "POST");
  EXPECT_EQ(Ask("get", "/metrics").status, 405);
  EXPECT_EQ(Ask("GET, HEAD", "/metrics").status, 405);
}

TEST_F(ApiTest, ServesBelowThePathOfItsExternalUrlToo) {
  options_.external_url = "https://kpi.example.com/watch/";
  EXPECT_EQ(Get("/watch/metrics").status, 200);
  EXPECT_EQ(Get("/watch").status, 200);
  EXPECT_EQ(Get("/metrics").status, 200);
  EXPECT_EQ(Get("/watchmetrics").status, 404);
  EXPECT_THAT(Get("/watch/").body, HasSubstr("href=\"/watch/metrics\""));
  EXPECT_THAT(api_->body_paths(), ElementsAre("/api/v1/events", "/watch/api/v1/events"));
}

// ---- The page for people ------------------------------------------------------------------------

TEST_F(ApiTest, ShowsAPageInTheReadersLanguageWithoutTrustingItsData) {
  view_.alerts = {MakeAlertView("<script>", "person:u102", Level::kRed)};
  const HttpReply english = Get("/");
  EXPECT_EQ(english.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(english.body, HasSubstr("<h2>Alerts</h2>"));
  EXPECT_THAT(english.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(english.body, testing::Not(HasSubstr("<script>")));
  EXPECT_THAT(english.body, HasSubstr("张三 (person:u102)"));
  const HttpReply chinese = Ask("GET", "/", {}, {{"accept-language", "zh-CN,zh;q=0.9,en;q=0.8"}});
  EXPECT_THAT(chinese.body, HasSubstr("<h2>预警</h2>"));
}

}  // namespace
}  // namespace kpiwatch
