// Events → facts: what one event adds to which KPI of which subject on which business day.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/fold/event_matcher.h"
#include "daemon/fold/fact_days.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/model/event.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// One contribution. The subject is named by id; `home_unit` is what the event says of the owner's
// unit. Views are valid as long as the event's, and until the folder's next event.
struct Fact {
  KpiIndex kpi = 0;
  bool by_unit = false;        // `subject` is a unit's id, else a person's
  std::string_view subject;    // empty: nobody named (D-19)
  std::string_view home_unit;  // may be empty
  Day day;
  Aggregate delta;
};

// What the event says of an entity to a KPI that counts those. `fact` is what it makes the entity
// add, where `counts`; else only its KPI is set.
struct EntityFact {
  std::string_view entity;  // never empty
  bool reverse = false;     // the event takes from the entity, and is no state of it
  bool retract = false;
  bool counts = false;
  Fact fact;
};

// What a folder left out, and why.
struct FoldCounts {
  uint64_t filtered = 0;    // facts that a `where` left out
  uint64_t currency = 0;    // money of another currency than the KPI's (D-18)
  uint64_t no_measure = 0;  // the measured field is missing or no number
  uint64_t binary = 0;      // money as a binary floating-point number (D-18)
  uint64_t no_entity = 0;   // nothing says which entity it retracts
};

// Facts of one KPI that were left out for one reason.
struct Exclusion {
  uint64_t facts = 0;
  std::string example;  // id of the first event of them
};
// By KPI and reason: "currency", "no_measure", "binary_money" or "no_entity".
using Exclusions = std::map<std::pair<KpiIndex, std::string_view>, Exclusion>;

// Not thread-safe; reuses its buffers: no allocation per event. `rulebook` is borrowed and must
// outlive the folder.
class Folder {
 public:
  explicit Folder(const Rulebook* rulebook);
  // What the rulebook wants of events of `type`; valid until the next call.
  const EventTypeInfo& Lookup(std::string_view type) { return matcher_.Match(type); }
  // The facts of `event`, whose type has `info`; valid until the next call. REQUIRES: event.time_ms
  // != kNoTime and event.fields are those of rulebook->fields.
  // An event that names no entity to a KPI that counts those is counted by itself. What was only
  // read (Event::snapshot) is no fact, but a state of its entity, which counts where it is dated.
  const std::vector<Fact>& Fold(const Event& event, const EventTypeInfo& info);
  // What the same event says of entities; valid as long as the facts.
  const std::vector<EntityFact>& entity_facts() const { return entity_facts_; }
  const FoldCounts& counts() const { return counts_; }
  // What was left out since the last call, `where` apart: that is what the rule file asks for.
  Exclusions TakeExclusions() { return std::exchange(exclusions_, {}); }

 private:
  void Exclude(const Kpi& kpi, const Event& event, std::string_view reason, uint64_t* count);
  bool Measure(const Kpi& kpi, const Event& event, bool reverse, Aggregate* delta);
  // False: there is no such fact.
  bool MakeFact(const KpiMatch& match, const Event& event, Fact* fact);
  void FoldEntities(const Event& event, const EventTypeInfo& info);
  // The id that the field holds: a text, or a number as one writes it. Empty: none.
  std::string_view IdIn(const Event& event, FieldId field);

  const Rulebook* rulebook_;
  EventMatcher matcher_;
  FactDays days_;
  FieldId owner_unit_;
  std::vector<Fact> facts_;
  std::vector<EntityFact> entity_facts_;
  std::deque<std::string> number_ids_;  // of the present event
  FoldCounts counts_;
  Exclusions exclusions_;
};

}  // namespace kpiwatch
