#include "daemon/metrics/self_metrics.h"

#include <algorithm>
#include <string>

#include "daemon/metrics/families.h"

namespace kpiwatch {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Build(const BuildInfo& build) {
  MetricFamily family = MakeFamily("kpiwatch_build_info", MetricType::Gauge,
                                   "Always 1; the labels say which build this is.");
  AddSample(&family,
            {{"version", build.version}, {"revision", build.revision}, {"branch", build.branch}},
            1);
  return family;
}

void AddEngine(const EngineMetrics& m, std::vector<MetricFamily>* out) {
  out->push_back(CountersOf("kpiwatch_ingest_records_total",
                            "Records taken in, by topic and what became of them.",
                            m.ingest_records));
  out->push_back(CountersOf("kpiwatch_dead_letters_total",
                            "Records that could not be taken, by reason.", m.dead_letters));
  out->push_back(CounterOf("kpiwatch_unmatched_events_total",
                           "Events of types that no KPI asks for.", m.unmatched_events));
  out->push_back(CountersOf("kpiwatch_facts_excluded_total",
                            "Facts that a KPI could not take, by reason.", m.facts_excluded));
  out->push_back(GaugeOf("kpiwatch_dedup_window_ids",
                         "Event ids that the window for duplicates holds.",
                         m.dedup_window_ids.value()));
  out->push_back(GaugeOf("kpiwatch_dedup_window_seconds",
                         "How far back by arrival the window for duplicates reaches.",
                         m.dedup_window_seconds.value()));
  out->push_back(CountersOf("kpiwatch_rule_evaluations_total",
                            "Evaluations of a rule for one subject and period.",
                            m.rule_evaluations));
  out->push_back(CountersOf("kpiwatch_rule_evaluation_failures_total", "Evaluations that failed.",
                            m.rule_evaluation_failures));
  out->push_back(HistogramOf("kpiwatch_rule_evaluation_duration_seconds",
                             "Time that one step's evaluation of all its rules took.",
                             m.rule_evaluation_seconds));
  out->push_back(HistogramOf("kpiwatch_event_to_alert_seconds",
                             "From a record's transport time to the durable transition it caused.",
                             m.event_to_alert_seconds));
  out->push_back(HistogramOf("kpiwatch_commit_duration_seconds",
                             "Time that one step's write to disk took.", m.commit_seconds));
  out->push_back(GaugeOf("kpiwatch_calendar_provisional",
                         "1 while a calendar in use ends before a period that needs it.",
                         m.calendar_provisional.value()));
  out->push_back(GaugeOf("kpiwatch_outbox_length",
                         "Entries that some channel has not acknowledged.",
                         m.outbox_length.value()));
  out->push_back(GaugeOf("kpiwatch_outbox_oldest_seconds",
                         "Age of the oldest of them; 0 when there is none.",
                         m.outbox_oldest_seconds.value()));
  out->push_back(CountersOf("kpiwatch_source_late_total",
                            "Times that a day began to wait for the source.", m.source_late));
  out->push_back(CounterOf("kpiwatch_clock_steps_back_total",
                           "Times that the system clock has stepped back.", m.clock_steps_back));
  out->push_back(GaugeOf("kpiwatch_clock_behind_seconds",
                         "By how much the system clock is behind the latest time it has shown; "
                         "seals wait until it has caught up.",
                         m.clock_behind_seconds.value()));
  out->push_back(CounterOf("kpiwatch_config_reload_failures_total",
                           "Reloads that failed and left the rules in force.", m.reload_failures));
  out->push_back(GaugeOf("kpiwatch_config_last_reload_successful",
                         "Whether the last attempt to load the configuration succeeded.",
                         m.last_reload_successful.value()));
  out->push_back(GaugeOf("kpiwatch_config_last_reload_success_timestamp_seconds",
                         "When the configuration was last loaded successfully.",
                         m.last_reload_success_timestamp.value()));
}

void AddNotify(const NotifyMetrics& m, std::vector<MetricFamily>* out) {
  out->push_back(
      CountersOf("kpiwatch_notifications_total", "Messages that the other side accepted.", m.sent));
  out->push_back(CountersOf("kpiwatch_notifications_failed_total",
                            "Attempts to send that failed, by reason.", m.failed));
  out->push_back(CountersOf("kpiwatch_publish_outages_total",
                            "Times that publishing to Kafka was held up.", m.publish_outages));
  out->push_back(CountersOf("kpiwatch_notifications_suppressed_total",
                            "Decisions not to send, by reason.", m.suppressed));
  out->push_back(HistogramOf("kpiwatch_notification_latency_seconds",
                             "Time that one attempt to send took.", m.latency_seconds));
}

void AddSources(const std::vector<SourceView>& sources, std::vector<MetricFamily>* out) {
  MetricFamily watermark =
      MakeFamily("kpiwatch_watermark_seconds", MetricType::Gauge,
                 "Time up to which a source is proven complete, in seconds since 1970.");
  MetricFamily late = MakeFamily("kpiwatch_source_late", MetricType::Gauge,
                                 "1 while a day waits for the source to be proven complete.");
  MetricFamily healthy = MakeFamily("kpiwatch_source_healthy", MetricType::Gauge,
                                    "Whether the transport of the source works.");
  MetricFamily failed =
      MakeFamily("kpiwatch_source_partitions_failed", MetricType::Gauge,
                 "Partitions that stopped and need a person; the source's API entry says why.");
  MetricFamily lag = MakeFamily("kpiwatch_ingest_lag_records", MetricType::Gauge,
                                "Records that are there and not yet taken in.");
  for (const SourceView& source : sources) {
    const MetricLabels by_source = {{"source", source.name}};
    if (source.complete_until > absl::InfinitePast()) {
      AddSample(&watermark, by_source,
                absl::ToDoubleSeconds(source.complete_until - absl::UnixEpoch()));
    }
    AddSample(&late, by_source, source.late_since.has_value() ? 1 : 0);
    AddSample(&healthy, by_source, source.error.empty() ? 1 : 0);
    AddSample(&failed, by_source,
              static_cast<double>(std::count_if(source.partitions.begin(), source.partitions.end(),
                                                [](const PartitionView& p) { return p.failed; })));
    for (const PartitionView& partition : source.partitions) {
      if (partition.end >= 0) {
        AddSample(&lag,
                  {{"source", source.name},
                   {"topic", partition.topic.empty() ? source.name : partition.topic},
                   {"partition", std::to_string(partition.partition)}},
                  static_cast<double>(std::max<int64_t>(0, partition.end - partition.position)));
      }
    }
  }
  for (MetricFamily* family : {&watermark, &late, &healthy, &failed, &lag}) {
    out->push_back(std::move(*family));
  }
}

void AddAdapters(const std::vector<AdapterCounter>& counters, std::vector<MetricFamily>* out) {
  for (const AdapterCounter& counter : counters) {
    if (out->back().name != counter.name) {
      out->push_back(MakeFamily(counter.name, MetricType::Counter, counter.help));
    }
    AddSample(&out->back(), counter.labels, static_cast<double>(counter.value()));
  }
}

}  // namespace

std::vector<MetricFamily> SelfMetrics::Collect() const {
  std::vector<MetricFamily> families;
  families.push_back(Build(inputs_.build));
  families.push_back(GaugeOf("kpiwatch_ready",
                             "1 once the state is restored and every source has its partitions.",
                             inputs_.view->ready() ? 1 : 0));
  AddEngine(*inputs_.engine, &families);
  AddNotify(*inputs_.notify, &families);
  AddSources(inputs_.view->Sources(), &families);
  AddAdapters(inputs_.adapters, &families);
  return families;
}

}  // namespace kpiwatch
