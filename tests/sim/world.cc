// The company: its calendar, people, KPIs and targets.
#include "tests/sim/world.h"

#include <algorithm>

#include "tests/sim/world_events.h"
#include "tests/sim/world_rules.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch::sim {
namespace {

void MakeTime(Random& random, World* world) {
  world->clock_by_events = random.Chance(65);
  world->some_late = random.Chance(50);
  world->day_cutoff = random.Chance(80) ? absl::ZeroDuration() : absl::Hours(4);
  world->day_close = random.Pick<absl::Duration>(
      {absl::Hours(24), absl::Hours(20), absl::Hours(20), absl::Minutes(18 * 60 + 30)});
  world->grace = random.Pick<absl::Duration>({absl::Hours(2), absl::Hours(1), absl::Minutes(30)});
  // Around National Day with its make-up days, Spring Festival, May Day, and plain weeks.
  const Day base = D(random.Pick<std::string>(
      {"2026-09-14", "2026-09-21", "2026-09-28", "2026-01-26", "2026-04-20", "2026-06-08"}));
  world->first = base + random.Below(7);
  world->last = world->first + random.Between(20, 41);
  world->correction_window = !world->some_late        ? absl::Hours(24 * random.Between(5, 60))
                             : world->clock_by_events ? absl::Hours(24 * 35)
                                                      : absl::Hours(24 * 60);
}

void MakeLeave(const World& world, Random& random, Employment* entry) {
  for (int n = random.Chance(40) ? random.Between(1, 2) : 0; n > 0; --n) {
    const Day from = world.first + random.Below(world.last - world.first);
    const int percent = random.Chance(20) ? 50 : 0;
    entry->leave.push_back({from, from + random.Between(1, 8), percent});
  }
}

void MakePartTime(Random random, Employment* entry) {
  for (int n = random.Chance(30) ? random.Between(1, 2) : 0; n > 0; --n) {
    entry->part_time[random.Below(7)] = random.Pick<int>({0, 0, 25, 50});
  }
}

void MakeOrg(Random& random, World* world) {
  world->units.push_back({"company", -1, random.Chance(50) ? "p1" : ""});
  const std::vector<std::string> names = {"east", "west", "shop"};
  for (int u = 0, count = random.Between(1, 3); u < count; ++u) {
    world->units.push_back({names[static_cast<size_t>(u)], random.Below(u + 1),
                            random.Chance(60) ? "p" + std::to_string(random.Between(1, 2)) : ""});
  }
  const std::vector<std::string> levels = {"junior", "junior", "mid", "chief"};
  const int days = world->last - world->first;
  for (int p = 1, count = random.Between(2, 6); p <= count; ++p) {
    Employment entry;
    entry.person = "p" + std::to_string(p);
    entry.unit = random.Below(static_cast<int>(world->units.size()));
    entry.level = random.Pick(levels);
    MakeLeave(*world, random, &entry);
    MakePartTime(random.Fork(), &entry);
    if (p > 2 && random.Chance(30)) {
      entry.from = world->first + random.Below(days);
    }
    if (p > 2 && random.Chance(25)) {
      entry.to = entry.from.value_or(world->first) + random.Between(1, days);
    } else if (random.Chance(20)) {
      Employment after = entry;  // moves to another unit
      after.from = entry.from.value_or(world->first) + random.Between(1, days);
      entry.to = after.from;
      after.unit = random.Below(static_cast<int>(world->units.size()));
      after.level = random.Pick(levels);
      after.leave.clear();
      MakeLeave(*world, random, &after);
      world->people.push_back(entry);
      entry = after;
    }
    world->people.push_back(entry);
  }
}

void MakeKpis(Random& random, World* world) {
  const bool two = random.Chance(40);
  world->sources.push_back({"crm", {}});
  if (two) {
    world->sources.push_back({"erp", {}});
  }
  const std::vector<int> crm = two && random.Chance(50) ? std::vector<int>{0} : std::vector<int>{};
  const std::vector<int> erp = two && random.Chance(50) ? std::vector<int>{1} : std::vector<int>{};
  Kpi touches{.name = "touches", .event = "crm.activity.completed", .sources = crm};
  touches.only_kind = random.Chance(40) ? "call" : "";
  touches.down = random.Chance(15);
  world->kpis.push_back(touches);
  world->kpis.push_back({.name = "needs", .event = "crm.need.confirmed", .sources = crm});
  Kpi revenue{
      .name = "revenue", .kind = Kpi::Kind::kSum, .event = "erp.order.confirmed", .sources = erp};
  revenue.reverse = random.Chance(50) ? "erp.order.cancelled" : "";
  world->kpis.push_back(revenue);
  Kpi actions{.name = "actions", .kind = Kpi::Kind::kVerdict, .sources = crm, .parts = {0, 1}};
  if (two && random.Chance(70)) {
    actions.sources.clear();  // needs more sources than its parts
  }
  if (world->has_org) {
    actions.floors["junior"] = {random.Between(1, 3), random.Between(0, 1)};
    actions.floors["mid"] = {random.Between(1, 2), 1};
  }
  if (!world->has_org || random.Chance(30)) {
    actions.floors[""] = {random.Between(1, 2), random.Between(0, 1)};
  }
  world->kpis.push_back(actions);
  if (random.Chance(40)) {
    world->kpis.push_back({.name = "spend",
                           .kind = Kpi::Kind::kSum,
                           .event = "mkt.spend.recorded",
                           .by_unit = true,
                           .down = random.Chance(50),
                           .sources = erp});
  }
  // Quotients and what is made of other KPIs.
  Kpi basket = revenue;
  basket.name = "basket";
  basket.kind = Kpi::Kind::kAvg;
  world->kpis.push_back(basket);
  for (const auto& [name, kind] :
       {std::pair("largest", Kpi::Kind::kMax), std::pair("middle", Kpi::Kind::kMedian)}) {
    Kpi of_orders = revenue;
    of_orders.name = name;
    of_orders.kind = kind;
    world->kpis.push_back(of_orders);
  }
  world->kpis.push_back(
      {.name = "latest", .kind = Kpi::Kind::kLast, .event = "erp.order.confirmed", .sources = erp});
  world->kpis.push_back({.name = "kinds",
                         .kind = Kpi::Kind::kDistinct,
                         .event = "crm.activity.completed",
                         .sources = crm});
  Kpi deals{.name = "deals",
            .kind = Kpi::Kind::kSum,
            .event = "crm.opportunity.won",
            .reverse = "crm.refund.issued",
            .by_deal = true,
            .retract = "crm.opportunity.reopened",
            .sources = crm};
  world->kpis.push_back(deals);
  deals.name = "last_deal";
  deals.kind = Kpi::Kind::kLast;
  deals.reverse.clear();
  world->kpis.push_back(deals);
  Kpi effort{.name = "effort", .kind = Kpi::Kind::kDerived, .sources = crm, .parts = {0, 1}};
  effort.operands = {0, 1};
  effort.weights = {1, random.Between(1, 3)};
  world->kpis.push_back(effort);
  Kpi yield{.name = "yield", .kind = Kpi::Kind::kRatio, .parts = {0, 1, 2}};
  yield.sources = crm == erp ? crm : std::vector<int>{};
  yield.operands = {2, world->KpiNamed("effort")};
  yield.min_den = random.Chance(50) ? random.Between(2, 6) : 0;
  world->kpis.push_back(yield);
}

// The people and units that may have targets.
std::vector<std::string> Holders(const World& world) {
  std::vector<std::string> holders = {"unit:company"};
  for (const Unit& unit : world.units) {
    if (unit.parent >= 0) {
      holders.push_back("unit:" + unit.id);
    }
  }
  for (const Employment& entry : world.people) {
    if (holders.back() != "person:" + entry.person) {
      holders.push_back("person:" + entry.person);
    }
  }
  if (!world.has_org) {
    holders.insert(holders.end(), {"person:p1", "person:p2"});
  }
  return holders;
}

void MakeTargets(const BusinessCalendar& calendar, Random& random, World* world) {
  for (const std::string& holder : Holders(*world)) {
    const bool unit = holder.starts_with("unit:");
    const auto add = [&](int kpi, const Period& period, int value) {
      if (!random.Chance(12)) {  // some have none
        const int target = random.Chance(4) ? 0 : value;
        world->targets.push_back({kpi, holder, period, Decimal::FromInt(target)});
      }
    };
    const int scale = unit ? 4 : 1;
    if (random.Chance(70)) {
      const int daily = random.Between(1, 3) * scale;
      for (Day day = world->first; day <= world->last; ++day) {
        add(0, calendar.PeriodOf(PeriodKind::kDay, day), daily);
      }
    }
    for (const PeriodKind kind : {PeriodKind::kWeek, PeriodKind::kMonth}) {
      for (Period p = calendar.PeriodOf(kind, world->first); p.begin <= world->last;
           p = calendar.PeriodOf(kind, p.end)) {
        add(2, p, random.Between(100, kind == PeriodKind::kWeek ? 600 : 2000) * scale);
        add(world->KpiNamed("basket"), p, random.Between(40, 200));
        add(world->KpiNamed("yield"), p, random.Between(5, 90));
        add(world->KpiNamed("kinds"), p, random.Between(1, 3));
        add(world->KpiNamed("deals"), p, random.Between(50, 400) * scale);
        add(world->KpiNamed("middle"), p, random.Between(60, 200));
        add(world->KpiNamed("effort"), p, random.Between(2, 30) * scale);
      }
    }
    // Stretches of their own, one after the other, of a KPI without other targets.
    for (Day day = world->first; random.Chance(80) && day < world->last;) {
      const int length = random.Between(2, 12);
      add(1, {PeriodKind::kTarget, day, day + length}, random.Between(1, 8) * scale);
      day = day + length + random.Below(3);
    }
  }
}

}  // namespace

int World::KpiNamed(std::string_view name) const {
  const auto it =
      std::find_if(kpis.begin(), kpis.end(), [&](const Kpi& kpi) { return kpi.name == name; });
  return it == kpis.end() ? -1 : static_cast<int>(it - kpis.begin());
}

BusinessCalendar World::Calendar() const {
  static const CalendarOptions kCn = CnOptions();
  CalendarOptions options = kCn;
  options.day_cutoff = day_cutoff;
  options.day_close = day_close;
  options.grace = grace;
  return BusinessCalendar(options);
}

World MakeWorld(uint64_t seed) {
  World world;
  world.seed = seed;
  Random random(seed);
  world.has_org = random.Chance(70);
  world.some_change = random.Chance(60);
  MakeTime(random, &world);
  const BusinessCalendar calendar = world.Calendar();
  if (world.has_org) {
    MakeOrg(random, &world);
  }
  MakeKpis(random, &world);
  MakeTargets(calendar, random, &world);
  AddRules(random, &world);
  MakeEvents(calendar, random, &world);
  return world;
}

}  // namespace kpiwatch::sim
