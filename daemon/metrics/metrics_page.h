// The answer to GET /metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/build_info.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/engine/read_view.h"
#include "daemon/notify/notify_metrics.h"

namespace prometheus {
class Collectable;
}  // namespace prometheus

namespace kpiwatch {

// A counter of the store or of an adapter, whose types this folder does not know. Those of one name
// lie side by side and differ in their labels.
struct AdapterCounter {
  std::string name;  // "kpiwatch_…_total"
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  std::function<uint64_t()> value;  // asked by any thread
};

// Everything that is shown. The pointers are borrowed and must outlive the page.
struct MetricsInputs {
  const EngineMetrics* engine = nullptr;
  const NotifyMetrics* notify = nullptr;
  const EngineReadView* view = nullptr;
  BuildInfo build;
  std::vector<AdapterCounter> adapters;
  // Caps of the two families that grow with the business; what is beyond is counted in
  // kpiwatch_series_dropped_total.
  size_t max_kpi_samples = 20'000;
  size_t max_alerts = 10'000;
};

// Collects at the moment of the question. Thread-safe.
class MetricsPage {
 public:
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  explicit MetricsPage(const MetricsInputs& inputs);
  ~MetricsPage();
  // Prometheus text format 0.0.4.
  std::string Render() const;

 private:
  std::vector<std::unique_ptr<prometheus::Collectable>> collectables_;
};

}  // namespace kpiwatch
