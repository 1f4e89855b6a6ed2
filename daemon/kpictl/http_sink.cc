#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

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
  HttpSink(const std::string& url, std::string token, Patience patience)
      : url_(EventsUrl(url)),
        token_(std::move(token)),
        patience_(std::move(patience)),
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
    std::optional<absl::Time> give_up;
    for (int tries = 1;; ++tries) {
      const auto answer = client_.Post(url_, "application/cloudevents-batch+json", batch_, token_);
      if (answer.ok() && answer->status == 202) {
        return absl::OkStatus();
      }
      const absl::Status failure =
          answer.ok() ? absl::FailedPreconditionError(
                            fmt::format("{} answers {}: {}", url_, answer->status,
                                        std::string_view(answer->body).substr(0, kShownAnswer)))
                      : answer.status();
      const bool later = answer.ok() ? answer->status == 429 || answer->status == 503
                                     : absl::IsUnavailable(failure);
      if (!later) {
        return failure;
      }
      const absl::Time now = patience_.clock->Now();
      if (!give_up) {
        give_up = now + patience_.lasts;
        Tell(failure, now, *give_up);
      } else if (now >= *give_up) {
        return absl::Status(failure.code(),
                            fmt::format("{}; given up after {} tries in {}", MessageOf(failure),
                                        tries, absl::FormatDuration(patience_.lasts)));
      }
      const absl::Duration own = std::min(pause, *give_up - now);
      patience_.sleep(answer.ok() ? answer->retry_after.value_or(own) : own);
      pause = std::min(2 * pause, kLongestPause);
    }
  }

  // A receiver that refuses every batch once is not told of with every batch.
  void Tell(const absl::Status& failure, absl::Time now, absl::Time until) {
    if (now >= quiet_until_) {
      patience_.tell(TryingAgain(MessageOf(failure), until));
      quiet_until_ = until;
    }
  }

  const std::string url_;
  const std::string token_;
  const Patience patience_;
  HttpClient client_;
  absl::Time quiet_until_ = absl::InfinitePast();
  std::string batch_;
  size_t count_ = 0;
};

}  // namespace

std::string TryingAgain(std::string_view why, absl::Time until) {
  return fmt::format("{}; trying again until {}", why,
                     absl::FormatTime("%H:%M:%S", until, absl::LocalTimeZone()));
}

std::unique_ptr<EventSink> MakeHttpSink(const std::string& url, const std::string& token,
                                        Patience patience) {
  return std::make_unique<HttpSink>(url, token, std::move(patience));
}

}  // namespace kpiwatch
