#include "daemon/metrics/metrics_page.h"

#include <iterator>
#include <utility>

#include "daemon/metrics/business_metrics.h"
#include "daemon/metrics/process_metrics.h"
#include "daemon/metrics/self_metrics.h"
#include "prometheus/text_serializer.h"

namespace kpiwatch {

MetricsPage::MetricsPage(const MetricsInputs& inputs) {
  collectables_.push_back(std::make_unique<SelfMetrics>(inputs));
  collectables_.push_back(std::make_unique<BusinessMetrics>(inputs));
  collectables_.push_back(std::make_unique<ProcessMetrics>());
}

MetricsPage::~MetricsPage() = default;

std::string MetricsPage::Render() const {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& collectable : collectables_) {
    std::vector<prometheus::MetricFamily> some = collectable->Collect();
    families.insert(families.end(), std::make_move_iterator(some.begin()),
                    std::make_move_iterator(some.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace kpiwatch
