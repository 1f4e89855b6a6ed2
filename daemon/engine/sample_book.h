// Samples on their way through a step: from facts to days, up the org tree, and into the store.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/engine/pending_event.h"
#include "daemon/ledger/sample_table.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Operation: a step is Add and table()->Add, in any order; RollUp; Write; NextStep.
// Concurrency: owned by the engine thread.
class SampleBook {
 public:
  using Ancestors = absl::FunctionRef<void(SubjectId, Day, std::vector<SubjectId>*)>;

  // All are borrowed. `kpi_id_of`: the stored numbers of the rulebook's KPIs.
  SampleBook(SampleTable::Options options, const Rulebook* rulebook, const StateStore* store,
             const std::vector<uint32_t>* kpi_id_of);

  // Whether the KPI is measured by samples.
  bool Keeps(KpiIndex kpi) const { return any_ && keeps_[kpi]; }
  // The sample of a fact of an event at `time_ms`, whether it is added or taken out.
  // REQUIRES: Keeps(fact.kpi).
  Sample SampleOf(const PendingFact& fact, int64_t time_ms, Fingerprint id) const;
  // Notes it. Errors: the store's.
  absl::Status Add(const PendingFact& fact, int64_t time_ms, Fingerprint id);
  // What the step noted for people and units is noted for the units above them, too; then all is
  // merged. Errors: the store's.
  absl::Status RollUp(Ancestors ancestors);
  // The days that the step has changed.
  void Write(WriteBatch* batch);
  void NextStep() { table_.NextStep(); }

  SampleTable* table() { return &table_; }

 private:
  const Rulebook* const rulebook_;
  const std::vector<uint32_t>* const kpi_id_of_;
  const std::unique_ptr<SampleLoader> loader_;
  SampleTable table_;
  bool any_ = false;         // some KPI is
  std::vector<bool> keeps_;  // by KPI
};

}  // namespace kpiwatch
