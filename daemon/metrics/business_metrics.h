// What the daemon watches: the values of KPIs and the alerts that stand.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "daemon/base/counters.h"
#include "daemon/base/mutex.h"
#include "daemon/metrics/metrics_page.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace kpiwatch {

// Only open and just sealed periods: Prometheus cannot rewrite a sample, so history and
// restatements are the API's.
// Limits: with very many standing alerts their list is made anew only so often that making it takes
// a fiftieth of the time at most.
// Thread-safe.
class BusinessMetrics final : public prometheus::Collectable {
 public:
  explicit BusinessMetrics(MetricsInputs inputs) : inputs_(std::move(inputs)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  prometheus::MetricFamily StandingAlerts() const;

  const MetricsInputs inputs_;
  mutable Mutex mu_;
  mutable prometheus::MetricFamily alerts_ ABSL_GUARDED_BY(mu_);  // as of the last look
  mutable absl::Time keep_alerts_until_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  mutable Counter dropped_;  // samples left out because of the caps
};

}  // namespace kpiwatch
