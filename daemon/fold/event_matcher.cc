#include "daemon/fold/event_matcher.h"

#include <algorithm>
#include <utility>

#include "daemon/model/heartbeat.h"

namespace kpiwatch {
namespace {

// Linear-time glob with '*' only.
bool GlobMatches(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

bool AnyMatches(std::string_view type, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return EventTypeMatches(type, p); });
}

}  // namespace

bool EventTypeMatches(std::string_view type, std::string_view pattern) {
  const std::string_view name = WithoutVersion(type);
  const std::string_view wanted = WithoutVersion(pattern);
  if (GlobMatches(name, wanted)) {
    return true;
  }
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    if (GlobMatches(name.substr(dot + 1), wanted)) {
      return true;
    }
  }
  return false;
}

const EventTypeInfo& EventMatcher::Match(std::string_view type) {
  if (const auto it = known_.find(type); it != known_.end()) {
    return it->second;
  }
  if (known_.size() >= kMaxTypes) {
    overflow_ = Compute(type);
    return overflow_;
  }
  return known_.emplace(std::string(type), Compute(type)).first->second;
}

EventTypeInfo EventMatcher::Compute(std::string_view type) const {
  EventTypeInfo info;
  info.heartbeat = IsHeartbeat(type);
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const Kpi& kpi = rulebook_->kpis[k];
    if (kpi.type != KpiType::kSimple) {
      continue;
    }
    std::vector<KpiMatch>& matches = kpi.by_entity() ? info.entity_matches : info.matches;
    if (AnyMatches(type, kpi.events)) {
      matches.push_back({.kpi = k});
    }
    if (AnyMatches(type, kpi.reverse)) {
      matches.push_back({.kpi = k, .reverse = true});
    }
    if (AnyMatches(type, kpi.entity.retract)) {
      matches.push_back({.kpi = k, .retract = true});
    }
  }
  return info;
}

}  // namespace kpiwatch
