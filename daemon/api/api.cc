#include "daemon/api/api.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "daemon/api/replies.h"
#include "daemon/base/log.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kNoLifecycle =
    "Lifecycle API is not enabled: start with --web.enable-lifecycle. SIGHUP reloads and SIGTERM "
    "stops without it.\n";

constexpr std::string_view kEventsPath = "/api/v1/events";

std::string PathOf(std::string_view url) {
  const size_t scheme = url.find("://");
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t slash = url.find('/', host);
  std::string path(slash == std::string_view::npos ? "" : url.substr(slash));
  path.resize(path.find_last_not_of('/') + 1);
  return path;
}

bool Allows(std::string_view methods, std::string_view method) {
  for (const absl::string_view allowed :
       absl::StrSplit(absl::string_view(methods.data(), methods.size()), ", ")) {
    if (std::string_view(allowed.data(), allowed.size()) == method) {
      return true;
    }
  }
  return false;
}

// Programs read /api/, people and probes the rest.
HttpReply ErrorFor(std::string_view path, int status, const std::string& message) {
  return path.starts_with("/api/") ? JsonError(status, message) : TextReply(status, message + "\n");
}

}  // namespace

bool IsLoopback(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped)) {
    address.remove_prefix(kMapped.size());
  }
  return address == "::1" || (address.starts_with("127.") &&
                              address.find_first_not_of("0123456789.") == std::string_view::npos);
}

Api::Api(const EngineReadView* view, ApiOptions options, ApiHooks hooks)
    : view_(view),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      prefix_(PathOf(options_.external_url)),
      ingest_token_(options_.ingest_token_file.empty()
                        ? nullptr
                        : std::make_unique<TokenFile>(options_.ingest_token_file)),
      basic_auth_(options_.basic_auth_users) {}

const std::vector<Api::Endpoint>& Api::Endpoints() {
  static const auto* const endpoints = new std::vector<Endpoint>{
      {"/", "GET, HEAD", &Api::Home},
      {"/-/healthy", "GET, HEAD", &Api::Healthy},
      {"/-/ready", "GET, HEAD", &Api::Ready},
      {"/-/reload", "POST, PUT", &Api::Reload},
      {"/-/quit", "POST, PUT", &Api::Quit},
      {"/metrics", "GET, HEAD", &Api::Metrics},
      {"/api/v1/rules", "GET, HEAD", &Api::Rules},
      {"/api/v1/alerts", "GET, HEAD", &Api::Alerts},
      {"/api/v1/sources", "GET, HEAD", &Api::Sources},
      {"/api/v1/dead_letters", "GET, HEAD", &Api::DeadLetters},
      {"/api/v1/status/buildinfo", "GET, HEAD", &Api::BuildInformation},
      {kEventsPath, "POST", nullptr},
  };
  return *endpoints;
}

std::vector<std::string> Api::body_paths() const {
  std::vector<std::string> paths = {std::string(kEventsPath)};
  if (!prefix_.empty()) {
    paths.push_back(prefix_ + paths[0]);
  }
  return paths;
}

std::string_view Api::Route(std::string_view path) const {
  if (!prefix_.empty() && path.starts_with(prefix_)) {
    const std::string_view rest = path.substr(prefix_.size());
    if (rest.empty()) {
      return "/";
    }
    if (rest[0] == '/') {
      return rest;
    }
  }
  return path;
}

std::optional<HttpReply> Api::OnHead(const HttpRequest& head) {
  const std::string_view path = Route(head.path);
  // Events carry their own token; where there is one, a password is not asked for.
  const bool has_own_token = path == kEventsPath && ingest_token_ != nullptr;
  if (!has_own_token && !basic_auth_.Allows(head)) {
    HttpReply reply = ErrorFor(path, 401, "Unauthorized");
    reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"kpiwatch\"");
    return reply;
  }
  const auto& endpoints = Endpoints();
  const auto endpoint = std::find_if(endpoints.begin(), endpoints.end(),
                                     [&](const Endpoint& e) { return e.path == path; });
  if (endpoint == endpoints.end()) {
    return ErrorFor(path, 404, "there is nothing at this path; / lists what there is");
  }
  if (!Allows(endpoint->methods, head.method)) {
    HttpReply reply = ErrorFor(path, 405, fmt::format("the method here is {}", endpoint->methods));
    reply.headers.emplace_back("Allow", endpoint->methods);
    return reply;
  }
  return endpoint->answer != nullptr ? (this->*endpoint->answer)(head) : RefuseIngest(head);
}

std::optional<HttpReply> Api::RefuseIngest(const HttpRequest& head) {
  if (hooks_.ingest == nullptr) {
    return JsonError(404, "no source takes events over HTTP: configure one with `log:`");
  }
  if (ingest_token_ == nullptr) {
    if (!IsLoopback(head.remote_addr)) {
      return JsonError(403,
                       "events from other machines need a token: configure token_file of the "
                       "source");
    }
  } else if (absl::Status checked = ingest_token_->Check(head); !checked.ok()) {
    if (absl::IsUnavailable(checked)) {
      Log(LogLevel::kError, "events are refused", {{"error", std::string(checked.message())}});
      return JsonError(503, "the daemon cannot read its token file");
    }
    HttpReply reply = JsonError(checked);
    reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"kpiwatch\"");
    return reply;
  }
  if (const auto encoding = head.Header("Content-Encoding");
      encoding && *encoding != "gzip" && *encoding != "deflate" && *encoding != "identity") {
    return JsonError(415, fmt::format("Content-Encoding '{}' is not read: send the events as they "
                                      "are, or with gzip or deflate",
                                      *encoding));
  }
  if (!head.Header("Content-Length").has_value() && !head.Header("Transfer-Encoding").has_value()) {
    return JsonError(411, "say how long the events are: Content-Length is missing");
  }
  return std::nullopt;
}

HttpReply Api::OnBody(const HttpRequest& request) { return hooks_.ingest(request); }

uint64_t Api::refused(int status) const {
  const auto found = std::find(kRefusals.begin(), kRefusals.end(), status);
  return found == kRefusals.end()
             ? 0
             : refused_[static_cast<size_t>(found - kRefusals.begin())].value();
}

HttpReply Api::OnRefused(int status) {
  if (const auto found = std::find(kRefusals.begin(), kRefusals.end(), status);
      found != kRefusals.end()) {
    refused_[static_cast<size_t>(found - kRefusals.begin())].Add();
  }
  switch (status) {
    case 408:
      return JsonError(status, "the body came too slowly: send it at once");
    case 413:
      return JsonError(status, "the body is too large: send fewer events at once");
    case 414:
      return JsonError(status, "the path is too long");
    case 500:
      return JsonError(status, "answering failed; the log says why");
    case 503:
      return JsonError(status, "too many requests with a body at a time: send this one again");
    default:
      return JsonError(status, "the request cannot be read");
  }
}

HttpReply Api::Healthy(const HttpRequest&) const {
  return TextReply(200, "kpiwatch is Healthy.\n");
}

HttpReply Api::Ready(const HttpRequest&) const {
  if (view_->ready()) {
    return TextReply(200, "kpiwatch is Ready.\n");
  }
  std::string text = "Service Unavailable\n";
  for (const SourceView& source : view_->Sources()) {
    if (!source.error.empty()) {
      text += fmt::format("{}: {}\n", source.name, source.error);
    }
  }
  return TextReply(503, text);
}

HttpReply Api::Reload(const HttpRequest&) const {
  if (!options_.enable_lifecycle) {
    return TextReply(403, std::string(kNoLifecycle));
  }
  const absl::Status reloaded = hooks_.reload();
  if (!reloaded.ok()) {
    return TextReply(500,
                     fmt::format("failed to reload config: {}\n", std::string(reloaded.message())));
  }
  return TextReply(200, "");
}

HttpReply Api::Quit(const HttpRequest&) const {
  if (!options_.enable_lifecycle) {
    return TextReply(403, std::string(kNoLifecycle));
  }
  hooks_.quit();
  return TextReply(200, "Requesting termination... Goodbye!\n");
}

HttpReply Api::Metrics(const HttpRequest&) const {
  return {.status = 200,
          .content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = hooks_.metrics(),
          .headers = {}};
}

HttpReply Api::BuildInformation(const HttpRequest&) const {
  const BuildInfo& build = options_.build;
  return JsonReply({{"version", build.version},
                    {"revision", build.revision},
                    {"branch", build.branch},
                    {"buildUser", ""},
                    {"buildDate", build.date},
                    {"goVersion", ""},
                    {"compiler", build.compiler}});
}

}  // namespace kpiwatch
