// Metric families built by hand from what others counted.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/counters.h"
#include "prometheus/metric_family.h"

namespace kpiwatch {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// An empty family. The help ends up on the HELP line.
prometheus::MetricFamily MakeFamily(std::string_view name, prometheus::MetricType type,
                                    std::string_view help);

// Adds one sample. A label with an empty value is the same as none and is left out; values are made
// valid UTF-8.
void AddSample(prometheus::MetricFamily* family, const MetricLabels& labels, double value);

// Whole families with the values of the moment.
prometheus::MetricFamily CounterOf(std::string_view name, std::string_view help,
                                   const Counter& counter);
prometheus::MetricFamily CountersOf(std::string_view name, std::string_view help,
                                    const CounterFamily& counters);
prometheus::MetricFamily GaugeOf(std::string_view name, std::string_view help, double value);
prometheus::MetricFamily HistogramOf(std::string_view name, std::string_view help,
                                     const Histogram& histogram);

}  // namespace kpiwatch
