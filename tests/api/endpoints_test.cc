// The API behind the server, as a client on the network meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "daemon/api/api.h"
#include "daemon/api/http_server.h"
#include "httplib.h"
#include "nlohmann/json.hpp"
#include "tests/testing/fake_read_view.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;

class EndpointsTest : public testing::Test {
 protected:
  EndpointsTest() {
    ApiHooks hooks;
    hooks.metrics = [] { return std::string("some_metric 1\n"); };
    hooks.reload = [] { return absl::OkStatus(); };
    hooks.quit = [] {};
    hooks.ingest = [](const HttpRequest& request) {
      return HttpReply{.status = request.body.empty() ? 400 : 202,
                       .content_type = "application/json",
                       .body = "{}",
                       .headers = {{"Retry-After", "1"}}};
    };
    ApiOptions options;
    options.external_url = "http://kpi.example.com/watch";
    options.enable_lifecycle = true;
    api_ = std::make_unique<Api>(&view_, options, hooks);
    HttpServerOptions server_options;
    server_options.address = "127.0.0.1:0";
    server_options.body_paths = api_->body_paths();
    server_options.keep_alive_timeout = absl::Seconds(1);
    auto server = HttpServer::Start(server_options, api_.get());
    if (!server.ok()) {
      ADD_FAILURE() << server.status();
      std::abort();
    }
    server_ = *std::move(server);
    client_ = std::make_unique<httplib::Client>("127.0.0.1", server_->port());
  }

  FakeReadView view_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(EndpointsTest, AnswerGetAndHeadAlike) {
  for (const char* path :
       {"/", "/-/healthy", "/-/ready", "/metrics", "/api/v1/rules", "/api/v1/alerts",
        "/api/v1/sources", "/api/v1/dead_letters", "/api/v1/status/buildinfo", "/watch/metrics"}) {
    const auto get = client_->Get(path);
    const auto head = client_->Head(path);
    ASSERT_TRUE(get && head) << path;
    EXPECT_EQ(get->status, 200) << path;
    EXPECT_EQ(head->status, 200) << path;
    EXPECT_FALSE(get->body.empty()) << path;
    EXPECT_EQ(head->get_header_value("Content-Type"), get->get_header_value("Content-Type"));
    EXPECT_EQ(head->get_header_value("Content-Length"), get->get_header_value("Content-Length"));
  }
}

TEST_F(EndpointsTest, AnswerInJsonWhateverIsWrong) {
  const auto method = client_->Delete("/api/v1/alerts");
  ASSERT_TRUE(method);
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(method->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(method->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(nlohmann::json::parse(method->body)["status"], "error");

  const auto missing = client_->Get("/api/v1/nothing");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(nlohmann::json::parse(missing->body)["errorType"], "not_found");

  const auto large = client_->Post("/api/v1/events", std::string(9 << 20, 'x'), "text/plain");
  ASSERT_TRUE(large);
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(nlohmann::json::parse(large->body)["errorType"], "too_large");
}

TEST_F(EndpointsTest, TakeEventsUnderBothPaths) {
  for (const char* path : {"/api/v1/events", "/watch/api/v1/events"}) {
    const auto reply = client_->Post(path, "[]", "application/cloudevents-batch+json");
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 202) << path;
    EXPECT_EQ(reply->get_header_value("Retry-After"), "1");
  }
  EXPECT_EQ(client_->Post("/api/v1/events", "", "application/json")->status, 400);
}

TEST_F(EndpointsTest, ReloadAndQuitTakePostAndPut) {
  for (const char* path : {"/-/reload", "/-/quit"}) {
    EXPECT_EQ(client_->Post(path)->status, 200) << path;
    EXPECT_EQ(client_->Put(path)->status, 200) << path;
    EXPECT_EQ(client_->Get(path)->status, 405) << path;
  }
}

TEST_F(EndpointsTest, TurnReadyWithTheEngine) {
  view_.is_ready = false;
  EXPECT_EQ(client_->Get("/-/ready")->status, 503);
  EXPECT_EQ(client_->Get("/-/healthy")->status, 200);
  view_.is_ready = true;
  EXPECT_EQ(client_->Get("/-/ready")->status, 200);
}

}  // namespace
}  // namespace kpiwatch
