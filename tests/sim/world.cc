// The company: its calendar, people, KPIs, targets and rules.
#include "tests/sim/world.h"

#include <algorithm>

#include "tests/sim/world_events.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch::sim {
namespace {

using Word = Term::Word;
using Op = Term::Op;

Decimal Percent(int percent) { return Decimal::FromUnits(int64_t{percent} * Decimal::kOne / 100); }

Condition Is(Word word, Op op, Decimal threshold) { return {{{word, op, threshold}}, false}; }
Condition Is(Word word, Op op, int threshold) { return Is(word, op, Decimal::FromInt(threshold)); }

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

void AddStreakRules(Random& random, World* world) {
  if (random.Chance(80)) {
    Rule rule{.name = "slipping", .kpi = 3};
    rule.tiers.push_back({Level::kYellow, Is(Word::kMissStreak, Op::kGreaterEqual, 2), {}});
    rule.tiers.push_back({Level::kOrange, Is(Word::kMissStreak, Op::kGreaterEqual, 3), {}});
    if (random.Chance(40)) {
      rule.tiers.push_back({Level::kRed, Is(Word::kMissStreak, Op::kGreaterEqual, 5),
                            Is(Word::kHitStreak, Op::kGreaterEqual, random.Between(1, 2))});
    }
    rule.clear_after = random.Between(1, 3);
    rule.max_gap_days = random.Chance(70) ? 12 : random.Between(2, 6);
    world->rules.push_back(rule);
  }
  if (random.Chance(60)) {
    Rule rule{.name = "daily", .kpi = 0, .for_units = random.Chance(30)};
    Condition when = Is(Word::kMissStreak, Op::kGreaterEqual, random.Between(1, 3));
    when.any = random.Chance(50);
    when.terms.push_back({Word::kCompletion, Op::kLess, Percent(random.Between(20, 90))});
    rule.tiers.push_back({Level::kYellow, when, {}});
    rule.tiers.push_back({Level::kRed, Is(Word::kCompletion, Op::kLessEqual, Percent(10)),
                          Is(Word::kCompletion, Op::kGreaterEqual, Percent(100))});
    rule.clear_after = random.Between(1, 3);
    world->rules.push_back(rule);
  }
  if (random.Chance(40)) {
    Rule rule{.name = "quiet", .kpi = 0, .for_units = true};
    rule.tiers.push_back({Level::kYellow, Is(Word::kValue, Op::kLess, random.Between(2, 6)), {}});
    rule.tiers.push_back({Level::kOrange, Is(Word::kCount, Op::kLess, random.Between(1, 2)),
                          Is(Word::kValue, Op::kGreaterEqual, random.Between(3, 5))});
    world->rules.push_back(rule);
  }
}

void AddPeriodRules(Random& random, World* world) {
  if (random.Chance(75)) {
    Rule rule{
        .name = "week", .kpi = 2, .for_units = random.Chance(30), .period = PeriodKind::kWeek};
    if (random.Chance(50)) {
      rule.tiers.push_back({Level::kYellow, Is(Word::kCompletion, Op::kLess, Percent(80)), {}});
    }
    rule.tiers.push_back({Level::kRed, Is(Word::kCompletion, Op::kLess, Percent(40)),
                          Is(Word::kCompletion, Op::kGreaterEqual, Percent(45))});
    rule.clear_after = random.Between(1, 2);
    world->rules.push_back(rule);
  }
  if (random.Chance(50)) {
    Rule rule{
        .name = "month", .kpi = 2, .for_units = random.Chance(50), .period = PeriodKind::kMonth};
    Condition when = Is(Word::kCompletion, Op::kLess, Percent(random.Between(30, 110)));
    when.terms.push_back({Word::kTarget, Op::kGreater, Decimal::FromInt(random.Below(400))});
    rule.tiers.push_back({Level::kOrange, when, {}});
    world->rules.push_back(rule);
  }
  if (random.Chance(50)) {
    Rule rule{
        .name = "stretch", .kpi = 1, .for_units = random.Chance(30), .period = PeriodKind::kTarget};
    rule.tiers.push_back({Level::kYellow, Is(Word::kCompletion, Op::kLess, Percent(100)), {}});
    rule.tiers.push_back({Level::kRed, Is(Word::kCompletion, Op::kLess, Percent(85)), {}});
    world->rules.push_back(rule);
  }
  if (const int spend = world->KpiNamed("spend"); spend >= 0 && random.Chance(70)) {
    Rule rule{.name = "spending", .kpi = spend, .for_units = true, .period = PeriodKind::kWeek};
    rule.tiers.push_back({Level::kYellow, Is(Word::kValue, Op::kGreater, random.Between(100, 400)),
                          Is(Word::kValue, Op::kLessEqual, 100)});
    world->rules.push_back(rule);
  }
}

// Quotients: periods without a value count for nothing, and whether there is one may be corrected.
void AddQuotientRules(Random& random, World* world) {
  const auto period = [&] {
    return random.Pick<PeriodKind>({PeriodKind::kWeek, PeriodKind::kWeek, PeriodKind::kMonth});
  };
  if (random.Chance(60)) {
    Rule rule{.name = "cheap",
              .kpi = world->KpiNamed("basket"),
              .for_units = random.Chance(40),
              .period = random.Chance(30) ? PeriodKind::kDay : period()};
    rule.tiers.push_back(
        {Level::kYellow, Is(Word::kValue, Op::kLess, random.Between(60, 160)), {}});
    rule.tiers.push_back({Level::kRed, Is(Word::kValue, Op::kLessEqual, random.Between(20, 60)),
                          Is(Word::kValue, Op::kGreater, random.Between(60, 90))});
    rule.clear_after = random.Between(1, 2);
    world->rules.push_back(rule);
  }
  if (random.Chance(60)) {
    Rule rule{.name = "fruitless",
              .kpi = world->KpiNamed("yield"),
              .for_units = random.Chance(40),
              .period = period()};
    rule.tiers.push_back(
        {Level::kYellow, Is(Word::kCompletion, Op::kLess, Percent(random.Between(60, 120))), {}});
    rule.tiers.push_back({Level::kOrange, Is(Word::kMissStreak, Op::kGreaterEqual, 2), {}});
    Condition scarce = Is(Word::kValue, Op::kLess, random.Between(5, 40));
    scarce.any = random.Chance(50);
    scarce.terms.push_back({Word::kCount, Op::kLess, Decimal::FromInt(random.Between(1, 4))});
    rule.tiers.push_back({Level::kRed, scarce, {}});
    world->rules.push_back(rule);
  }
  if (random.Chance(50)) {
    Rule rule{.name = "idle",
              .kpi = world->KpiNamed("effort"),
              .for_units = random.Chance(40),
              .period = period()};
    rule.tiers.push_back({Level::kYellow,
                          Is(Word::kCompletion, Op::kLess, Percent(random.Between(30, 100))),
                          Is(Word::kValue, Op::kGreaterEqual, random.Between(3, 9))});
    world->rules.push_back(rule);
  }
  for (const char* kpi : {"largest", "middle", "latest", "kinds"}) {
    if (!random.Chance(40)) {
      continue;
    }
    Rule rule{.name = std::string(kpi) + "_low",
              .kpi = world->KpiNamed(kpi),
              .for_units = random.Chance(40),
              .period = random.Chance(40) ? PeriodKind::kDay : period()};
    const bool has_target = kpi == std::string_view("kinds") || kpi == std::string_view("middle");
    if (has_target && rule.period != PeriodKind::kDay) {
      rule.tiers.push_back(
          {Level::kYellow, Is(Word::kCompletion, Op::kLess, Percent(random.Between(50, 110))), {}});
    }
    const int line = kpi == std::string_view("kinds") ? 2 : random.Between(60, 200);
    rule.tiers.push_back({Level::kOrange, Is(Word::kValue, Op::kLess, line), {}});
    rule.clear_after = random.Between(1, 2);
    world->rules.push_back(rule);
  }
  if (random.Chance(40)) {
    Rule rule{.name = "cheap_now",
              .kpi = world->KpiNamed("basket"),
              .for_units = random.Chance(40),
              .period = random.Chance(50) ? PeriodKind::kDay : PeriodKind::kWeek,
              .intraday = true};
    rule.tiers.push_back({Level::kRed, Is(Word::kValue, Op::kLess, random.Between(40, 120)),
                          Is(Word::kValue, Op::kGreaterEqual, 120)});
    world->rules.push_back(rule);
  }
}

// Open periods again: what holds for small values, or for some between.
void AddLowRules(Random& random, World* world) {
  const auto maybe_clear = [&](Word word, Decimal line) {
    return random.Chance(60) ? std::optional(Is(word, Op::kGreaterEqual, line)) : std::nullopt;
  };
  if (random.Chance(50)) {
    Rule rule{.name = "low",
              .kpi = random.Below(2),
              .for_units = random.Chance(40),
              .period = random.Pick<PeriodKind>({PeriodKind::kDay, PeriodKind::kWeek}),
              .intraday = true,
              .growing = true};
    const int red = random.Between(2, 4);
    const int yellow = red + random.Between(0, 3);
    rule.tiers.push_back({Level::kYellow, Is(Word::kValue, Op::kLess, yellow),
                          maybe_clear(Word::kValue, Decimal::FromInt(yellow))});
    rule.tiers.push_back({Level::kRed, Is(Word::kCount, Op::kLess, red),
                          maybe_clear(Word::kCount, Decimal::FromInt(red))});
    world->rules.push_back(rule);
  }
  if (random.Chance(40)) {
    Rule rule{.name = "between",
              .kpi = 0,
              .for_units = random.Chance(40),
              .period = PeriodKind::kWeek,
              .intraday = true,
              .growing = true};
    const int from = random.Between(1, 4);
    const int to = from + random.Between(1, 3);
    Condition when = Is(Word::kValue, Op::kGreater, from);
    when.terms.push_back({Word::kValue, Op::kLessEqual, Decimal::FromInt(to)});
    rule.tiers.push_back(
        {Level::kOrange, when, maybe_clear(Word::kValue, Decimal::FromInt(to + 1))});
    rule.tiers.push_back({Level::kRed, Is(Word::kValue, Op::kGreater, to + random.Below(4)),
                          maybe_clear(Word::kValue, Decimal::FromInt(to + 4))});
    world->rules.push_back(rule);
  }
  if (random.Chance(40)) {
    Rule rule{.name = "behind",
              .kpi = 2,
              .for_units = random.Chance(50),
              .period = random.Pick<PeriodKind>({PeriodKind::kWeek, PeriodKind::kMonth}),
              .intraday = true};
    const Decimal red = Percent(random.Between(5, 50));
    const Decimal yellow = red + Percent(random.Between(0, 50));
    rule.tiers.push_back({Level::kYellow, Is(Word::kCompletion, Op::kLess, yellow),
                          maybe_clear(Word::kCompletion, yellow)});
    rule.tiers.push_back(
        {Level::kRed, Is(Word::kCompletion, Op::kLess, red), maybe_clear(Word::kCompletion, red)});
    rule.growing = world->kpis[2].reverse.empty();
    world->rules.push_back(rule);
  }
}

void AddOpenRules(Random& random, World* world) {
  const auto rising = [&](std::string name, int kpi, PeriodKind period, Word word,
                          std::vector<Decimal> lines) {
    Rule rule{.name = std::move(name),
              .kpi = kpi,
              .for_units = random.Chance(40),
              .period = period,
              .intraday = true,
              .growing = true};
    Level level = Level::kYellow;
    for (const Decimal line : lines) {
      const Op op = random.Chance(50) ? Op::kGreaterEqual : Op::kGreater;
      rule.tiers.push_back({level, Is(word, op, line), {}});
      level = static_cast<Level>(static_cast<int>(level) + 1);
    }
    world->rules.push_back(rule);
  };
  if (random.Chance(60)) {
    const int low = random.Between(1, 3);
    rising("busy", 0, random.Chance(50) ? PeriodKind::kDay : PeriodKind::kWeek, Word::kValue,
           {Decimal::FromInt(low), Decimal::FromInt(low + random.Between(1, 4))});
  }
  if (random.Chance(40)) {
    rising("reached", 1, PeriodKind::kTarget, Word::kCompletion, {Percent(50), Percent(100)});
  }
  if (random.Chance(50)) {
    rising("sold", 2, random.Chance(50) ? PeriodKind::kWeek : PeriodKind::kMonth, Word::kCompletion,
           {Percent(random.Between(10, 60)), Percent(100)});
    world->rules.back().growing = world->kpis[2].reverse.empty();
  }
  if (random.Chance(30)) {
    Rule rule{.name = "progress", .kpi = 2, .period = PeriodKind::kMonth, .intraday = true};
    rule.tiers.push_back({Level::kRed, Is(Word::kCompletion, Op::kLess, Percent(50)),
                          Is(Word::kCompletion, Op::kGreaterEqual, Percent(50))});
    rule.growing = world->kpis[2].reverse.empty();
    world->rules.push_back(rule);
  }
  AddLowRules(random, world);
}

void Narrow(Random& random, World* world) {
  for (Rule& rule : world->rules) {
    if (!random.Chance(25)) {
      continue;
    }
    if (rule.for_units) {
      rule.where = Rule::Where::kNotId;
      rule.where_text = "company";
    } else if (world->has_org) {
      rule.where =
          random.Pick<Rule::Where>({Rule::Where::kLevel, Rule::Where::kUnit, Rule::Where::kNotId});
      rule.where_text = rule.where == Rule::Where::kLevel  ? "junior"
                        : rule.where == Rule::Where::kUnit ? world->units.back().id
                                                           : "p1";
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
  AddStreakRules(random, &world);
  AddPeriodRules(random, &world);
  AddOpenRules(random, &world);
  AddQuotientRules(random, &world);
  Narrow(random, &world);
  MakeEvents(calendar, random, &world);
  return world;
}

}  // namespace kpiwatch::sim
