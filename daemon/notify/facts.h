// What a transition says once the rulebook has given it names: its labels, its subject, its state.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/level.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

using LabelMap = std::map<std::string, std::string>;

// "threshold", "restated", "period_closed", "rule_removed", "rule_changed", "data_late",
// "data_complete", "unknown_owner", "no_longer_covered"; "unspecified" for what a newer version
// wrote.
std::string_view ReasonName(v1::Reason reason);

// About the data, not about a KPI: goes to the data steward.
bool IsDataAlert(const v1::Transition& transition);

// The alert is over.
bool IsResolved(const v1::Transition& transition);

// The level that an alert shows and is routed by: the new one; for a resolved alert the one that
// ended, so that it goes where it fired.
Level ShownLevel(const v1::Transition& transition);

// Whom a transition is about. `id` is the part behind "person:", "unit:" or "source:".
struct SubjectFacts {
  std::string kind;  // "person", "unit", "source"
  std::string id;
  LocalText name;       // the id where the org names nobody
  std::string unit;     // id of the unit: a person's as it was at the period's end; empty: unknown
  LocalText unit_name;  // empty: unknown
};
SubjectFacts DescribeSubject(const v1::Transition& transition, const Rulebook& rulebook);

// The rule by name; null for data alerts and removed rules.
const Rule* FindRule(const Rulebook& rulebook, std::string_view name);

// 16 hexadecimal digits, the same for all transitions of one ladder: of (rule, subject), and of the
// period where each period has a ladder of its own (intraday rules, `period: target`).
std::string FingerprintOf(const v1::Transition& transition, const Rulebook& rulebook);

// alertname, level, kpi, subject, unit, reason, and the rule's own labels, which do not replace
// those. Labels without a value are left out.
LabelMap LabelsOf(const v1::Transition& transition, const Rulebook& rulebook);
// LabelsOf for everything that an end is routed as, the last of which LabelsOf gives: an alert ends
// under the labels that it fired with, whatever its rule says by now. One, but where those changed
// while it stood.
std::vector<LabelMap> LabelsAtLevel(const v1::Transition& transition, const Rulebook& rulebook,
                                    Level level);

// As what receivers know an alert.
struct AlertName {
  // Without level and reason, which change while it stands; with the period where each is an alert.
  LabelMap labels;
  std::string fingerprint;  // as FingerprintOf
};
// One, but for the end of an alert whose labels changed while it stood: it was told under several
// names, and each of them ends.
std::vector<AlertName> NamesOf(const v1::Transition& transition, const Rulebook& rulebook);

}  // namespace kpiwatch
