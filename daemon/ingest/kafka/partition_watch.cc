#include "daemon/ingest/kafka/partition_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <stop_token>
#include <utility>

#include "absl/time/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/error.h"

namespace kpiwatch {
namespace {

using std::chrono::steady_clock;

steady_clock::time_point After(steady_clock::time_point start, absl::Duration by) {
  return start + absl::ToChronoMicroseconds(by);
}

}  // namespace

PartitionWatch::PartitionWatch(Options options, rd_kafka_t* client, GroupCommits* commits,
                               Counter* outages, std::function<void()> on_news)
    : options_(std::move(options)),
      client_(client),
      commits_(commits),
      outages_(outages),
      on_news_(std::move(on_news)),
      main_queue_(rd_kafka_queue_get_main(client)),
      backoff_(absl::Milliseconds(200), absl::Seconds(2)),
      health_(absl::UnavailableError(
          fmt::format("source {}: no answer yet from {}", options_.source, options_.brokers))),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

PartitionWatch::~PartitionWatch() {
  thread_.request_stop();
  rd_kafka_queue_yield(main_queue_.get());
}

void PartitionWatch::Nudge() {
  if (!nudged_.exchange(true, std::memory_order_relaxed)) {
    rd_kafka_queue_yield(main_queue_.get());
  }
}

bool PartitionWatch::Take(PartitionNews* news) {
  if (!has_news_.load(std::memory_order_acquire)) {
    return false;
  }
  MutexLock lock(&mu_);
  *news = std::exchange(news_, {});
  has_news_.store(false, std::memory_order_relaxed);
  return true;
}

void PartitionWatch::Delivered(std::span<const PartitionState> states) {
  MutexLock lock(&mu_);
  delivered_.clear();
  for (const PartitionState& state : states) {
    delivered_.emplace_back(state.id, state.last);
  }
}

void PartitionWatch::Recognised(const PartitionId& id, const LastRecord& last) {
  MutexLock lock(&mu_);
  recognised_.emplace_back(id, last);
}

absl::Status PartitionWatch::health() const {
  MutexLock lock(&mu_);
  return health_;
}

void PartitionWatch::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime now = steady_clock::now();
    const bool discover = now >= next_discovery_;
    const bool nudged =
        nudged_.load(std::memory_order_relaxed) && now >= After(last_offsets_, options_.nudge_gap);
    const bool look = discover || now >= next_offsets_;
    if (look || nudged) {
      nudged_.store(false, std::memory_order_relaxed);
      absl::Status status = AskEnds(look);
      // Partitions appear seldom; a nudge in a hurry does not wait for them.
      if (discover && status.ok()) {
        status = Discover();
      }
      last_offsets_ = steady_clock::now();
      if (status.ok()) {
        backoff_.Reset();
        if (look) {
          next_offsets_ = After(last_offsets_, options_.offsets_interval);
        }
        if (discover) {
          next_discovery_ = After(last_offsets_, options_.discovery_interval);
        }
      } else {
        next_offsets_ = next_discovery_ = After(last_offsets_, backoff_.Next());
      }
      // What worked for a nudge says nothing of the topics that discovery misses.
      if (discover || !status.ok()) {
        Conclude(status);
      }
    }
    if (now >= next_commit_) {
      commits_->Send(client_, main_queue_.get());
      next_commit_ = After(now, options_.commit_interval);
    }
    WaitForEvents();
  }
}

absl::Status PartitionWatch::Discover() {
  absl::Status first_error;
  for (const std::string& topic : options_.topics) {
    first_error.Update(DiscoverTopic(topic));
  }
  return first_error;
}

absl::Status PartitionWatch::DiscoverTopic(const std::string& topic) {
  KPIWATCH_ASSIGN_OR_RETURN(const int count,
                            kafka::PartitionCount(client_, topic, options_.request_timeout));
  std::vector<PartitionOffsets> added;
  absl::Status status;
  int& known = known_[topic];
  for (; known < count && status.ok(); ++known) {
    PartitionOffsets offsets{.id = {.topic = topic, .partition = known}};
    status = AskBounds(&offsets);
    if (!status.ok()) {
      break;
    }
    added.push_back(std::move(offsets));
  }
  {
    MutexLock lock(&mu_);
    news_.partition_counts[topic] = count;
    news_.added.insert(news_.added.end(), added.begin(), added.end());
  }
  has_news_.store(true, std::memory_order_release);
  on_news_();
  return status;
}

absl::Status PartitionWatch::AskBounds(PartitionOffsets* partition) {
  const PartitionId& id = partition->id;
  partition->asked = absl::Now();
  const rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
      client_, id.topic.c_str(), id.partition, &partition->begin, &partition->end,
      kafka::ToMilliseconds(options_.request_timeout));
  return err == RD_KAFKA_RESP_ERR_NO_ERROR
             ? absl::OkStatus()
             : kafka::ToStatus(err, fmt::format("offsets of {}/{}", id.topic, id.partition));
}

absl::Status PartitionWatch::AskEnds(bool look) {
  const kafka::PartitionsPtr list(rd_kafka_topic_partition_list_new(16));
  for (const auto& [topic, count] : known_) {
    for (int partition = 0; partition < count; ++partition) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
          RD_KAFKA_OFFSET_END;
    }
  }
  if (list->cnt == 0) {
    return absl::OkStatus();
  }
  if (look) {
    MutexLock lock(&mu_);
    for (const auto& [id, last] : recognised_) {
      identity_.Recognised(id, last);
    }
    recognised_.clear();
    for (const auto& [id, last] : delivered_) {
      identity_.Delivered(id, last);
    }
  }
  const absl::Time asked = absl::Now();
  const rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(
      client_, list.get(), kafka::ToMilliseconds(options_.request_timeout));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    identity_.Unanswered();
    return kafka::ToStatus(err, "end offsets");
  }
  std::map<PartitionId, int64_t> firsts;
  if (look) {
    KPIWATCH_ASSIGN_OR_RETURN(firsts, AskFirsts(*list));
  }
  std::vector<PartitionOffsets> ends;
  std::vector<DoubtfulPartition> doubtful;
  absl::Status first_error;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& p = list->elems[i];
    PartitionId id{.topic = p.topic, .partition = p.partition};
    if (p.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      identity_.Unanswered(id);
      first_error.Update(
          kafka::ToStatus(p.err, fmt::format("end offset of {}/{}", p.topic, p.partition)));
      continue;
    }
    if (look) {
      const auto first = firsts.find(id);
      if (const auto last =
              identity_.Answered(id, p.offset, first == firsts.end() ? -1 : first->second)) {
        DoubtfulPartition found{.now = {.id = id}, .last = *last};
        if (const absl::Status status = AskBounds(&found.now); status.ok()) {
          doubtful.push_back(std::move(found));
        } else {
          identity_.Unanswered(id);
          first_error.Update(status);
        }
      }
    }
    ends.push_back({.id = std::move(id), .end = p.offset, .asked = asked});
  }
  {
    MutexLock lock(&mu_);
    news_.ends = std::move(ends);
    news_.looked = news_.looked || look;
    news_.doubtful.insert(news_.doubtful.end(), doubtful.begin(), doubtful.end());
  }
  has_news_.store(true, std::memory_order_release);
  return first_error;
}

absl::StatusOr<std::map<PartitionId, int64_t>> PartitionWatch::AskFirsts(
    const rd_kafka_topic_partition_list_t& partitions) {
  const kafka::PartitionsPtr list(rd_kafka_topic_partition_list_new(partitions.cnt));
  for (int i = 0; i < partitions.cnt; ++i) {
    const rd_kafka_topic_partition_t& p = partitions.elems[i];
    const int64_t moment = identity_.MomentToAsk({.topic = p.topic, .partition = p.partition});
    if (p.err == RD_KAFKA_RESP_ERR_NO_ERROR && moment >= 0) {
      rd_kafka_topic_partition_list_add(list.get(), p.topic, p.partition)->offset = moment;
    }
  }
  std::map<PartitionId, int64_t> firsts;
  if (list->cnt == 0) {
    return firsts;
  }
  const rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(
      client_, list.get(), kafka::ToMilliseconds(options_.request_timeout));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    identity_.Unanswered();
    return kafka::ToStatus(err, "offsets by time");
  }
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& p = list->elems[i];
    if (p.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      firsts[{.topic = p.topic, .partition = p.partition}] = p.offset;
    }
  }
  return firsts;
}

void PartitionWatch::WaitForEvents() {
  SteadyTime until = std::min({next_discovery_, next_offsets_, next_commit_});
  if (nudged_.load(std::memory_order_relaxed)) {
    until = std::min(until, After(last_offsets_, options_.nudge_gap));
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  const kafka::EventPtr event(
      rd_kafka_queue_poll(main_queue_.get(), static_cast<int>(std::max<int64_t>(wait.count(), 0))));
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_ERROR:
      last_error_ = rd_kafka_event_error_string(event.get());
      if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        next_offsets_ = std::min(next_offsets_, steady_clock::now());  // see for ourselves
      }
      break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      commits_->Finish(event.get());
      break;
    default:
      break;
  }
}

void PartitionWatch::Conclude(const absl::Status& status) {
  MutexLock lock(&mu_);
  if (status.ok()) {
    if (!health_.ok()) {
      Log(LogLevel::kInfo, "in touch with Kafka",
          {{"source", options_.source}, {"brokers", options_.brokers}});
    }
    health_ = absl::OkStatus();
    last_error_.clear();
    warned_missing_ = warned_away_ = false;
    return;
  }
  health_ = WithContext(
      fmt::format("source {}: Kafka at {}", options_.source, options_.brokers),
      last_error_.empty()
          ? status
          : absl::Status(status.code(), fmt::format("{}; {}", MessageOf(status), last_error_)));
  if (absl::IsNotFound(status)) {  // which is an answer
    if (!std::exchange(warned_missing_, true)) {
      Log(LogLevel::kWarn, "a Kafka topic is missing; trying again",
          {{"source", options_.source}, {"error", health_}});
    }
  } else if (!std::exchange(warned_away_, true)) {
    outages_->Add();
    Log(LogLevel::kWarn, "Kafka is out of reach; trying again",
        {{"source", options_.source}, {"error", health_}});
  }
}

}  // namespace kpiwatch
