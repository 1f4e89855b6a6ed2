#include "daemon/fold/entity_table.h"

#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

std::string KeyOf(const Hash128& entity) {
  return EntityKey({.high = entity.high, .low = entity.low});
}

}  // namespace

absl::StatusOr<EntityTable::Entity> EntityTable::Load(const Hash128& entity) const {
  if (const auto it = writing_.find(entity); it != writing_.end()) {
    return Entity{it->second.parts, false};
  }
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                            store_->Get(Family::kMeta, KeyOf(entity)));
  if (!stored) {
    return Entity();
  }
  std::optional<std::vector<EntityPart>> parts = ReadEntityParts(*stored);
  if (!parts) {
    return absl::DataLossError("a stored entity is damaged");
  }
  return Entity{*std::move(parts), false};
}

absl::StatusOr<EntityPart*> EntityTable::Find(const Hash128& entity, uint32_t kpi_id) {
  auto it = present_.find(entity);
  if (it == present_.end()) {
    KPIWATCH_ASSIGN_OR_RETURN(Entity loaded, Load(entity));
    for (const EntityPart& part : loaded.parts) {
      shares_ += 1 + part.reversals.size();
    }
    it = present_.emplace(entity, std::move(loaded)).first;
  }
  found_ = &it->second;
  std::vector<EntityPart>& parts = found_->parts;
  const auto part = std::find_if(parts.begin(), parts.end(),
                                 [&](const EntityPart& p) { return p.kpi_id == kpi_id; });
  if (part != parts.end()) {
    return &*part;
  }
  parts.emplace_back().kpi_id = kpi_id;
  return &parts.back();
}

void EntityTable::WriteChanged(WriteBatch* batch) {
  writing_.clear();
  shares_ = 0;
  std::vector<std::pair<std::string, const Entity*>> sorted;  // cheaper for the store to take
  for (const auto& [entity, known] : present_) {
    if (known.changed) {
      sorted.emplace_back(KeyOf(entity), &known);
    }
  }
  std::sort(sorted.begin(), sorted.end());
  std::string value;
  for (const auto& [key, known] : sorted) {
    value.clear();
    AppendEntityParts(known->parts, &value);
    batch->Put(Family::kMeta, key, value);
  }
  std::swap(present_, writing_);
}

}  // namespace kpiwatch
