#include "daemon/metrics/business_metrics.h"

#include <set>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "daemon/metrics/families.h"
#include "daemon/rulebook/label_name.h"

namespace kpiwatch {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void AddKpis(const std::vector<KpiSample>& samples, std::vector<MetricFamily>* out) {
  MetricFamily value =
      MakeFamily("kpiwatch_kpi_value", MetricType::Gauge, "Value of a KPI in the period.");
  MetricFamily target =
      MakeFamily("kpiwatch_kpi_target", MetricType::Gauge, "Target of the KPI for the period.");
  MetricFamily completion = MakeFamily("kpiwatch_kpi_completion_ratio", MetricType::Gauge,
                                       "Value over target; 1 is the target met.");
  MetricFamily pace = MakeFamily("kpiwatch_kpi_pace_ratio", MetricType::Gauge,
                                 "Value over what was due by now; 1 is on pace.");
  MetricFamily level =
      MakeFamily("kpiwatch_kpi_level", MetricType::Gauge, "0 green, 1 yellow, 2 orange, 3 red.");
  for (const KpiSample& sample : samples) {
    const MetricLabels labels = {{"kpi", sample.kpi},
                                 {"unit", sample.unit},
                                 {"person", sample.person},
                                 {"period", sample.period},
                                 {"level_of_org", sample.level_of_org}};
    for (const auto& [family, number] :
         {std::pair{&value, sample.value}, std::pair{&target, sample.target},
          std::pair{&completion, sample.completion_ratio}, std::pair{&pace, sample.pace_ratio}}) {
      if (number.has_value()) {
        AddSample(family, labels, *number);
      }
    }
    if (sample.level.has_value()) {
      AddSample(&level, labels, static_cast<double>(*sample.level));
    }
  }
  for (MetricFamily* family : {&value, &target, &completion, &pace, &level}) {
    if (!family->metric.empty()) {
      out->push_back(std::move(*family));
    }
  }
}

// Prometheus's own series of alerts. The period is no label: it would start a new series every day
// that an alert stands.
MetricFamily Alerts(const std::vector<AlertView>& alerts) {
  MetricFamily family = MakeFamily("ALERTS", MetricType::Gauge, "Alerts that stand or wait.");
  std::set<MetricLabels> seen;
  for (const AlertView& alert : alerts) {
    if (alert.state == AlertState::kInactive) {
      continue;
    }
    MetricLabels labels = {
        {"alertname", alert.rule},
        {"alertstate", alert.state == AlertState::kFiring ? "firing" : "pending"},
        {"level", std::string(LevelName(alert.level))}};
    if (!alert.kpi.empty()) {
      labels.emplace_back("kpi", alert.kpi);
    }
    labels.emplace_back("subject", alert.subject);
    std::set<std::string> names = {"alertname", "alertstate", "level", "kpi", "subject"};
    for (const auto& [name, value] : alert.labels) {
      std::string label = LabelName(name);
      if (names.insert(label).second) {
        labels.emplace_back(std::move(label), value);
      }
    }
    if (seen.insert(labels).second) {
      AddSample(&family, labels, 1);
    }
  }
  return family;
}

}  // namespace

MetricFamily BusinessMetrics::StandingAlerts() const {
  constexpr absl::Duration kQuick = absl::Milliseconds(20);
  constexpr int kShare = 50;
  MutexLock lock(&mu_);
  const absl::Time begin = absl::Now();
  if (begin >= keep_alerts_until_) {
    const AlertPage page = inputs_.view->Alerts(
        {.after = {}, .limit = inputs_.max_alerts, .rules = {}, .brief = true});
    dropped_.Add(page.total - page.alerts.size());
    alerts_ = Alerts(page.alerts);
    const absl::Duration took = absl::Now() - begin;
    keep_alerts_until_ = took < kQuick ? absl::InfinitePast() : begin + kShare * took;
  }
  return alerts_;
}

std::vector<MetricFamily> BusinessMetrics::Collect() const {
  const KpiSamples kpis = inputs_.view->Samples(inputs_.max_kpi_samples);
  dropped_.Add(kpis.dropped);

  std::vector<MetricFamily> families;
  AddKpis(kpis.samples, &families);
  if (MetricFamily family = StandingAlerts(); !family.metric.empty()) {
    families.push_back(std::move(family));
  }
  families.push_back(CounterOf("kpiwatch_series_dropped_total",
                               "Samples left out of answers because of the caps on KPI and alert "
                               "series.",
                               dropped_));
  return families;
}

}  // namespace kpiwatch
