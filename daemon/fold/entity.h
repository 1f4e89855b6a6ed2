// What one entity (an order, a deal) adds to one KPI: its state, and what takes from it. A new
// state takes the place of the one before, wherever that was booked (S-19).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/fold/subject_table.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/model/event.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Which of two states of an entity is the later one: that of the higher version, where the versions
// are alike that of the later moment, and of one moment that of the greater id (its hash). So what
// counts does not depend on the order of arrival.
struct StateOrder {
  int64_t sequence = -1;  // version of the entity; -1: none
  int64_t time_ms = kNoTime;
  uint64_t id = 0;  // bits of the event's fingerprint
  friend auto operator<=>(const StateOrder&, const StateOrder&) = default;
};

// One share of a cell.
struct EntityShare {
  SubjectId subject;
  Day day;     // that the event asked for
  Day booked;  // where it stands: another day, where that one was final already (S-18)
  Aggregate delta;
  int64_t time_ms = kNoTime;  // of its event, and
  uint64_t id = 0;            // the bits of that one's fingerprint: KPIs may order values by them
  friend bool operator==(const EntityShare&, const EntityShare&) = default;
};

// An event that takes from the entity without being a state of it: a refund of an order.
struct EntityReversal {
  int64_t sequence = -1;  // of the event
  EntityShare own;        // as the event says it
  std::optional<EntityShare> counted;
  friend bool operator==(const EntityReversal&, const EntityReversal&) = default;
};

// All that one KPI knows of one entity.
struct EntityPart {
  uint32_t kpi_id = 0;     // stored number
  bool known = false;      // a state of it was seen
  bool retracted = false;  // KpiEntity::States::kEver: it is out for good
  // The state that decides: the last one, or of kEver the first that counts.
  StateOrder order;
  std::optional<EntityShare> state;       // nullopt: it does not count
  std::vector<EntityReversal> reversals;  // by arrival
  friend bool operator==(const EntityPart&, const EntityPart&) = default;
};

// At most so many events that take from one entity are kept for a KPI; what comes beyond counts as
// if it had no entity.
inline constexpr size_t kMostReversals = 1'000;

// What an event says of an entity to a KPI.
struct EntityChange {
  enum class Role : uint8_t {
    kState,    // a state that counts, unless `counts` is false
    kRetract,  // a state that does not count: deleted, opened again
    kReverse,
  };
  Role role = Role::kState;
  bool counts = false;
  int64_t sequence = -1;
  EntityShare share;  // where it counts; else only its time and id are set
};

// What has to be booked.
struct EntityNews {
  bool stale = false;                 // nothing: a later state is known
  std::vector<EntityShare> out;       // first these are taken out of where they stand,
  std::vector<EntityShare*> in;       // then these are added; `booked` is to be set. Into the part
  std::optional<EntityShare> beyond;  // a reversal beyond kMostReversals: added, not kept
};

// Lets `change` into the part. `ordered`: the KPI orders values by their moments, so that a state
// with the same value at another moment is another one. *news is cleared first; its pointers hold
// as long as the part is not changed.
void TakeChange(const EntityChange& change, const KpiEntity& meaning, bool ordered,
                EntityPart* part, EntityNews* news);

// As it is stored (FORMAT.md).
void AppendEntityParts(const std::vector<EntityPart>& parts, std::string* out);
// nullopt: damaged.
std::optional<std::vector<EntityPart>> ReadEntityParts(std::string_view bytes);

}  // namespace kpiwatch
