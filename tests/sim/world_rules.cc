// The rules of a world.
#include "tests/sim/world_rules.h"

namespace kpiwatch::sim {
namespace {

using Word = Term::Word;
using Op = Term::Op;

Decimal Percent(int percent) { return Decimal::FromUnits(int64_t{percent} * Decimal::kOne / 100); }

Condition Is(Word word, Op op, Decimal threshold) { return {{{word, op, threshold}}, false}; }
Condition Is(Word word, Op op, int threshold) { return Is(word, op, Decimal::FromInt(threshold)); }

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
  for (const char* kpi : {"largest", "middle", "latest", "kinds", "deals", "last_deal"}) {
    if (!random.Chance(40)) {
      continue;
    }
    Rule rule{.name = std::string(kpi) + "_low",
              .kpi = world->KpiNamed(kpi),
              .for_units = random.Chance(40),
              .period = random.Chance(40) ? PeriodKind::kDay : period()};
    const bool has_target = kpi == std::string_view("kinds") || kpi == std::string_view("middle") ||
                            kpi == std::string_view("deals");
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

void AddRules(Random& random, World* world) {
  AddStreakRules(random, world);
  AddPeriodRules(random, world);
  AddOpenRules(random, world);
  AddQuotientRules(random, world);
  Narrow(random, world);
}

}  // namespace kpiwatch::sim
