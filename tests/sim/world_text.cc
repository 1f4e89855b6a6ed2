// A world as rule files, in another order, and in words.
#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {
namespace {

std::string TimeOfDay(absl::Duration since_midnight) {
  const int64_t minutes = absl::ToInt64Minutes(since_midnight);
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

std::string TextOf(const Term& term) {
  static constexpr const char* kWords[] = {"value",       "completion", "target",
                                           "miss_streak", "hit_streak", "count"};
  static constexpr const char* kOps[] = {"<", "<=", ">", ">="};
  const bool ratio = term.word == Term::Word::kCompletion;
  return fmt::format("{} {} {}{}", kWords[static_cast<int>(term.word)],
                     kOps[static_cast<int>(term.op)],
                     ratio ? Decimal::FromUnits(term.threshold.units() * 100).ToString()
                           : term.threshold.ToString(),
                     ratio ? "%" : "");
}

std::string TextOf(const Condition& condition) {
  std::string text;
  for (const Term& term : condition.terms) {
    text += (text.empty() ? "" : condition.any ? " || " : " && ") + TextOf(term);
  }
  return text;
}

void AppendOrg(const World& world, std::string* out) {
  *out += "org:\n  units:\n";
  for (const Unit& unit : world.units) {
    *out += fmt::format(
        "    - {{id: {}, name: {}{}{}}}\n", unit.id, unit.id,
        unit.parent < 0 ? "" : ", parent: " + world.units[static_cast<size_t>(unit.parent)].id,
        unit.manager.empty() ? "" : ", manager: " + unit.manager);
  }
  *out += "  people:\n";
  for (const Employment& entry : world.people) {
    std::string leave;
    for (const auto& [from, to, percent] : entry.leave) {
      leave +=
          fmt::format("{}{{from: {}, to: {}{}}}", leave.empty() ? "" : ", ", from.ToString(),
                      to.ToString(), percent > 0 ? fmt::format(", capacity: {}%", percent) : "");
    }
    std::string capacity;
    for (const auto& [weekday, percent] : entry.part_time) {
      constexpr std::array<const char*, 7> kNames = {"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};
      capacity += fmt::format("{}{}: {}%", capacity.empty() ? "" : ", ",
                              kNames[static_cast<size_t>(weekday)], percent);
    }
    *out += fmt::format("    - {{id: {}, name: {}, unit: {}, level: {}{}{}, leave: [{}]{}}}\n",
                        entry.person, entry.person, world.units[static_cast<size_t>(entry.unit)].id,
                        entry.level, entry.from ? ", from: " + entry.from->ToString() : "",
                        entry.to ? ", to: " + entry.to->ToString() : "", leave,
                        capacity.empty() ? "" : ", capacity: {" + capacity + "}");
  }
}

void AppendKpi(const World& world, const Kpi& kpi, std::string* out) {
  std::string sources;
  for (const int source : kpi.sources) {
    sources += (sources.empty() ? "" : ", ") + world.sources[static_cast<size_t>(source)].name;
  }
  *out += fmt::format("  - name: {}\n    owner: ops\n    calendar: cn\n    sources: [{}]\n",
                      kpi.name, sources);
  if (kpi.kind == Kpi::Kind::kVerdict) {
    std::string parts;
    for (const int part : kpi.parts) {
      parts += (parts.empty() ? "" : ", ") + world.kpis[static_cast<size_t>(part)].name;
    }
    *out += fmt::format("    type: verdict\n    all_of: [{}]\n    floors:\n", parts);
    for (const auto& [level, floors] : kpi.floors) {
      *out +=
          fmt::format("      {}: [{}]\n", level.empty() ? "any" : level, fmt::join(floors, ", "));
    }
    return;
  }
  const auto name = [&](size_t operand) {
    return world.kpis[static_cast<size_t>(kpi.operands[operand])].name;
  };
  if (kpi.kind == Kpi::Kind::kRatio) {
    *out +=
        fmt::format("    type: ratio\n    numerator: {}\n    denominator: {}\n", name(0), name(1));
    *out += kpi.min_den == 0 ? "" : fmt::format("    min_den: {}\n", kpi.min_den);
    return;
  }
  if (kpi.kind == Kpi::Kind::kDerived) {
    *out += fmt::format("    type: derived\n    expr: {} * {} + {} * {}\n", kpi.weights[0], name(0),
                        name(1), kpi.weights[1]);
    return;
  }
  static constexpr const char* kMeasures[] = {"count()",
                                              "sum(data.amount)",
                                              "avg(data.amount)",
                                              "max(data.amount)",
                                              "median(data.amount)",
                                              "last(data.amount)",
                                              "distinct(data.kind)"};
  const char* const measure = kMeasures[static_cast<int>(kpi.kind)];
  *out += fmt::format("    type: simple\n    event: {}\n    measure: {}\n    subject: {}\n",
                      kpi.event, measure, kpi.by_unit ? "unit" : "data.owner_id");
  if (kpi.IsMoney()) {
    *out += "    currency: CNY\n";
  }
  if (!kpi.reverse.empty()) {
    *out += fmt::format("    reverse: {}\n", kpi.reverse);
  }
  if (kpi.by_deal) {
    *out += fmt::format("    entity: data.deal\n    retract: {}\n", kpi.retract);
  }
  if (!kpi.only_kind.empty()) {
    *out += fmt::format("    where: data.kind == \"{}\"\n", kpi.only_kind);
  }
  if (kpi.down) {
    *out += "    direction: down\n";
  }
}

void AppendTarget(const World& world, const Target& target, std::string* out) {
  const Kpi& kpi = world.kpis[static_cast<size_t>(target.kpi)];
  const size_t colon = target.subject.find(':');
  const std::string period = target.period.kind == PeriodKind::kTarget
                                 ? fmt::format("from: {}, to: {}", target.period.begin.ToString(),
                                               target.period.end.ToString())
                                 : "period: " + target.period.ToString();
  *out += fmt::format("  - {{kpi: {}, {}: {}, {}, target: {}{}}}\n", kpi.name,
                      target.subject.substr(0, colon), target.subject.substr(colon + 1), period,
                      target.value.ToString(), kpi.IsMoney() ? " CNY" : "");
}

void AppendRule(const World& world, const Rule& rule, std::string* out) {
  *out += fmt::format(
      "  - name: {}\n    kpi: {}\n    for_each: {}\n    period: {}\n    evaluate: {}\n"
      "    clear_after: {}\n    max_gap_days: {}\n",
      rule.name, world.kpis[static_cast<size_t>(rule.kpi)].name, rule.for_units ? "unit" : "person",
      PeriodKindName(rule.period), rule.intraday ? "intraday" : "on_close", rule.clear_after,
      rule.max_gap_days);
  switch (rule.where) {
    case Rule::Where::kAll:
      break;
    case Rule::Where::kLevel:
      *out += fmt::format("    where: person.level == \"{}\"\n", rule.where_text);
      break;
    case Rule::Where::kUnit:
      *out += fmt::format("    where: person.unit == \"{}\"\n", rule.where_text);
      break;
    case Rule::Where::kNotId:
      *out += fmt::format("    where: {}.id != \"{}\"\n", rule.for_units ? "unit" : "person",
                          rule.where_text);
      break;
  }
  *out += "    levels:\n";
  for (const Tier& tier : rule.tiers) {
    *out += fmt::format("      {}: {{when: \"{}\"{}, notify: [owner, manager]{}}}\n",
                        LevelName(tier.level), TextOf(tier.when),
                        tier.clear ? fmt::format(", clear: \"{}\"", TextOf(*tier.clear)) : "",
                        tier.level == Level::kOrange ? ", open: talk, grant: help" : "");
  }
}

}  // namespace

std::string RulesOf(const World& world) {
  std::string out = fmt::format(
      "calendars:\n  - {{name: cn, time_zone: Asia/Shanghai, day_cutoff: \"{}\", day_close: "
      "\"{}\", grace: {}m, holidays: rules/calendars/cn-2026.yaml}}\n",
      TimeOfDay(world.day_cutoff), TimeOfDay(world.day_close), absl::ToInt64Minutes(world.grace));
  if (world.has_org) {
    AppendOrg(world, &out);
  }
  out += "kpis:\n";
  for (const Kpi& kpi : world.kpis) {
    AppendKpi(world, kpi, &out);
  }
  out += world.targets.empty() ? "" : "targets:\n";
  for (const Target& target : world.targets) {
    AppendTarget(world, target, &out);
  }
  out += world.rules.empty() ? "" : "rules:\n";
  for (const Rule& rule : world.rules) {
    AppendRule(world, rule, &out);
  }
  out += "playbooks:\n  - {name: talk, title: talk, assignee: manager, due: 1wd}\n";
  out += fmt::format(
      "receivers:\n  - {{name: {}, webhook: [{{url: \"http://127.0.0.1:1/\"}}]}}\n"
      "  - {{name: {}, webhook: [{{url: \"http://127.0.0.1:1/reds\"}}]}}\n"
      "route: {{receiver: {}, routes: [{{matchers: ['level=\"red\"'], receiver: {}}}]}}\n",
      kUsualReceiver, kReceiverOfReds, kUsualReceiver, kReceiverOfReds);
  return out;
}

namespace {

// Which of two facts with one id and sequence came first decides between them.
void RestoreFirsts(const World& world, std::vector<SimRecord>::iterator begin,
                   std::vector<SimRecord>::iterator end) {
  for (auto earlier = begin; earlier != end; ++earlier) {
    for (auto later = earlier + 1; later != end; ++later) {
      if (earlier->kind != SimRecord::Kind::kFact || later->kind != SimRecord::Kind::kFact) {
        continue;
      }
      const Fact& one = world.facts[static_cast<size_t>(earlier->fact)];
      const Fact& other = world.facts[static_cast<size_t>(later->fact)];
      if (later->fact < earlier->fact && one.id == other.id && one.sequence == other.sequence) {
        std::swap(*earlier, *later);
      }
    }
  }
}

}  // namespace

World Permuted(const World& world, Random random) {
  World other = world;
  for (SimSource& source : other.sources) {
    for (std::vector<SimRecord>& records : source.partitions) {
      const auto is_heartbeat = [](const SimRecord& record) {
        return record.kind == SimRecord::Kind::kHeartbeat;
      };
      for (auto begin = records.begin(); begin != records.end();) {
        const auto end = std::find_if(begin, records.end(), is_heartbeat);
        random.Shuffle(begin, end);
        RestoreFirsts(world, begin, end);
        begin = end == records.end() ? end : end + 1;
      }
    }
  }
  return other;
}

std::string Describe(const World& world) {
  size_t records = 0;
  size_t partitions = 0;
  for (const SimSource& source : world.sources) {
    for (const auto& partition : source.partitions) {
      records += partition.size();
      ++partitions;
    }
  }
  return fmt::format(
      "seed {}: {}..{}, clock {}, {}, {} facts, {} records in {} partitions of {} sources{}{}",
      world.seed, world.first.ToString(), world.last.ToString(),
      world.clock_by_events ? "events" : "wall", world.has_org ? "an org" : "no org",
      world.facts.size(), records, partitions, world.sources.size(),
      world.some_late ? ", some late" : "", world.some_change ? ", some change" : "");
}

}  // namespace kpiwatch::sim
