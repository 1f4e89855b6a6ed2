// Which KPIs count an event of a given type (D-17).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/string_map.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// True if event type `type` answers to `pattern`: after a trailing ".vN" of the type is cut, the
// pattern matches its dot-bounded end ("com.acme.crm.lead.created.v1" answers to
// "crm.lead.created", not to "m.lead.created"); '*' in a pattern stands for any run of characters.
bool EventTypeMatches(std::string_view type, std::string_view pattern);

// A KPI that counts events of a type.
struct KpiMatch {
  KpiIndex kpi = 0;
  bool reverse = false;  // its facts count negative
  bool retract = false;  // a state of an entity that does not count
};

// What is known of an event type.
struct EventTypeInfo {
  bool heartbeat = false;         // sys.source.heartbeat: says until when a source is complete
  std::vector<KpiMatch> matches;  // in the order of the rulebook's KPIs; of those that count events
  std::vector<KpiMatch> entity_matches;  // the same of those that count entities
  bool IsWanted() const { return !matches.empty() || !entity_matches.empty(); }
};

// Not thread-safe: it remembers the types it has seen, at most kMaxTypes; a type beyond that is
// matched anew each time.
class EventMatcher {
 public:
  static constexpr size_t kMaxTypes = 4096;
  // `rulebook` is borrowed and must outlive the matcher.
  explicit EventMatcher(const Rulebook* rulebook) : rulebook_(rulebook) {}
  // Valid until the next call.
  const EventTypeInfo& Match(std::string_view type);

 private:
  EventTypeInfo Compute(std::string_view type) const;

  const Rulebook* rulebook_;
  StringMap<EventTypeInfo> known_;
  EventTypeInfo overflow_;
};

}  // namespace kpiwatch
