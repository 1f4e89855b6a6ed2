#include "daemon/fold/event_matcher.h"

#include <algorithm>
#include <utility>

namespace kpiwatch {
namespace {

std::string_view WithoutVersion(std::string_view type) {
  const size_t dot = type.rfind('.');
  if (dot == std::string_view::npos || dot + 2 >= type.size() || type[dot + 1] != 'v') {
    return type;
  }
  const std::string_view digits = type.substr(dot + 2);
  const bool is_version =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_version ? type.substr(0, dot) : type;
}

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
  info.heartbeat = EventTypeMatches(type, "sys.source.heartbeat");
  std::vector<KpiMatch>& matches = info.matches;
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const Kpi& kpi = rulebook_->kpis[k];
    if (kpi.type != KpiType::kSimple) {
      continue;
    }
    if (AnyMatches(type, kpi.events)) {
      matches.push_back({k, false});
    }
    if (AnyMatches(type, kpi.reverse)) {
      matches.push_back({k, true});
    }
  }
  return info;
}

}  // namespace kpiwatch
