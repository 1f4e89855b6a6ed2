// Watches kpiwatchd as the comparison kit wants it: prints {"seen":N,"at_ms":T} while the number of
// counted events that are durable grows, and when all are there (and, for w4, every alert was read
// by a read-committed consumer) writes the cells and the alerts as CSV.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "daemon/base/check.h"
#include "httplib.h"
#include "nlohmann/json.hpp"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {
namespace {

struct Options {
  std::string root, brokers, alerts, workload, storage, until, dump_results, dump_alerts;
  int port = 0;
  double timeout_s = 600;
};

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// "crm_lead_created_10" → ("com.example.crm.lead.created", "10").
std::pair<std::string, std::string> Split(const std::string& name) {
  const size_t cut = name.rfind('_');
  std::string type = name.substr(0, cut);
  std::replace(type.begin(), type.end(), '_', '.');
  return {"com.example." + type, name.substr(cut + 1)};
}

// What /metrics says: durable counted events, and whether everything was published.
struct Progress {
  bool answered = false;
  int64_t seen = 0;  // by this process
  int64_t lag = 0;   // records that are there and not taken
  bool published = false;
};

Progress Ask(httplib::Client* client) {
  Progress progress;
  const auto answer = client->Get("/metrics");
  if (!answer || answer->status != 200) {
    return progress;
  }
  progress.answered = true;
  std::istringstream lines(answer->body);
  for (std::string line; std::getline(lines, line);) {
    const double value = std::atof(line.substr(line.rfind(' ') + 1).c_str());
    if (line.starts_with("kpiwatch_ingest_records_total") &&
        line.find("result=\"accepted\"") != std::string::npos) {
      progress.seen += static_cast<int64_t>(value);
    } else if (line.starts_with("kpiwatch_ingest_lag_records{")) {
      progress.lag += static_cast<int64_t>(value);
    } else if (line.starts_with("kpiwatch_outbox_length ")) {
      progress.published = value == 0;
    }
  }
  return progress;
}

// Reads the topic of transitions and writes every alert down.
class AlertReader {
 public:
  explicit AlertReader(const Options& options) : file_(options.dump_alerts) {
    file_ << "owner_id,type,day,threshold,event_id,produced_ms,seen_ms\n";
    char error[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::map<std::string, std::string> properties = {
        {"bootstrap.servers", options.brokers}, {"group.id", "watch-" + options.alerts},
        {"isolation.level", "read_committed"},  {"auto.offset.reset", "earliest"},
        {"enable.auto.commit", "false"},        {"fetch.wait.max.ms", "10"}};
    for (const auto& [name, value] : properties) {
      KPIWATCH_CHECK(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof(error)) ==
                         RD_KAFKA_CONF_OK,
                     error);
    }
    consumer_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
    KPIWATCH_CHECK(consumer_ != nullptr, error);
    rd_kafka_poll_set_consumer(consumer_);
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, options.alerts.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer_, topics);
    rd_kafka_topic_partition_list_destroy(topics);
  }
  ~AlertReader() {
    rd_kafka_consumer_close(consumer_);
    rd_kafka_destroy(consumer_);
  }

  // Reads what is there; true when something was. When that was: last_ms().
  bool Poll(int wait_ms) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, wait_ms);
    if (message == nullptr) {
      return false;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        transition_.ParseFromArray(message->payload, static_cast<int>(message->len)) &&
        transition_.to_level() == v1::LEVEL_RED) {
      const auto [type, threshold] = Split(transition_.rule());
      const int64_t now_ms = NowMs();
      file_ << transition_.subject().substr(sizeof("person:") - 1) << ',' << type << ','
            << transition_.period() << ',' << threshold << ',' << transition_.cause_event_id()
            << ',' << transition_.cause_time_unix_ms() << ',' << now_ms << '\n';
      last_ms_ = now_ms;
    }
    rd_kafka_message_destroy(message);
    return true;
  }
  void Finish() { file_.close(); }
  // When the last alert was read; 0: none yet. From any thread.
  int64_t last_ms() const { return last_ms_; }

 private:
  std::ofstream file_;
  v1::Transition transition_;
  std::atomic<int64_t> last_ms_ = 0;
  rd_kafka_t* consumer_ = nullptr;
};

// kpictl's buckets → cells of owner, type and day.
void DumpResults(const Options& options) {
  const std::string command = options.root + "/build/release/bin/kpictl dump --storage.path " +
                              options.storage + " --print values --format ndjson";
  FILE* pipe = popen(command.c_str(), "r");
  KPIWATCH_CHECK(pipe != nullptr, "kpictl runs");
  struct Cell {
    int64_t count = 0;
    std::string sum = "0";
  };
  std::map<std::string, Cell> cells;
  char line[4096];
  while (fgets(line, sizeof(line), pipe) != nullptr) {
    const auto row = nlohmann::json::parse(line);
    const std::string subject = row["subject"];
    if (!subject.starts_with("person:")) {
      continue;
    }
    const auto [type, measure] = Split(row["kpi"]);
    Cell& cell = cells[subject.substr(7) + "," + type + "," + row["day"].get<std::string>()];
    if (measure == "count") {
      cell.count = std::atoll(row["count"].dump().c_str());
    } else {
      // Money with two digits → minor units.
      std::string sum = row["sum"];
      const size_t dot = sum.find('.');
      std::string cents = dot == std::string::npos ? "" : sum.substr(dot + 1);
      cents.resize(2, '0');
      cell.sum = sum.substr(0, dot) + cents;
    }
  }
  KPIWATCH_CHECK(pclose(pipe) == 0, "kpictl dump succeeds");
  std::ofstream file(options.dump_results);
  file << "owner_id,type,day,count,sum\n";
  for (const auto& [key, cell] : cells) {
    file << key << ',' << cell.count << ',' << cell.sum << '\n';
  }
}

int Watch(const Options& options) {
  httplib::Client client("127.0.0.1", options.port);
  client.set_keep_alive(true);
  std::unique_ptr<AlertReader> alerts;
  if (options.workload == "w4") {
    alerts = std::make_unique<AlertReader>(options);
  }
  const int64_t until = std::atoll(options.until.c_str());
  const int64_t deadline = NowMs() + static_cast<int64_t>(options.timeout_s * 1000);
  // Reading alerts must not wait for a page of metrics: their times are what is measured.
  std::atomic<bool> published = false;
  std::atomic<bool> drained = false;  // nothing came since it was published
  constexpr int64_t kRestMs = 2000;
  constexpr int64_t kFarRecords = 1'500'000;
  std::thread metrics([&] {
    int64_t seen = -1;
    int64_t before = 0;   // what processes that were killed had shown
    int64_t in_this = 0;  // what this one has shown, and since when
    int64_t changed_ms = 0;
    int64_t counted_ms = 0;  // when all events were durable
    int64_t lag = 0;         // as the last page said
    bool drains = false;     // a backlog, not events as they come
    while (NowMs() < deadline) {
      // Pages take time from what is measured, most with many alerts standing. Far from the end of
      // a drain one a second is enough; near it they tell the end to a twentieth of a second.
      const bool is_far = lag > kFarRecords;
      drains = drains || is_far;
      const int often_ms = drains || alerts == nullptr ? 50 : 250;
      std::this_thread::sleep_for(std::chrono::milliseconds(is_far ? 1000 : often_ms));
      const int64_t asked = NowMs();
      Progress progress = Ask(&client);
      if (!progress.answered) {
        continue;
      }
      lag = progress.lag;
      before += progress.seen < in_this ? in_this : 0;
      changed_ms = progress.seen == in_this ? changed_ms : asked;
      in_this = progress.seen;
      if (before > 0) {
        // What became durable between the last page and the kill was shown by nobody: the end is
        // where nothing is left to take or to write, and the cells tell whether it was all.
        const bool rests = progress.lag == 0 && asked - changed_ms >= kRestMs;
        progress.seen = rests ? until : std::min(before + in_this, until - 1);
      }
      const bool counted = progress.seen >= until;
      if (counted && counted_ms == 0) {
        counted_ms = before > 0 ? changed_ms : asked;
      }
      published = counted && progress.published;
      const bool all = counted && (alerts == nullptr || drained);
      if (!all && (counted || progress.seen == seen)) {
        continue;
      }
      // The end is when the last of them was seen, not when nothing more came.
      const int64_t at = !all                ? asked
                         : alerts == nullptr ? counted_ms
                                             : std::max(counted_ms, alerts->last_ms());
      seen = progress.seen;
      std::printf("{\"seen\": %lld, \"at_ms\": %lld}\n", static_cast<long long>(seen),
                  static_cast<long long>(at));
      std::fflush(stdout);
      if (all) {
        return;
      }
    }
    drained = true;
  });
  if (alerts != nullptr) {
    while (!drained) {
      const bool was_published = published;
      if (!alerts->Poll(100)) {
        drained = drained || was_published;
      }
    }
  }
  metrics.join();
  if (alerts != nullptr) {
    alerts->Finish();
  }
  DumpResults(options);
  return 0;
}

}  // namespace
}  // namespace kpiwatch

int main(int argc, char** argv) {
  kpiwatch::Options options;
  CLI::App app("Watches kpiwatchd for the comparison kit.");
  app.add_option("--root", options.root)->required();
  app.add_option("--brokers", options.brokers)->required();
  app.add_option("--alerts", options.alerts);
  app.add_option("--workload", options.workload);
  app.add_option("--storage", options.storage)->required();
  app.add_option("--port", options.port)->required();
  app.add_option("--until", options.until)->required();
  app.add_option("--timeout", options.timeout_s);
  app.add_option("--dump-results", options.dump_results)->required();
  app.add_option("--dump-alerts", options.dump_alerts);
  CLI11_PARSE(app, argc, argv);
  return kpiwatch::Watch(options);
}
