// The ladders in memory, read from the store when first needed and written back once a step.
//
// Limits: at most kMaxLoaded ladders of each sort stay in memory beside those of the present and
// the two last steps; those that were not used for longest go first.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "daemon/engine/ladder_record.h"
#include "daemon/engine/open_ladders.h"
#include "daemon/fold/subject_table.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class LadderTable {
 public:
  static constexpr size_t kMaxLoaded = 500'000;

  // `store` is borrowed.
  explicit LadderTable(const StateStore* store) : store_(store) {}

  // The ladder of `rule` (stored number) for `subject`; a new one when nothing is stored. The
  // pointer is valid for this step. Errors: the store's.
  absl::StatusOr<Ladder*> Find(SubjectId subject, uint32_t rule);
  void MarkChanged(SubjectId subject, uint32_t rule);
  // Whether there is one already, without making room for it. Errors: the store's.
  absl::StatusOr<bool> Has(SubjectId subject, uint32_t rule) const;

  struct Open {
    OpenLadders ladders;
    SubjectId subject;
    Period period;
    uint64_t used_step = 0;
    bool changed = false;
  };
  // The open ladders of `period`; none when nothing is stored. The pointer is valid for this step.
  // Errors: the store's.
  absl::StatusOr<Open*> FindOpen(SubjectId subject, const Period& period);
  // Fetches the memory that FindOpen will touch first.
  void PrefetchOpen(SubjectId subject, const Period& period) const {
    open_.prefetch(OpenKey{subject, period});
  }
  void MarkChanged(Open* open) {
    if (!open->changed) {
      open->changed = true;
      changed_open_.push_back(open);
    }
  }
  // Says that nothing of `subject` is stored yet, so that no look-up is tried.
  void MarkNew(SubjectId subject) {
    if (subject.value() >= is_new_.size()) {
      is_new_.resize(subject.value() + 1);
    }
    is_new_[subject.value()] = true;
  }

  // Writes what has changed; an empty set of open ladders and a ladder without records are
  // deleted.
  void WriteChanged(WriteBatch* batch);
  void NextStep();
  // Forgets everything; what was not written is lost. For a new rulebook.
  void Clear();

 private:
  struct Loaded {
    Ladder ladder;
    uint64_t used_step = 0;
    bool changed = false;
  };
  struct OpenKey {
    SubjectId subject;
    Period period;
    friend bool operator==(const OpenKey&, const OpenKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const OpenKey& key) {
      return H::combine(std::move(h), key.subject, key.period.begin, key.period.end,
                        static_cast<int>(key.period.kind));
    }
  };
  static uint64_t KeyOf(SubjectId subject, uint32_t rule) {
    return uint64_t{subject.value()} << 32 | rule;
  }
  bool IsNew(SubjectId subject) const {
    return subject.value() < is_new_.size() && is_new_[subject.value()];
  }

  const StateStore* store_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Loaded>> ladders_;
  absl::flat_hash_map<OpenKey, std::unique_ptr<Open>> open_;
  std::vector<uint64_t> changed_;
  std::vector<Open*> changed_open_;
  std::vector<bool> is_new_;
  uint64_t step_ = 1;
};

}  // namespace kpiwatch
