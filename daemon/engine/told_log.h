// How alerts were told: what of their rules routed them and to which receivers, under stored
// numbers, so that the end of an alert goes where its fires went, whatever the rule and the routes
// say by then.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/engine/id_table.h"
#include "daemon/engine/told.h"
#include "daemon/fold/subject_table.h"
#include "daemon/notify/routing.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/store/state_store.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// What a rule that is gone, or counts other periods, left firing in one.
struct LeftFiring {
  uint32_t rule = 0;  // stored number
  SubjectId subject;
  Period period;
  Level was = Level::kGreen;
  Level told = Level::kGreen;
  int64_t since_ms = 0;
  // What the period says, so far as that is known.
  std::optional<Decimal> value{}, target{};
};

class ToldLog {
 public:
  // `names`, borrowed: gets the stored form of new numbers.
  explicit ToldLog(WriteBatch* names) : names_(names) {}

  // Reads the numbers given so far. Errors: the store's; kDataLoss.
  absl::Status Restore(const StateStore& store) { return table_.Restore(store); }
  // Takes another rulebook, borrowed. REQUIRES: called before anything of it is told.
  void SetRulebook(const Rulebook* rulebook);

  // Sends the fire that `transition` tells of the rule's tier where its routes lead now and to who
  // was told of the same alert before, and notes that in *told. REQUIRES: the transition is whole
  // but for that.
  void Fire(const Rule& rule, const Tier& tier, v1::Transition* transition, Told* told);
  // Sends the end that leaves the transition's level where the fires of `told` went; where an older
  // program did not keep that, as the rule would send it now. `rule`: as it is by now; null: gone.
  // REQUIRES: as Fire.
  void FillWay(const Told& told, const Rule* rule, v1::Transition* transition);
  // The KPI of the last fire; empty: not known.
  std::string KpiOf(const Told& told) const;

 private:
  // As the rule's alerts are told now; without receivers.
  ToldAs AlertOf(const Rule& rule) const;
  std::vector<std::string> NamesOf(const std::vector<size_t>& receivers) const;
  // How `told` was told before `transition`, with receivers: where they were not kept and a
  // level above green is left, those to whom the levels up to that would be routed now.
  std::vector<ToldAs> WaysOf(const Told& told, const Rule* rule,
                             const v1::Transition& transition) const;
  // Never 0.
  uint32_t NumberOf(const std::vector<ToldAs>& all);
  // REQUIRES: number != 0.
  std::vector<ToldAs> ListOf(uint32_t number) const {
    return DecodeToldAs(table_.Get(number - 1).name);
  }

  WriteBatch* const names_;
  IdTable table_{'w'};  // names are EncodeToldAs; Told::as is one more than the number
  const Rulebook* rulebook_ = nullptr;
  std::optional<Router> router_;  // of rulebook_
};

}  // namespace kpiwatch
