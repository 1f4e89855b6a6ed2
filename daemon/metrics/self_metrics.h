// What the daemon says about itself: records, verdicts, commits, messages, sources, configuration.
#pragma once

#include <vector>

#include "daemon/metrics/metrics_page.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace kpiwatch {

class SelfMetrics final : public prometheus::Collectable {
 public:
  explicit SelfMetrics(MetricsInputs inputs) : inputs_(std::move(inputs)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const MetricsInputs inputs_;
};

}  // namespace kpiwatch
