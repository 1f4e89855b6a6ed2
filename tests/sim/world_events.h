// The weeks of a world: what happens, and how it reaches the partitions.
#pragma once

#include "daemon/calendar/business_calendar.h"
#include "tests/sim/random.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {

// Fills world->facts and the partitions of world->sources.
void MakeEvents(const BusinessCalendar& calendar, Random& random, World* world);

}  // namespace kpiwatch::sim
