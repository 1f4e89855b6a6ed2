#include <fmt/format.h>

#include <algorithm>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/kpictl/event_json.h"
#include "daemon/kpictl/event_sink.h"
#include "daemon/kpictl/http_client.h"

namespace kpiwatch {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(60);
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
constexpr size_t kShownAnswer = 2000;

std::string EventsUrl(const std::string& url) {
  const size_t host = url.find("://") + 3;
  const size_t path = url.find('/', host);
  const bool bare = path == url.npos || path + 1 == url.size();
  return bare ? url.substr(0, path) + "/api/v1/events" : url;
}

class HttpSink final : public EventSink {
 public:
  HttpSink(const std::string& url, std::string token, Sleep sleep)
      : url_(EventsUrl(url)),
        token_(std::move(token)),
        sleep_(std::move(sleep)),
        client_(kTimeout) {}

  absl::Status Send(const OutgoingEvent& event) override {
    if (!event.cloud_event) {
      return absl::InvalidArgumentError("only CloudEvents in JSON can be sent over HTTP");
    }
    if (count_ == kHttpBatchEvents || batch_.size() + event.body.size() > kHttpBatchBytes) {
      KPIWATCH_RETURN_IF_ERROR(Flush());
    }
    batch_ += count_ == 0 ? "[" : ",";
    batch_ += event.body;
    ++count_;
    return absl::OkStatus();
  }

  absl::Status Heartbeat(std::string_view source, absl::Time until, absl::Time now) override {
    KPIWATCH_RETURN_IF_ERROR(Flush());
    KPIWATCH_RETURN_IF_ERROR(Send({.key = source, .body = HeartbeatJson(source, until, "", now)}));
    return Flush();
  }

  absl::Status Flush() override {
    if (count_ == 0) {
      return absl::OkStatus();
    }
    batch_ += ']';
    absl::Status status = Post();
    batch_.clear();
    count_ = 0;
    return status;
  }

 private:
  absl::Status Post() {
    absl::Duration pause = kFirstPause;
    for (int i = 1;; ++i) {
      const auto answer = client_.Post(url_, "application/cloudevents-batch+json", batch_, token_);
      if (answer.ok() && answer->status == 202) {
        return absl::OkStatus();
      }
      const bool later = answer.ok() ? answer->status == 429 || answer->status == 503
                                     : answer.status().code() == absl::StatusCode::kUnavailable;
      if (!later || i == kHttpTries) {
        return answer.ok() ? absl::FailedPreconditionError(fmt::format(
                                 "{} answers {}: {}", url_, answer->status,
                                 std::string_view(answer->body).substr(0, kShownAnswer)))
                           : answer.status();
      }
      sleep_(answer.ok() ? answer->retry_after.value_or(pause) : pause);
      pause = std::min(2 * pause, kLongestPause);
    }
  }

  const std::string url_;
  const std::string token_;
  const Sleep sleep_;
  HttpClient client_;
  std::string batch_;
  size_t count_ = 0;
};

}  // namespace

std::unique_ptr<EventSink> MakeHttpSink(const std::string& url, const std::string& token,
                                        Sleep sleep) {
  return std::make_unique<HttpSink>(url, token, std::move(sleep));
}

}  // namespace kpiwatch
