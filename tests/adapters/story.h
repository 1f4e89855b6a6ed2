// What a daemon has told, as far as two runs over the same events must tell the same.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/kpiwatch/v1/transition.pb.h"
#include "tests/adapters/kafka_broker.h"

namespace kpiwatch {

// The transitions of a topic, in its order. Errors: kDataLoss for a record that is none.
absl::StatusOr<std::vector<v1::Transition>> ParseTransitions(
    const std::vector<KafkaRecord>& records);

struct StoryOptions {
  std::set<std::string> intraday;   // rules whose order within a period is free
  std::set<std::string> corrected;  // subjects that late events touch
};

// Where `told` differs from `expected`, for people; empty: the same story. On-close rules: the
// exact list per rule and subject, every field but ids, steps and causes. Intraday rules: the set
// of (rule, subject, period, level). Of corrected subjects: levels that follow from one another,
// and where they end. In any case no id twice.
std::vector<std::string> StoryDifferences(const std::vector<v1::Transition>& expected,
                                          const std::vector<v1::Transition>& told,
                                          const StoryOptions& options);

}  // namespace kpiwatch
