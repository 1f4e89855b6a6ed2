// A small company made up from a seed: its people, KPIs, rules and weeks of events. The engine gets
// it as rule files and records, the oracle as it stands here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "daemon/calendar/business_calendar.h"
#include "daemon/model/day.h"
#include "daemon/model/decimal.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "tests/sim/random.h"

namespace kpiwatch::sim {

struct Unit {
  std::string id;
  int parent = -1;      // index of the unit above; -1: the root
  std::string manager;  // may be empty
};

// One entry of a person's history; entries of a person stand together, in order.
struct Employment {
  std::string person;
  int unit = 0;
  std::string level;
  std::optional<Day> from, to;
  struct Leave {
    Day from, to;     // `to` not included
    int percent = 0;  // of a day that is worked all the same
  };
  std::vector<Leave> leave;
  std::map<int, int> part_time = {};  // weekday, 0 Monday → percent of a day; the others are full
};

struct Kpi {
  enum class Kind {
    kCount,
    kSum,
    kAvg,
    kMax,
    kMedian,
    kLast,
    kDistinct,  // of data.kind
    kVerdict,
    kRatio,
    kDerived
  };
  std::string name;
  Kind kind = Kind::kCount;
  std::string event = {};      // "crm.activity.completed"
  std::string reverse = {};    // empty: nothing counts against it
  std::string only_kind = {};  // `where: data.kind == …`; empty: all
  bool by_deal = false;        // counts the last states of deals, not events
  std::string retract = {};    // by_deal: events of states that do not count
  bool by_unit = false;
  bool down = false;
  std::vector<int> sources = {};   // indices; empty: all
  std::vector<int> parts = {};     // of a compound one: the simple KPIs below it, by their indices
  std::vector<int> operands = {};  // kRatio: numerator, denominator; kDerived: the summands
  std::vector<int> weights = {};   // kDerived: of each
  int min_den = 0;                 // kRatio; 0: none
  bool IsSimple() const { return parts.empty(); }
  bool IsMoney() const {
    return kind != Kind::kCount && kind != Kind::kDistinct && kind != Kind::kDerived;
  }
  std::map<std::string, std::vector<int>> floors = {};  // by level; "" is any
};

struct Target {
  int kpi = 0;
  std::string subject;  // "person:p1"
  Period period;        // kTarget: written with from and to
  Decimal value;
};

// `word operator threshold`, several of them joined by && or ||.
struct Term {
  enum class Word { kValue, kCompletion, kTarget, kMissStreak, kHitStreak, kCount };
  enum class Op { kLess, kLessEqual, kGreater, kGreaterEqual };
  Word word = Word::kValue;
  Op op = Op::kLess;
  Decimal threshold;  // of a completion: the ratio
};
struct Condition {
  std::vector<Term> terms;
  bool any = false;  // ||
};

struct Tier {
  Level level = Level::kYellow;
  Condition when;
  std::optional<Condition> clear;
};

struct Rule {
  std::string name;
  int kpi = 0;
  bool for_units = false;
  PeriodKind period = PeriodKind::kDay;
  bool intraday = false;
  bool growing = false;  // its measure only grows
  std::vector<Tier> tiers = {};
  int clear_after = 2;
  int max_gap_days = 12;
  enum class Where { kAll, kLevel, kUnit, kNotId } where = Where::kAll;
  std::string where_text = {};
};

struct Fact {  // an event as its source wrote it
  std::string id = {};
  std::string type = {};
  std::optional<absl::Time> time = {};  // nullopt: the record's own time counts
  std::string owner = {};               // empty: nobody named
  std::string unit = {};                // empty: none named
  std::string kind = {};
  std::optional<Decimal> amount = {};
  std::string currency = "CNY";
  int64_t sequence = -1;  // -1: none
  std::string deal = {};  // the entity that it is a state of, or takes from; empty: none
};

struct SimRecord {
  enum class Kind { kFact, kHeartbeat, kPoison } kind = Kind::kFact;
  int fact = 0;            // kFact: index into World::facts
  absl::Time until, sent;  // kHeartbeat
  absl::Time timestamp;    // the transport's
  std::string text;        // what is on the wire
};

struct SimSource {
  std::string name;
  std::vector<std::vector<SimRecord>> partitions;
};

struct World {
  uint64_t seed = 0;
  bool has_org = true;
  bool clock_by_events = true;
  bool some_late = false;  // facts may come behind heartbeats
  // Facts may come again with another content under their id; the highest sequence counts. Those of
  // equal sequence stand in one partition, the first of them first.
  bool some_change = false;
  absl::Duration day_cutoff, day_close, grace;
  absl::Duration correction_window;
  Day first, last;  // days in which facts happen
  absl::Time end;   // the wall's time when everything is over
  std::vector<Unit> units;
  std::vector<Employment> people;
  std::vector<Kpi> kpis;
  std::vector<Target> targets;
  std::vector<Rule> rules;
  std::vector<Fact> facts;
  std::vector<SimSource> sources;

  BusinessCalendar Calendar() const;
  int KpiNamed(std::string_view name) const;  // -1: none
};

// Reds are routed to the second, everything else to the first.
inline constexpr char kUsualReceiver[] = "everyone";
inline constexpr char kReceiverOfReds[] = "reds";

World MakeWorld(uint64_t seed);
// The rule files of the world.
std::string RulesOf(const World& world);
// The same world with the records of every partition in another order: heartbeats keep their
// places, and so does what stands on either side of them. Of facts with one id and sequence the
// first stays first.
World Permuted(const World& world, Random random);
// What one would want to know of a world that failed, in a few lines.
std::string Describe(const World& world);

}  // namespace kpiwatch::sim
