// A life of the daemon against the oracle, and against another life.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/oracle.h"
#include "tests/sim/simulation.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {

// Appends what differs: values, ladders, transitions, data alerts and dead letters. `simulation`
// has run.
void CheckAgainstOracle(const World& world, const Oracle& oracle, Simulation& simulation,
                        std::vector<std::string>* problems);

// Appends where two lives in the same world told different stories of closed periods: every field
// of the transitions but ids and steps, and where there were corrections the outline.
void CheckSameStory(const World& world, const Oracle& oracle, const Simulation& one,
                    const Simulation& other, std::vector<std::string>* problems);

}  // namespace kpiwatch::sim
