// A broker, a webhook receiver and configured directories for tests that run the real daemon.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/adapters/daemon_process.h"
#include "tests/adapters/kafka_broker.h"
#include "tests/adapters/sales_month.h"
#include "tests/adapters/story.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  EXPECT_TRUE(out.good()) << path;
}

class DaemonFixture : public KafkaTest {
 protected:
  // The topics and the folder of one daemon, or of several that share them.
  struct Place {
    std::string directory;
    std::string topic;    // of events; three partitions
    std::string out;      // of transitions
    std::string letters;  // of dead letters
  };

  // A folder with kpiwatch.yaml, the rules of tests/data/daemon with targets, and `webhook` as the
  // receiver of everything; empty topics. `clock` is wall or events.
  Place MakePlace(const std::string& name, const std::string& webhook,
                  const std::string& clock = "events") {
    Place place;
    place.directory = temp_.path() + "/" + name;
    place.topic = UniqueName(name + "-events");
    place.out = place.topic + "-out";
    place.letters = place.topic + "-letters";
    EXPECT_TRUE(broker().CreateTopic(place.topic, SalesMonth::kPartitions).ok());
    EXPECT_TRUE(broker().CreateTopic(place.out, 1).ok());
    EXPECT_TRUE(broker().CreateTopic(place.letters, 1).ok());
    std::filesystem::create_directories(place.directory);
    std::filesystem::copy_file("tests/data/daemon/rules.yaml", place.directory + "/rules.yaml");
    WriteText(place.directory + "/targets.yaml", SalesTargets());
    WriteText(place.directory + "/receivers.yaml",
              fmt::format("receivers:\n  - {{name: all, webhook: {{url: \"{}\"}}}}\n"
                          "route: {{receiver: all}}\n",
                          webhook));
    WriteConfig(place, name, clock);
    return place;
  }

  void WriteConfig(const Place& place, const std::string& instance, const std::string& clock,
                   const std::string& more = "") {
    WriteText(place.directory + "/kpiwatch.yaml",
              fmt::format("rule_files: [rules.yaml, targets.yaml, receivers.yaml]\n"
                          "instance: {}\n"
                          "clock: {}\n"
                          "sources:\n"
                          "  - name: crm\n"
                          "    kafka: {{brokers: \"{}\", topics: [{}], dead_letter_topic: {}}}\n"
                          "    complete: {{by: heartbeat}}\n"
                          "publish:\n"
                          "  kafka: {{brokers: \"{}\", topic: {}}}\n{}",
                          UniqueInstance(place, instance), clock, broker().address(), place.topic,
                          place.letters, broker().address(), place.out, more));
  }

  // The same for a daemon that takes its events over HTTP, into <storage>/events.
  void WriteLogConfig(const Place& place, const std::string& instance) {
    WriteText(place.directory + "/kpiwatch.yaml",
              fmt::format("rule_files: [rules.yaml, targets.yaml, receivers.yaml]\n"
                          "instance: {}\n"
                          "clock: events\n"
                          "sources:\n"
                          "  - {{name: crm, log: {{path: events}}, complete: {{by: heartbeat}}}}\n"
                          "publish:\n"
                          "  kafka: {{brokers: \"{}\", topic: {}}}\n",
                          UniqueInstance(place, instance), broker().address(), place.out));
  }

  // Waits until the daemon is complete to `until`, has nothing left to judge and nothing to send.
  static bool AwaitSettled(const DaemonProcess& daemon, absl::Time until) {
    constexpr int kSteady = 20;  // polls without a change
    double evaluations = -1;
    int steady = 0;
    return Eventually([&] {
      const double now = daemon.Metric("kpiwatch_rule_evaluations_total");
      const bool done = daemon.Metric("kpiwatch_watermark_seconds") >=
                            static_cast<double>(absl::ToUnixSeconds(until)) &&
                        daemon.Metric("kpiwatch_outbox_length") == 0;
      steady = done && now == evaluations ? steady + 1 : 0;
      evaluations = now;
      return steady >= kSteady;
    });
  }

  std::vector<v1::Transition> Published(const Place& place) {
    const auto records = broker().ReadCommitted(place.out);
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok()) {
      return {};
    }
    const auto transitions = ParseTransitions(*records);
    EXPECT_TRUE(transitions.ok()) << transitions.status();
    return transitions.ok() ? *transitions : std::vector<v1::Transition>();
  }

  TempDirectory temp_;

 private:
  // Instances are the broker's: those of other tests must not meet.
  static std::string UniqueInstance(const Place& place, const std::string& instance) {
    return instance + "-" + place.topic;
  }
};

}  // namespace kpiwatch
