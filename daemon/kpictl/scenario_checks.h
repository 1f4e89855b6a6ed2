// What makes an expectation of a scenario test hold whatever the rules do: names that nothing
// answers to, and moments by which nothing can have been judged. Each is a mistake of the file.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/kpictl/scenario_file.h"
#include "daemon/rulebook/diagnostics.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// The rulebooks that are in force at some time of the test; borrowed, never empty.
using RulesOfTest = std::vector<const Rulebook*>;

// Reports a type of event that no KPI takes, and an event in which no KPI that takes its type finds
// the field that names its subject. `data` may be null, `subject` is the event's own.
void CheckEvent(const RulesOfTest& rules, const YamlNode& event, const YamlNode& type,
                const YamlNode* data, std::string_view subject, Diagnostics* out);

// Reports an alert that is neither a rule's name nor about the data.
void CheckAlert(const RulesOfTest& rules, const YamlNode& alert, Diagnostics* out);

// What of an expectation is checked when the whole test is known; null: not there.
struct ExpectationNodes {
  const YamlNode* moment = nullptr;  // the value of 'at' or 'between'
  const YamlNode* subject = nullptr;
};

// Reports, for the expectations of the test in their order:
// - a subject whom the org does not have; any is good where no org is given;
// - a moment behind what the test's feeds are ever complete to: no closed day can be judged by
//   then. Tests that expect `data-late` are about just that.
void CheckExpectations(const RulesOfTest& rules, const Scenario& test,
                       const std::vector<ExpectationNodes>& nodes, Diagnostics* out);

}  // namespace kpiwatch
