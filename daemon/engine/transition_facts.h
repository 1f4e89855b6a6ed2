// What a transition says of its periods, whom it concerns and what it opens: worked out of the
// rulebook, without the engine's state. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "daemon/engine/ladder_record.h"
#include "daemon/evaluate/ladder.h"
#include "daemon/fold/subject_table.h"
#include "daemon/ledger/kpi_view.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Null: the rule has none of that level.
const Tier* TierOf(const Rule& rule, Level level);

// The calendar of one site by which the KPI is counted for the subject on `day`.
CalendarIndex SiteOf(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& subject, Day day);

PeriodInput InputOf(const Period& period, const KpiReading& reading);

// The people whom `notify` names, as the org is on `day`, each once.
std::vector<std::string> Recipients(const Org& org, const SubjectInfo& subject,
                                    const std::vector<Notify>& notify, Day day);

// What the period says: value, target, completion, floors that were not reached.
void FillReading(const Rulebook& rulebook, const Rule& rule, const KpiReading& reading,
                 v1::Transition* transition);
// The same of figures that were kept, and how far they are where the transition's KPI is there yet.
void FillFigures(const Rulebook& rulebook, std::optional<Decimal> value,
                 std::optional<Decimal> target, v1::Transition* transition);
// Where it stands against what is due by now, and where that leads.
void FillPace(const Pace& pace, v1::Transition* transition);
// The periods that counted up to the last of `records`, and what did not count between them.
void FillCounted(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& subject,
                 std::span<const SealedRecord> records,
                 absl::FunctionRef<bool(const Period&)> is_measured, v1::Transition* transition);
// The tasks that the tier opens. REQUIRES: tier.open.
void AddTasks(const Rulebook& rulebook, const Rule& rule, const Tier& tier,
              const SubjectInfo& subject, const Period& period, absl::Time at,
              v1::Transition* transition);

}  // namespace kpiwatch
