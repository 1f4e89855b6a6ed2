// The endpoints of the daemon, as conventions that other tools know: /-/ lifecycle, /metrics,
// /api/v1 in Prometheus's envelope, the ingest of events, and a page for people at /.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/api/basic_auth.h"
#include "daemon/api/http.h"
#include "daemon/api/token_file.h"
#include "daemon/base/build_info.h"
#include "daemon/base/counters.h"
#include "daemon/engine/read_view.h"

namespace kpiwatch {

struct ApiOptions {
  BuildInfo build;
  // Under which URL people reach the daemon ("https://kpi.example.com/watch"); its path is cut from
  // requests that start with it. Empty: as requested.
  std::string external_url;
  bool enable_lifecycle = false;                        // else /-/reload and /-/quit answer 403
  std::map<std::string, std::string> basic_auth_users;  // name → bcrypt hash; empty: no passwords
  // The token that POST /api/v1/events asks for. Empty: none, and requests from beyond this machine
  // get 403 (D-27).
  std::string ingest_token_file;
};

// What the composition root does for the API. Called from several threads; may block.
struct ApiHooks {
  std::function<std::string()> metrics;  // text 0.0.4
  std::function<absl::Status()> reload;  // OK: the new configuration is in use
  std::function<void()> quit;            // ends the daemon soon
  std::function<HttpReply(const HttpRequest& request)> ingest;  // null: no source takes events: 404
};

// Thread-safe.
class Api final : public HttpHandler {
 public:
  static constexpr size_t kMaxAlerts = 10'000;  // in one answer
  static constexpr size_t kMaxSources = 1'000;
  static constexpr size_t kMaxRuleGroups = 1'000;
  static constexpr size_t kMaxDeadLetters = 1'000;

  // `view` is borrowed and must outlive the API.
  Api(const EngineReadView* view, ApiOptions options, ApiHooks hooks);

  // The paths whose POST bodies OnBody needs, for the server.
  std::vector<std::string> body_paths() const;

  std::optional<HttpReply> OnHead(const HttpRequest& head) override;
  HttpReply OnBody(const HttpRequest& request) override;
  HttpReply OnRefused(int status) override;

  // Requests that the server refused by itself, by status, since the start.
  static constexpr std::array kRefusals = {400, 408, 413, 414, 500, 503};
  uint64_t refused(int status) const;

 private:
  struct Endpoint {
    std::string_view path;
    std::string_view methods;  // for the Allow header: "GET, HEAD"
    HttpReply (Api::*answer)(const HttpRequest& request) const;  // null: the ingest of events
  };
  static const std::vector<Endpoint>& Endpoints();

  // The path without that of the external URL.
  std::string_view Route(std::string_view path) const;
  // Nullopt: the events may be sent.
  std::optional<HttpReply> RefuseIngest(const HttpRequest& head);

  HttpReply Home(const HttpRequest& request) const;
  HttpReply Healthy(const HttpRequest& request) const;
  HttpReply Ready(const HttpRequest& request) const;
  HttpReply Reload(const HttpRequest& request) const;
  HttpReply Quit(const HttpRequest& request) const;
  HttpReply Metrics(const HttpRequest& request) const;
  HttpReply Rules(const HttpRequest& request) const;
  HttpReply Alerts(const HttpRequest& request) const;
  HttpReply Sources(const HttpRequest& request) const;
  HttpReply DeadLetters(const HttpRequest& request) const;
  HttpReply BuildInformation(const HttpRequest& request) const;

  // Constant after construction.
  const EngineReadView* const view_;
  const ApiOptions options_;
  const ApiHooks hooks_;
  const std::string prefix_;  // path of the external URL, without a slash at its end
  const std::unique_ptr<TokenFile> ingest_token_;  // null: none

  BasicAuth basic_auth_;
  std::array<Counter, kRefusals.size()> refused_;  // by place in kRefusals
};

// 127.0.0.0/8 and ::1, also as an IPv4 address written in IPv6.
bool IsLoopback(std::string_view address);

}  // namespace kpiwatch
