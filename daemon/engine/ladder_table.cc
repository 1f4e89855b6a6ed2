#include "daemon/engine/ladder_table.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

// Drops entries that no step since the one before the last has used, until `map` is small enough.
template <typename Map>
void Shrink(Map* map, size_t limit, uint64_t step) {
  if (map->size() <= limit) {
    return;
  }
  absl::erase_if(*map, [&](const auto& item) { return item.second->used_step + 2 < step; });
}

}  // namespace

absl::StatusOr<Ladder*> LadderTable::Find(SubjectId subject, uint32_t rule) {
  std::unique_ptr<Loaded>& loaded = ladders_[KeyOf(subject, rule)];
  if (loaded == nullptr) {
    auto fresh = std::make_unique<Loaded>();
    if (!IsNew(subject)) {
      KPIWATCH_ASSIGN_OR_RETURN(
          const auto stored,
          store_->Get(Family::kLadder, LadderKey(subject.value(), LadderKeyRest(rule))));
      if (stored) {
        auto ladder = DecodeLadder(*stored);
        if (!ladder) {
          return absl::DataLossError("a stored ladder is damaged");
        }
        fresh->ladder = *std::move(ladder);
      }
    }
    loaded = std::move(fresh);
  }
  loaded->used_step = step_;
  return &loaded->ladder;
}

absl::StatusOr<bool> LadderTable::Has(SubjectId subject, uint32_t rule) const {
  if (ladders_.contains(KeyOf(subject, rule))) {
    return true;
  }
  if (IsNew(subject)) {
    return false;
  }
  KPIWATCH_ASSIGN_OR_RETURN(
      const auto stored,
      store_->Get(Family::kLadder, LadderKey(subject.value(), LadderKeyRest(rule))));
  return stored.has_value();
}

void LadderTable::MarkChanged(SubjectId subject, uint32_t rule) {
  const uint64_t key = KeyOf(subject, rule);
  const auto it = ladders_.find(key);
  KPIWATCH_CHECK(it != ladders_.end(), "only a ladder that was found can change");
  if (!it->second->changed) {
    it->second->changed = true;
    changed_.push_back(key);
  }
}

absl::StatusOr<LadderTable::Open*> LadderTable::FindOpen(SubjectId subject, const Period& period) {
  std::unique_ptr<Open>& loaded = open_[{subject, period}];
  if (loaded == nullptr) {
    auto fresh = std::make_unique<Open>();
    fresh->subject = subject;
    fresh->period = period;
    if (!IsNew(subject)) {
      KPIWATCH_ASSIGN_OR_RETURN(
          const auto stored,
          store_->Get(Family::kLadder, LadderKey(subject.value(), OpenLadderKeyRest(period))));
      if (stored) {
        auto ladders = DecodeOpenLadders(*stored);
        if (!ladders) {
          return absl::DataLossError("stored open ladders are damaged");
        }
        fresh->ladders = *std::move(ladders);
      }
    }
    loaded = std::move(fresh);
  }
  loaded->used_step = step_;
  return loaded.get();
}

void LadderTable::WriteChanged(WriteBatch* batch) {
  // Sorted keys are cheaper for the store to take.
  std::sort(changed_.begin(), changed_.end());
  std::string value;
  for (const uint64_t key : changed_) {
    Loaded& loaded = *ladders_.find(key)->second;
    loaded.changed = false;
    const std::string name =
        LadderKey(static_cast<uint32_t>(key >> 32), LadderKeyRest(static_cast<uint32_t>(key)));
    if (loaded.ladder.records.empty()) {
      batch->Delete(Family::kLadder, name);
      continue;
    }
    value.clear();
    EncodeLadder(loaded.ladder, &value);
    batch->Put(Family::kLadder, name, value);
  }
  changed_.clear();
  for (Open* const open : changed_open_) {
    open->changed = false;
    const std::string name = LadderKey(open->subject.value(), OpenLadderKeyRest(open->period));
    if (open->ladders.empty()) {
      batch->Delete(Family::kLadder, name);
      continue;
    }
    value.clear();
    EncodeOpenLadders(open->ladders, &value);
    batch->Put(Family::kLadder, name, value);
  }
  changed_open_.clear();
}

void LadderTable::NextStep() {
  ++step_;
  Shrink(&ladders_, kMaxLoaded, step_);
  Shrink(&open_, kMaxLoaded, step_);
}

void LadderTable::Clear() {
  ladders_.clear();
  open_.clear();
  changed_.clear();
  changed_open_.clear();
  is_new_.clear();
}

}  // namespace kpiwatch
