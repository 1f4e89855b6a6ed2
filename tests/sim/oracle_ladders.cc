// Which periods count for whom, and how ladders walk over them.
#include <algorithm>

#include "tests/sim/oracle.h"

namespace kpiwatch::sim {
namespace {

using Word = Term::Word;

bool Compare(__int128 left, Term::Op op, __int128 right) {
  switch (op) {
    case Term::Op::kLess:
      return left < right;
    case Term::Op::kLessEqual:
      return left <= right;
    case Term::Op::kGreater:
      return left > right;
    case Term::Op::kGreaterEqual:
      return left >= right;
  }
  return false;
}

bool Holds(const Term& term, const Reading& reading, int miss_streak, int hit_streak) {
  const auto plain = [&](Decimal left) {
    return Compare(left.units(), term.op, term.threshold.units());
  };
  switch (term.word) {
    case Word::kValue:
      if (!reading.known) {
        return false;
      }
      return reading.quotient ? Compare(reading.quotient->first.units() * Decimal::kOne, term.op,
                                        term.threshold.units() * reading.quotient->second.units())
                              : plain(reading.value);
    case Word::kCompletion: {
      if (!reading.completion) {
        return false;
      }
      // num/den against a threshold in millionths, both sides times den.
      const auto& [num, den] = *reading.completion;
      return Compare(num.units() * Decimal::kOne, term.op, term.threshold.units() * den.units());
    }
    case Word::kTarget:
      return plain(*reading.target);
    case Word::kMissStreak:
      return plain(Decimal::FromInt(miss_streak));
    case Word::kHitStreak:
      return plain(Decimal::FromInt(hit_streak));
    case Word::kCount:
      return plain(Decimal::FromInt(reading.count));
  }
  return false;
}

bool Holds(const Condition& condition, const Reading& reading, int miss_streak, int hit_streak) {
  const auto holds = [&](const Term& term) {
    return Holds(term, reading, miss_streak, hit_streak);
  };
  return condition.any ? std::any_of(condition.terms.begin(), condition.terms.end(), holds)
                       : std::all_of(condition.terms.begin(), condition.terms.end(), holds);
}

bool ReadsTarget(const Condition& condition) {
  return std::any_of(condition.terms.begin(), condition.terms.end(), [](const Term& term) {
    return term.word != Word::kValue && term.word != Word::kCount;
  });
}

bool ReadsTarget(const Rule& rule) {
  return std::any_of(rule.tiers.begin(), rule.tiers.end(), [](const Tier& tier) {
    return ReadsTarget(tier.when) || (tier.clear && ReadsTarget(*tier.clear));
  });
}

Level HighestOf(uint8_t latched) {
  for (const Level level : {Level::kRed, Level::kOrange, Level::kYellow}) {
    if ((latched >> static_cast<int>(level) & 1) != 0) {
      return level;
    }
  }
  return Level::kGreen;
}

uint8_t BitOf(Level level) { return static_cast<uint8_t>(1U << static_cast<int>(level)); }

}  // namespace

void AddTurn(Level from, Level to, std::vector<Level>* turns) {
  if (from == to) {
    return;
  }
  const Level before = turns->size() > 1 ? turns->end()[-2] : Level::kGreen;
  if (!turns->empty() && (before < from) == (from < to)) {
    turns->back() = to;
  } else {
    turns->push_back(to);
  }
}

// Whether a closed period counts (S-05): a working day of the subject's in it, and something to
// measure it by.
bool Oracle::Counts(const Rule& rule, const std::string& subject, const Period& period) const {
  if (!Covers(rule, subject, period) || !Works(subject, period)) {
    return false;
  }
  const Reading reading = Read(rule.kpi, subject, period);
  const bool verdict = world_.kpis[static_cast<size_t>(rule.kpi)].kind == Kpi::Kind::kVerdict;
  const bool has_target = verdict ? reading.completion.has_value()
                                  : reading.target.has_value() && !reading.target->is_zero();
  return has_target || (!verdict && !ReadsTarget(rule));
}

std::vector<Period> Oracle::PeriodsOf(const Rule& rule, const std::string& subject) const {
  std::vector<Period> periods;
  if (rule.period == PeriodKind::kTarget) {
    for (const Target& target : world_.targets) {
      if (target.kpi == rule.kpi && target.subject == subject) {
        periods.push_back(target.period);
      }
    }
    std::sort(periods.begin(), periods.end());
    return periods;
  }
  for (Period period = calendar_.PeriodOf(rule.period, world_.first - 40);
       period.begin < world_.last + 40; period = calendar_.PeriodOf(rule.period, period.end)) {
    periods.push_back(period);
  }
  return periods;
}

void Oracle::WalkLadder(int r, const std::string& subject) {
  const Rule& rule = world_.rules[static_cast<size_t>(r)];
  const Group& group = GroupOf(rule.kpi);
  const bool episodes = rule.period == PeriodKind::kTarget;
  OracleLadder ladder;
  std::optional<Day> last_day;              // of the last period that counted
  std::map<Level, std::vector<bool>> hits;  // by tier: `when` false and not missed
  Period before;
  const auto leave = [&](Day until) {
    const auto day = LeavesOn(rule, subject, before.end, until);
    if (ladder.periods == 0 || !day) {
      return;
    }
    if (ladder.latched != 0) {
      ladder.moves.push_back(
          {before, HighestOf(ladder.latched), Level::kGreen, group.sealed_at.at(*day)});
    }
    ladder.latched = 0;
    ladder.periods = ladder.miss_streak = ladder.hit_streak = 0;
    hits.clear();
    last_day.reset();
  };
  for (const Period& period : PeriodsOf(rule, subject)) {
    const auto sealed = group.sealed_at.find(period.end - 1);
    if (sealed == group.sealed_at.end() || !Counts(rule, subject, period)) {
      continue;
    }
    leave(period.end - 1);
    if (episodes) {
      if (ladder.latched != 0) {
        ladder.moves.push_back({before, HighestOf(ladder.latched), Level::kGreen, sealed->second});
      }
      ladder.latched = 0;
      ladder.miss_streak = ladder.hit_streak = 0;
      hits.clear();
    }
    const Reading reading = Read(rule.kpi, subject, period);
    const Level from = HighestOf(ladder.latched);
    if (reading.met) {
      // S-05 counts from date to date: 02-14 to 02-24 is 10 days.
      const bool far = !episodes && last_day && period.begin - *last_day > rule.max_gap_days;
      ladder.miss_streak = *reading.met ? 0 : (far ? 0 : ladder.miss_streak) + 1;
      ladder.hit_streak = *reading.met ? (far ? 0 : ladder.hit_streak) + 1 : 0;
      last_day = period.end - 1;
    }
    for (const Tier& tier : rule.tiers) {
      const auto holds = [&](const Condition& condition) {
        return Holds(condition, reading, ladder.miss_streak, ladder.hit_streak);
      };
      std::vector<bool>& run = hits[tier.level];
      const bool fires = holds(tier.when);
      if (fires || reading.known) {
        run.push_back(!fires && reading.met.value_or(true));
      }
      const auto after = static_cast<size_t>(rule.clear_after);
      const bool clears = tier.clear ? holds(*tier.clear)
                                     : reading.known && run.size() >= after &&
                                           std::all_of(run.end() - rule.clear_after, run.end(),
                                                       [](bool hit) { return hit; });
      if (fires) {
        ladder.latched |= BitOf(tier.level);
      } else if (clears) {
        ladder.latched &= static_cast<uint8_t>(~BitOf(tier.level));
      }
    }
    const Level to = HighestOf(ladder.latched);
    if (from != to) {
      ladder.moves.push_back({period, from, to, sealed->second});
    }
    before = period;
    ++ladder.periods;
  }
  leave(world_.last + 40);
  if (ladder.periods > 0 || !ladder.moves.empty()) {
    ladders_[{r, subject}] = std::move(ladder);
  }
}

Oracle::OpenWalk Oracle::WalkFacts(const Rule& rule, const std::string& subject,
                                   const Period& period, const std::vector<Sum>& facts) const {
  OpenWalk walk;
  Sum sum;
  uint8_t latched = 0;
  for (const Sum& fact : facts) {
    sum.count += fact.count;
    sum.sum += fact.sum;
    const Reading reading = ReadSum(rule.kpi, subject, period, sum);
    const Level from = HighestOf(latched);
    for (const Tier& tier : rule.tiers) {
      const bool is_latched = (latched & BitOf(tier.level)) != 0;
      if (is_latched ? tier.clear && Holds(*tier.clear, reading, 0, 0)
                     : Holds(tier.when, reading, 0, 0)) {
        latched ^= BitOf(tier.level);
      }
    }
    walk.reached |= latched;
    AddTurn(from, HighestOf(latched), &walk.turns);
  }
  return walk;
}

bool Oracle::IsLookedAt(const Rule& rule, const std::string& subject, const Period& period) const {
  const auto days = days_.find({rule.kpi, subject});
  for (Day day = period.begin; day + 1 < period.end; ++day) {
    if (days != days_.end()) {
      const auto of_day = days->second.find(day);
      if (of_day != days->second.end() && of_day->second.count != 0) {
        return false;
      }
    }
    const Period so_far{period.kind, period.begin, day + 1};
    if (calendar_.IsWorkingDay(day) && GroupOf(rule.kpi).sealed_at.contains(day) &&
        WatchesFrom(rule, subject, day) && Covers(rule, subject, so_far) &&
        Works(subject, so_far)) {
      return true;
    }
  }
  return false;
}

void Oracle::WalkOpen(int r, const std::string& subject) {
  const Rule& rule = world_.rules[static_cast<size_t>(r)];
  const Group& group = GroupOf(rule.kpi);
  for (const Period& period : PeriodsOf(rule, subject)) {
    const Reading reading = Read(rule.kpi, subject, period);
    if (!rule.growing || !Covers(rule, subject, period) ||
        (ReadsTarget(rule) && !reading.completion)) {
      continue;
    }
    uint8_t at_zero = 0;
    if (ReadsTarget(rule) && rule.period != PeriodKind::kDay && IsLookedAt(rule, subject, period)) {
      at_zero = WalkFacts(rule, subject, period, {Sum()}).reached;
    }
    if (reading.count == 0) {
      if (at_zero != 0) {
        OracleOpen open;
        open.turns = {HighestOf(at_zero)};
        open.silent = true;
        open.reached = at_zero;
        if (const auto sealed = group.sealed_at.find(period.end - 1);
            sealed != group.sealed_at.end()) {
          open.sealed_at = sealed->second;
        }
        open_[{r, subject, period}] = open;
      }
      continue;
    }
    // The smallest first and the largest first: where both tell the same, all orders do.
    std::vector<Sum> facts;
    for (const auto& [day, of_day] : facts_.at({rule.kpi, subject})) {
      if (period.Contains(day)) {
        facts.insert(facts.end(), of_day.begin(), of_day.end());
      }
    }
    std::sort(facts.begin(), facts.end(), [](const Sum& a, const Sum& b) { return a.sum < b.sum; });
    const OpenWalk up = WalkFacts(rule, subject, period, facts);
    std::reverse(facts.begin(), facts.end());
    const OpenWalk down = WalkFacts(rule, subject, period, facts);
    OracleOpen open;
    open.turns = up.turns;
    open.any_order = up.turns == down.turns;
    if (at_zero != 0) {
      // Zero comes before the first fact. With several tiers, facts that are read before the day is
      // proven may pass one that is not passed from there.
      open.any_order =
          open.any_order &&
          (rule.tiers.size() == 1 || (!up.turns.empty() && up.turns.front() == HighestOf(at_zero)));
      facts.push_back(Sum());
      std::reverse(facts.begin(), facts.end());
      open.turns = WalkFacts(rule, subject, period, facts).turns;
    }
    open.silent = at_zero != 0;
    open.reached = up.reached | down.reached | at_zero;
    if (const auto sealed = group.sealed_at.find(period.end - 1); sealed != group.sealed_at.end()) {
      open.sealed_at = sealed->second;
    }
    if (open.reached != 0) {
      open_[{r, subject, period}] = open;
    }
  }
}

}  // namespace kpiwatch::sim
