// Parts of the lint that several of its files need.
#pragma once

#include <string_view>

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// The node of a tier's key in the node of its rule, for the place of a finding; the rule's where
// the key is not written.
const YamlNode& TierNode(const YamlNode& rule, const Tier& tier, std::string_view key);

// Whether the rule's `where` takes the person or unit.
bool WhereTakes(const Rule& rule, const Org& org, const Person& person);
bool WhereTakes(const Rule& rule, const Unit& unit);

// Nothing that the rule asks comes true without a target.
bool AsksForTargets(const Rule& rule, const Kpi& kpi);

// Alerts that would reach nobody: for want of a manager, of a channel on their way, of an address.
void LintReach(LoadState* state);

}  // namespace kpiwatch
