// What an edit of the rule files means to those who made it, by name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Each list in the order of the names.
struct NameChanges {
  std::vector<std::string> added, changed, removed;
  bool none() const { return added.empty() && changed.empty() && removed.empty(); }
};

// Of everything that the files say of rules, KPIs and targets, texts and recipients too. A target
// is named "revenue unit:east 2026-W36".
struct RulebookChanges {
  NameChanges rules, kpis, targets;
};

// What leads from `before` to `after`. Pure.
RulebookChanges ChangesBetween(const Rulebook& before, const Rulebook& after);

// "rules: changed week-far-behind; targets: added a, b and 3 more", with at most kMostNamed names
// of each kind of change; where there is none "no rule, KPI or target has changed".
inline constexpr size_t kMostNamed = 10;
std::string Describe(const RulebookChanges& changes);

}  // namespace kpiwatch
