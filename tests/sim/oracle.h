// What must come out of a world, worked out from the pages of meanings alone: all facts are known
// at once, days are sums over them, ladders are walked from their first period. Knows nothing of
// batches, stores or steps, and shares no code with the engine but plain values and the calendar.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/calendar/business_calendar.h"
#include "tests/sim/world.h"

namespace kpiwatch::sim {

// What a KPI says of a subject and period.
struct Reading {
  bool known = true;  // there is a value
  Decimal value;      // of a quotient: to six digits, half up; zero without one
  std::optional<std::pair<Decimal, Decimal>> quotient;  // the exact value of one; den > 0
  int64_t count = 0;
  std::optional<Decimal> target;
  // completion as a quotient of exact numbers; nullopt: n/a.
  std::optional<std::pair<Decimal, Decimal>> completion;
  std::optional<bool> met;
};

// One change of level.
struct Move {
  Period period;
  Level from = Level::kGreen;
  Level to = Level::kGreen;
  absl::Time at;
  friend bool operator==(const Move&, const Move&) = default;
};

struct OracleLadder {
  std::vector<Move> moves;  // in order
  uint8_t latched = 0;      // bit 1 << Level
  int miss_streak = 0;
  int hit_streak = 0;
  size_t periods = 0;  // that counted, since the rule has watched the subject
};

struct OracleOpen {
  // The levels at which the ladder turns and the one at which it ends, without the tiers that it
  // passes on the way (D-09); the first is left from green.
  std::vector<Level> turns;
  // Where nothing booked fires too, a day that seals may tell it before the first event does.
  bool silent = false;
  uint8_t reached = 0;                  // every tier that is latched at some time
  bool any_order = true;                // false: in another order it would be otherwise
  std::optional<absl::Time> sealed_at;  // nullopt: still open
};

// A ladder at `from` goes on to `to`: in the same direction as before that takes the place of the
// last of *turns, else it is a new one.
void AddTurn(Level from, Level to, std::vector<Level>* turns);

// What the person works of a full day that works, in percent (S-02).
int PercentOf(const Employment& entry, Day day);

// Of "person:u1": whether it is a person, and "u1".
inline bool IsPerson(const std::string& subject) { return subject.starts_with("person:"); }
inline std::string IdOf(const std::string& subject) {
  return subject.substr(subject.find(':') + 1);
}

class Oracle {
 public:
  explicit Oracle(const World& world);

  using Key = std::pair<int, std::string>;  // rule or KPI, subject

  // Names of all subjects with facts, in the org or with a target.
  const std::set<std::string>& subjects() const { return subjects_; }
  Reading Read(int kpi, const std::string& subject, const Period& period) const;
  std::optional<Day> SealedThrough(int kpi) const;

  // on_close rules: every ladder of a subject that counted at least once.
  const std::map<Key, OracleLadder>& ladders() const { return ladders_; }
  // Intraday rules whose measure only grows: by rule, subject and period, where a level is reached.
  const std::map<std::tuple<int, std::string, Period>, OracleOpen>& open() const { return open_; }
  // True when facts that came behind a heartbeat touch what the rule reads of the subject: then the
  // order of its transitions is not fixed, only where they end (D-08).
  bool IsCorrected(int rule, const std::string& subject) const;
  // True when even that order is open: a copy of the same event came in time, or behind another
  // heartbeat, or it moved the subject's first day.
  bool IsAmbiguous(int rule, const std::string& subject) const;
  // True when a fact that touches what the rule reads of the subject was changed under its id: an
  // open period may have counted what does not count in the end.
  bool IsRevised(int rule, const std::string& subject) const;

  // Owners of facts on days on which the org does not employ them, with whether they are told of in
  // any order: one whose only such facts are replaced or wait may be.
  const std::map<std::string, bool>& unknown_owners() const { return unknown_owners_; }

 private:
  struct Sum {
    int64_t count = 0;
    Decimal sum;
    const Fact* fact = nullptr;  // of one fact alone
    absl::Time time{};           // its moment
  };
  struct OpenWalk {
    std::vector<Level> turns;
    uint8_t reached = 0;
  };
  struct Group {  // KPIs that need the same sources
    std::optional<Day> first;
    std::map<Day, absl::Time> sealed_at;  // by day
  };

  void ReadRecords();
  void SealDays();
  void SealGroup(const std::vector<int>& sources, absl::Time now, Group* group) const;
  void TakeFacts();
  // `facts`: all of one id, or of one deal.
  void TakeFacts(const std::vector<int>& facts);
  struct Lateness {
    bool late = false;       // a copy of it came late
    bool ambiguous = false;  // and there are several copies
    bool waits = false;      // for a seal that has not come
    bool revised = false;    // there are others of its id
    bool loses = false;      // and one of them counts
  };
  // `named`: the fact that says whose it is.
  void TakeFact(int index, const Fact& named, Lateness lateness);
  // Takes from a deal without being a state of it.
  static bool IsRefund(const Fact& fact) { return fact.type == "crm.refund.issued"; }
  // What is given back of a deal: of whose state counts, if one does (S-19).
  void TakeRefund(int index, int winner, const std::vector<int>& facts, const Lateness& lateness);
  // The fact is of use to that KPI.
  bool Takes(const Kpi& kpi, const Fact& fact) const;
  bool IsTaken(const Fact& fact) const;
  // Which of the facts of one id counts (D-12).
  int WinnerOf(const std::vector<int>& facts) const;
  // Which of the facts of one deal is its last state (S-19); -1: none is a state.
  int LastStateOf(const std::vector<int>& facts) const;
  void Book(int kpi, const std::string& subject, Day day, const Sum& delta,
            const Lateness& lateness);
  Day UntilOf(Day day, absl::Time complete, absl::Time timestamp) const;
  // Without an org: a late fact is of an earlier day than every one that came in time.
  bool SeenLate(const std::string& subject) const;
  bool Touches(const std::set<Key>& keys, int rule, const std::string& subject) const;
  void See(const std::string& subject, Day day, bool late);
  std::vector<std::string> Above(const std::string& subject, const std::string& home,
                                 Day day) const;
  const Group& GroupOf(int kpi) const {
    return groups_.at(world_.kpis[static_cast<size_t>(kpi)].sources);
  }

  const Employment* EntryOn(const std::string& person, Day day) const;
  const Employment* LastEntryIn(const std::string& person, const Period& period) const;
  bool Covers(const Rule& rule, const std::string& subject, const Period& period) const;
  bool WatchesFrom(const Rule& rule, const std::string& subject, Day day) const;
  std::optional<Day> LeavesOn(const Rule& rule, const std::string& subject, Day from,
                              Day until) const;
  // Whether a day of the period sealed before its last, with nothing booked up to it, while
  // somebody who works has to answer for the target.
  bool IsLookedAt(const Rule& rule, const std::string& subject, const Period& period) const;
  bool Works(const std::string& subject, const Period& period) const;
  bool Counts(const Rule& rule, const std::string& subject, const Period& period) const;
  const Target* TargetOf(int kpi, const std::string& subject, const Period& period) const;
  std::vector<Period> PeriodsOf(const Rule& rule, const std::string& subject) const;
  void WalkLadder(int rule, const std::string& subject);
  void WalkOpen(int rule, const std::string& subject);
  OpenWalk WalkFacts(const Rule& rule, const std::string& subject, const Period& period,
                     const std::vector<Sum>& facts) const;
  // Of a KPI for which sums are not enough: from the facts themselves.
  Reading ReadFacts(int kpi, const std::string& subject, const Period& period) const;
  // The value that is num/den, against the subject's target.
  Reading ReadQuotient(int kpi, const std::string& subject, const Period& period, int64_t count,
                       Decimal num, Decimal den) const;
  void Measure(int kpi, const std::string& subject, const Period& period, Reading* reading) const;
  Reading ReadSum(int kpi, const std::string& subject, const Period& period, const Sum& sum) const;

  const World& world_;
  const BusinessCalendar calendar_;
  std::map<std::vector<int>, Group> groups_;  // by the sources that must be complete
  struct Arrival {
    int source = 0;
    bool late = false;  // behind a heartbeat of its own partition that speaks of its day
    Day until;          // late: the day whose seal it waits for
    absl::Time time;
    absl::Time complete;  // what its partition had called complete
  };
  std::vector<std::vector<Arrival>> arrivals_;            // by fact
  std::map<Key, std::map<Day, Sum>> days_;                // by KPI and subject
  std::map<Key, std::map<Day, std::vector<Sum>>> facts_;  // the same, each by itself
  std::map<std::tuple<int, std::string, Period>, const Target*> targets_;
  std::set<Key> corrected_;  // KPI and subject
  std::set<Key> ambiguous_;  // of those
  std::set<Key> revised_;
  std::set<std::string> subjects_;
  std::map<std::string, std::pair<Day, Day>> seen_;  // first day: of all facts, of those in time
  std::map<std::string, bool> unknown_owners_;
  std::map<Key, OracleLadder> ladders_;
  std::map<std::tuple<int, std::string, Period>, OracleOpen> open_;
};

}  // namespace kpiwatch::sim
