// What the daemon watches: the values of KPIs and the alerts that stand.
#pragma once

#include <vector>

#include "daemon/base/counters.h"
#include "daemon/metrics/metrics_page.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace kpiwatch {

// Only open and just sealed periods: Prometheus cannot rewrite a sample, so history and
// restatements are the API's.
class BusinessMetrics final : public prometheus::Collectable {
 public:
  explicit BusinessMetrics(MetricsInputs inputs) : inputs_(std::move(inputs)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const MetricsInputs inputs_;
  mutable Counter dropped_;  // samples left out because of the caps
};

}  // namespace kpiwatch
