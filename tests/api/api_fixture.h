// The API over a view of what is made up, asked without a server.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/api/api.h"
#include "nlohmann/json.hpp"
#include "tests/testing/fake_read_view.h"

namespace kpiwatch {

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    hooks_.metrics = [] { return std::string("some_metric 1\n"); };
    hooks_.reload = [this] {
      ++reloads_;
      return reload_status_;
    };
    hooks_.quit = [this] { ++quits_; };
    hooks_.ingest = [](const HttpRequest& request) {
      return HttpReply{.status = 202, .content_type = "", .body = request.body, .headers = {}};
    };
    options_.build = {"0.1.0", "abc", "main", "2026-01-01T00:00:00Z", "GNU 12.2.0"};
  }

  HttpReply Ask(const std::string& method, const std::string& path, HttpFields query = {},
                HttpFields headers = {}) {
    if (api_ == nullptr) {
      api_ = std::make_unique<Api>(&view_, options_, hooks_);
    }
    HttpRequest request{.method = method,
                        .path = path,
                        .query = std::move(query),
                        .headers = std::move(headers),
                        .remote_addr = "127.0.0.1",
                        .body = ""};
    std::optional<HttpReply> reply = api_->OnHead(request);
    return reply.has_value() ? *std::move(reply) : api_->OnBody(request);
  }
  HttpReply Get(const std::string& path, HttpFields query = {}) {
    return Ask("GET", path, std::move(query));
  }
  nlohmann::json GetData(const std::string& path, HttpFields query = {}) {
    const HttpReply reply = Get(path, std::move(query));
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.content_type, "application/json");
    const auto json = nlohmann::json::parse(reply.body);
    EXPECT_EQ(json["status"], "success");
    return json["data"];
  }
  void ExpectError(const HttpReply& reply, int status, const std::string& type,
                   const std::string& part) {
    EXPECT_EQ(reply.status, status);
    const auto json = nlohmann::json::parse(reply.body);
    EXPECT_EQ(json["status"], "error");
    EXPECT_EQ(json["errorType"], type);
    EXPECT_THAT(json["error"].get<std::string>(), ::testing::HasSubstr(part));
  }

  FakeReadView view_;
  ApiOptions options_;
  ApiHooks hooks_;
  std::unique_ptr<Api> api_;  // made at the first question
  absl::Status reload_status_;
  int reloads_ = 0;
  int quits_ = 0;
};

inline AlertView MakeAlertView(std::string rule, std::string subject, Level level) {
  AlertView alert;
  alert.rule = std::move(rule);
  alert.subject = std::move(subject);
  alert.subject_name = {.zh = "张三", .en = ""};
  alert.kpi = "key_actions";
  alert.period = "2026-09-28";
  alert.level = level;
  alert.active_at = absl::FromUnixSeconds(1790553600);
  alert.value = "12.5";
  alert.target = "20";
  alert.completion = "0.625000";
  alert.labels = {{"team", "sales"}};
  alert.annotations = {{"summary", "slipping"}};
  return alert;
}

inline RuleView MakeRuleView(std::string name, std::string file) {
  RuleView rule;
  rule.name = std::move(name);
  rule.kpi = "key_actions";
  rule.file = std::move(file);
  rule.tiers = {{Level::kYellow, "miss_streak >= 1"}, {Level::kRed, "miss_streak >= 3"}};
  rule.labels = {{"team", "sales"}};
  rule.health = RuleHealth::kOk;
  rule.last_evaluation = absl::FromUnixMillis(1790553600250);
  rule.evaluation_time = absl::Milliseconds(5);
  return rule;
}

}  // namespace kpiwatch
