#include "daemon/metrics/families.h"

#include "absl/strings/ascii.h"
#include "daemon/base/utf8.h"

namespace kpiwatch {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void AddLabels(const MetricLabels& labels, ClientMetric* metric) {
  for (const auto& [name, value] : labels) {
    if (!value.empty()) {
      metric->label.push_back({name, ReplaceInvalidUtf8(value)});
    }
  }
}

}  // namespace

MetricFamily MakeFamily(std::string_view name, MetricType type, std::string_view help) {
  MetricFamily family;
  family.name = name;
  family.type = type;
  family.help = help;
  return family;
}

void AddSample(MetricFamily* family, const MetricLabels& labels, double value) {
  ClientMetric metric;
  AddLabels(labels, &metric);
  (family->type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family->metric.push_back(std::move(metric));
}

MetricFamily CounterOf(std::string_view name, std::string_view help, const Counter& counter) {
  MetricFamily family = MakeFamily(name, MetricType::Counter, help);
  AddSample(&family, {}, static_cast<double>(counter.value()));
  return family;
}

MetricFamily CountersOf(std::string_view name, std::string_view help,
                        const CounterFamily& counters) {
  MetricFamily family = MakeFamily(name, MetricType::Counter, help);
  for (const auto& [values, count] : counters.Take()) {
    MetricLabels labels;
    for (size_t i = 0; i < values.size(); ++i) {
      labels.emplace_back(counters.label_names()[i], values[i]);
    }
    AddSample(&family, labels, static_cast<double>(count));
  }
  return family;
}

MetricFamily GaugeOf(std::string_view name, std::string_view help, double value) {
  MetricFamily family = MakeFamily(name, MetricType::Gauge, help);
  AddSample(&family, {}, value);
  return family;
}

MetricFamily HistogramOf(std::string_view name, std::string_view help, const Histogram& histogram) {
  MetricFamily family = MakeFamily(name, MetricType::Histogram, help);
  const Histogram::Snapshot snapshot = histogram.Take();
  ClientMetric metric;
  for (size_t i = 0; i < snapshot.upper_bounds.size(); ++i) {
    ClientMetric::Bucket bucket;
    bucket.upper_bound = snapshot.upper_bounds[i];
    bucket.cumulative_count = snapshot.cumulative[i];
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = snapshot.count();
  metric.histogram.sample_sum = snapshot.sum;
  family.metric.push_back(std::move(metric));
  return family;
}

}  // namespace kpiwatch
