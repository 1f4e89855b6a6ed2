#include "daemon/metrics/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/metrics/sample_metrics.h"

namespace kpiwatch {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The names of the families of our own on a page.
std::set<std::string> FamilyNames(const std::string& page) {
  std::set<std::string> names;
  for (const std::string& line : Lines(page)) {
    if (line.starts_with("# TYPE ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      if (!name.starts_with("process_")) {
        names.insert(name);
      }
    }
  }
  return names;
}

TEST(MetricsPageTest, CarriesTheNamesThatTheDocumentationPromises) {
  const SampleDaemon daemon;
  const std::set<std::string> expected = {
      "ALERTS",
      "kpiwatch_build_info",
      "kpiwatch_calendar_provisional",
      "kpiwatch_clock_behind_seconds",
      "kpiwatch_clock_steps_back_total",
      "kpiwatch_commit_duration_seconds",
      "kpiwatch_config_last_reload_success_timestamp_seconds",
      "kpiwatch_config_last_reload_successful",
      "kpiwatch_config_reload_failures_total",
      "kpiwatch_dead_letters_total",
      "kpiwatch_dedup_window_ids",
      "kpiwatch_dedup_window_seconds",
      "kpiwatch_event_to_alert_seconds",
      "kpiwatch_facts_excluded_total",
      "kpiwatch_ingest_lag_records",
      "kpiwatch_ingest_records_total",
      "kpiwatch_kpi_completion_ratio",
      "kpiwatch_kpi_level",
      "kpiwatch_kpi_target",
      "kpiwatch_kpi_value",
      "kpiwatch_notification_latency_seconds",
      "kpiwatch_notifications_failed_total",
      "kpiwatch_notifications_suppressed_total",
      "kpiwatch_notifications_total",
      "kpiwatch_outbox_length",
      "kpiwatch_outbox_oldest_seconds",
      "kpiwatch_publish_outages_total",
      "kpiwatch_ready",
      "kpiwatch_rule_evaluation_duration_seconds",
      "kpiwatch_rule_evaluation_failures_total",
      "kpiwatch_rule_evaluations_total",
      "kpiwatch_series_dropped_total",
      "kpiwatch_source_healthy",
      "kpiwatch_source_late",
      "kpiwatch_source_late_total",
      "kpiwatch_source_partitions_failed",
      "kpiwatch_unmatched_events_total",
      "kpiwatch_watermark_seconds",
  };
  EXPECT_EQ(FamilyNames(MetricsPage(daemon.inputs()).Render()), expected);
}

TEST(MetricsPageTest, ShowsWhatWasCounted) {
  const SampleDaemon daemon;
  const auto lines = Lines(MetricsPage(daemon.inputs()).Render());
  for (const char* line : {
           "kpiwatch_build_info{version=\"0.1.0\",revision=\"abc123\",branch=\"main\"} 1",
           "kpiwatch_ingest_records_total{topic=\"crm.events\",result=\"accepted\"} 7",
           "kpiwatch_ingest_records_total{topic=\"crm.events\",result=\"duplicate\"} 2",
           "kpiwatch_dead_letters_total{reason=\"decode\"} 1",
           "kpiwatch_rule_evaluations_total{rule=\"actions-slipping\"} 3",
           "kpiwatch_commit_duration_seconds_bucket{le=\"0.0025\"} 0",
           "kpiwatch_commit_duration_seconds_bucket{le=\"+Inf\"} 1",
           "kpiwatch_commit_duration_seconds_count 1",
           "kpiwatch_outbox_length 4",
           "kpiwatch_notifications_total{integration=\"email\"} 5",
           "kpiwatch_notifications_failed_total{integration=\"webhook\",reason=\"kUnavailable\"} 1",
           "kpiwatch_notifications_suppressed_total{reason=\"before_live\"} 9",
       }) {
    EXPECT_THAT(lines, Contains(line));
  }
}

TEST(MetricsPageTest, ShowsTheCountersOfAdapters) {
  const SampleDaemon daemon;
  Counter accepted, refused;
  accepted.Add(4);
  MetricsInputs inputs = daemon.inputs();
  inputs.adapters = {
      {"kpiwatch_http_events_total",
       "Events.",
       {{"result", "accepted"}},
       [&] { return accepted.value(); }},
      {"kpiwatch_http_events_total",
       "Events.",
       {{"result", "refused"}},
       [&] { return refused.value(); }},
  };
  const auto lines = Lines(MetricsPage(inputs).Render());
  EXPECT_THAT(lines, Contains("# TYPE kpiwatch_http_events_total counter").Times(1));
  EXPECT_THAT(lines, Contains("kpiwatch_http_events_total{result=\"accepted\"} 4"));
  EXPECT_THAT(lines, Contains("kpiwatch_http_events_total{result=\"refused\"} 0"));
}

TEST(MetricsPageTest, ShowsEverySourceAndPartition) {
  const SampleDaemon daemon;
  const std::string page = MetricsPage(daemon.inputs()).Render();
  const auto lines = Lines(page);
  for (const char* line : {
           "kpiwatch_ingest_lag_records{source=\"crm\",topic=\"crm.events\",partition=\"0\"} 10",
           "kpiwatch_ingest_lag_records{source=\"local\",topic=\"local\",partition=\"0\"} 0",
           "kpiwatch_watermark_seconds{source=\"crm\"} 1790553600",
           "kpiwatch_source_late{source=\"crm\"} 0",
           "kpiwatch_source_late{source=\"local\"} 1",
           "kpiwatch_source_healthy{source=\"local\"} 0",
           "kpiwatch_source_partitions_failed{source=\"crm\"} 1",
       }) {
    EXPECT_THAT(lines, Contains(line));
  }
  // Neither a lag without a known end nor a watermark without proof.
  EXPECT_THAT(page, Not(HasSubstr("partition=\"1\"")));
  EXPECT_THAT(page, Not(HasSubstr("kpiwatch_watermark_seconds{source=\"local\"}")));
}

TEST(MetricsPageTest, LeavesOutWhatIsNotAvailableOfAKpi) {
  const SampleDaemon daemon;
  const std::string page = MetricsPage(daemon.inputs()).Render();
  const auto lines = Lines(page);
  EXPECT_THAT(lines, Contains("kpiwatch_kpi_value{kpi=\"revenue\",unit=\"east\",period=\"week\","
                              "level_of_org=\"unit\"} 1200.5"));
  EXPECT_THAT(lines, Contains("kpiwatch_kpi_value{kpi=\"revenue\",unit=\"east\",person=\"u102\","
                              "period=\"week\",level_of_org=\"person\"} 1200.5"));
  EXPECT_THAT(lines, Contains("kpiwatch_kpi_level{kpi=\"revenue\",unit=\"east\",period=\"week\","
                              "level_of_org=\"unit\"} 2"));
  EXPECT_THAT(page, Not(HasSubstr("kpiwatch_kpi_target{kpi=\"revenue\",unit=\"east\",person")));
  EXPECT_THAT(page, Not(HasSubstr("kpiwatch_kpi_pace_ratio")));
}

TEST(MetricsPageTest, ListsAlertsOnceWithSafeLabels) {
  SampleDaemon daemon;
  // The same ladder for another open period, and one that stands no more.
  AlertView again = daemon.view.alerts[0];
  again.period = "2026-09-29";
  AlertView gone = SampleAlert("gone", "person:u102", Level::kGreen);
  gone.state = AlertState::kInactive;
  daemon.view.alerts.push_back(again);
  daemon.view.alerts.push_back(gone);
  AlertView late = SampleAlert("data-late", "source:crm", Level::kOrange);
  late.kpi.clear();
  daemon.view.alerts.push_back(late);
  const std::string page = MetricsPage(daemon.inputs()).Render();
  const auto lines = Lines(page);
  EXPECT_THAT(lines, Contains("ALERTS{alertname=\"actions-slipping\",alertstate=\"firing\","
                              "level=\"yellow\",kpi=\"key_actions\",subject=\"person:u102\","
                              "bad=\"\uFFFD\",team_name=\"a\\\"b\\\\c\\nd\"} 1")
                         .Times(1));
  EXPECT_THAT(page, Not(HasSubstr("gone")));
  EXPECT_THAT(lines, Contains("ALERTS{alertname=\"data-late\",alertstate=\"firing\","
                              "level=\"orange\",subject=\"source:crm\"} 1"));
}

TEST(MetricsPageTest, CountsTheSeriesThatItsCapsLeaveOut) {
  SampleDaemon daemon;
  MetricsInputs inputs = daemon.inputs();
  inputs.max_kpi_samples = 1;
  inputs.max_alerts = 1;
  const MetricsPage page(inputs);
  EXPECT_THAT(Lines(page.Render()), Contains("kpiwatch_series_dropped_total 2"));
  const std::string second = page.Render();
  EXPECT_THAT(Lines(second), Contains("kpiwatch_series_dropped_total 4"));
  EXPECT_THAT(second, Not(HasSubstr("unit:east")));
  EXPECT_THAT(second, Not(HasSubstr("person=\"u102\"")));
}

TEST(MetricsPageTest, ShowsTheProcess) {
  const SampleDaemon daemon;
  const std::string page = MetricsPage(daemon.inputs()).Render();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes", "process_start_time_seconds",
                           "process_open_fds", "process_max_fds"}) {
    EXPECT_THAT(page, HasSubstr(std::string("\n") + name + " "));
  }
}

}  // namespace
}  // namespace kpiwatch
