// The entities that KPIs with `entity:` have heard of, each with what it adds to them (S-19).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/hash.h"
#include "daemon/fold/entity.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Two different entities are the same with probability 2⁻¹²⁸ each pair. Persisted: DO NOT CHANGE.
inline Hash128 EntityKeyOf(std::string_view tenant, std::string_view entity) {
  return HashOf({tenant, entity});
}

// Operation: entities live in the store, one key each, under a hash of tenant and id; those of the
// present step and of the one being written are in memory. A step is: Find…; WriteChanged; write
// the batch. The first look at an entity in a step costs one read of the store; everything else is
// proportional to what that entity has gathered itself.
// Limits: in memory those of two steps, and a step is full with kMostShares shares of them, about
// 100 bytes each. In the store an entity stays as long as the store does, about 60 bytes for each
// KPI and 100 for each event that takes from it.
// Concurrency: owned by one thread.
class EntityTable {
 public:
  static constexpr size_t kMostShares = 500'000;

  // `store` is borrowed.
  explicit EntityTable(const StateStore* store) : store_(store) {}

  // What the KPI with the stored number `kpi_id` knows of the entity, to be changed in place; valid
  // until the next call. Errors: the store's, kDataLoss for what cannot be read.
  absl::StatusOr<EntityPart*> Find(const Hash128& entity, uint32_t kpi_id);
  // The part that was found last has been changed.
  void MarkChanged() {
    found_->changed = true;
    ++shares_;
  }
  // The step is to be finished before more is looked at.
  bool IsFull() const { return shares_ >= kMostShares; }

  // Adds the step's changed entities to *batch. REQUIRES: the batch before is in the store.
  void WriteChanged(WriteBatch* batch);

 private:
  struct Entity {
    std::vector<EntityPart> parts;
    bool changed = false;
  };
  absl::StatusOr<Entity> Load(const Hash128& entity) const;

  const StateStore* store_;
  absl::flat_hash_map<Hash128, Entity> present_;
  absl::flat_hash_map<Hash128, Entity> writing_;
  Entity* found_ = nullptr;  // by the last Find
  size_t shares_ = 0;        // in present_, about
};

}  // namespace kpiwatch
