// Facts whose day their own partition had called complete, until the days are sealed that this let
// seal (D-08).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/model/samples.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Operation: facts for one cell that wait for the same seal are one sum, so that their number is
// that of the cells and not that of the events. All are in the store; those of the last steps are
// also in memory, where more are added to them. With more cells and samples than `most_in_memory`
// at the end of a step, memory lets go of all, and what is due is read from the store when its time
// has come: nothing is lost, nothing has to wait for it, and the order of booking stays. A step is:
// TakeDue; Add…, in any order; Write; write the batch. Concurrency: owned by one thread.
class WaitingFacts {
 public:
  struct Cell {
    uint32_t kpi_id = 0;  // stored number
    SubjectId subject;
    Day day;
    Day until;  // kept until this day is sealed
    friend bool operator==(const Cell&, const Cell&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Cell& cell) {
      return H::combine(std::move(h), cell.kpi_id, cell.subject, cell.day.number,
                        cell.until.number);
    }
  };
  using Due = absl::FunctionRef<bool(uint32_t kpi_id, Day until)>;
  using Take = absl::FunctionRef<absl::Status(const Cell&, const Aggregate&,
                                              const std::vector<Samples::Entry>& samples)>;

  // `store` is borrowed.
  WaitingFacts(const StateStore* store, size_t most_in_memory)
      : store_(store), most_in_memory_(most_in_memory) {}

  // To be called once, first. Errors: the store's, kDataLoss.
  absl::Status Restore();

  void Add(const Cell& cell, const Aggregate& delta);
  // Beside it, of a KPI that needs them. REQUIRES: Add of the same cell, just before.
  void AddSample(const Cell& cell, const Sample& sample, int64_t count);
  bool AnyDue(Due due) const;
  // Takes out what is due, in the order in which it first came. REQUIRES: every batch that Write
  // filled is in the store. Errors: those of Restore and of `take`.
  absl::Status TakeDue(Due due, Take take);
  void Write(WriteBatch* batch);

  size_t in_memory() const { return cells_.size(); }

 private:
  struct Waiting {
    uint64_t number = 0;  // stored under it
    Aggregate delta;
    std::vector<Samples::Entry> samples;
    bool written = false;
    bool changed = false;
  };
  struct Count {
    size_t all = 0;
    size_t only_stored = 0;
  };
  using Key = std::pair<uint32_t, Day>;  // KPI, until
  static Key KeyOf(const Cell& cell) { return {cell.kpi_id, cell.until}; }
  void LetGo();

  const StateStore* store_;
  const size_t most_in_memory_;
  absl::flat_hash_map<Cell, Waiting> cells_;
  std::map<Key, Count> counts_;  // of stored numbers
  std::vector<Cell> changed_;    // since the last Write
  std::vector<uint64_t> done_;   // taken out since then, and stored
  size_t samples_ = 0;           // in memory
  uint64_t next_number_ = 1;
  uint64_t in_memory_from_ = 1;  // what has a lower number is in the store only
};

}  // namespace kpiwatch
