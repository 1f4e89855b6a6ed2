// The rules of a world, of every kind.
#pragma once

#include "tests/sim/random.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {

// REQUIRES: the world has its KPIs, people and targets.
void AddRules(Random& random, World* world);

}  // namespace kpiwatch::sim
