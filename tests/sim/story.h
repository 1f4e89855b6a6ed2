// What the daemon told of a rule and a subject, and how that reads in a report.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/kpiwatch/v1/transition.pb.h"
#include "tests/sim/oracle.h"

namespace kpiwatch::sim {

// By rule and subject, in order.
using Story = std::map<std::pair<std::string, std::string>, std::vector<v1::Transition>>;

Story StoryOf(const std::vector<v1::OutboxEntry>& entries);

std::string TextOf(const v1::Transition& t);
std::string TextOf(const Move& move);
template <typename Item>
std::string TextOf(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    text += "\n    " + TextOf(item);
  }
  return text.empty() ? " nothing" : text;
}

}  // namespace kpiwatch::sim
