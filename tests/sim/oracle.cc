// Which days seal and what the facts add up to.
#include "tests/sim/oracle.h"

#include <algorithm>

namespace kpiwatch::sim {
namespace {

constexpr char kNobody[] = "person:unassigned";
constexpr char kCompany[] = "unit:company";

}  // namespace

Oracle::Oracle(const World& world) : world_(world), calendar_(world.Calendar()) {
  for (const Target& target : world.targets) {
    targets_[{target.kpi, target.subject, target.period}] = &target;
    See(target.subject, target.period.begin, false);
  }
  for (const Unit& unit : world.units) {
    subjects_.insert("unit:" + unit.id);
  }
  for (const Employment& entry : world.people) {
    subjects_.insert("person:" + entry.person);
  }
  subjects_.insert(kCompany);
  ReadRecords();
  SealDays();
  TakeFacts();
  for (int rule = 0; rule < static_cast<int>(world.rules.size()); ++rule) {
    for (const std::string& subject : subjects_) {
      if (world.rules[static_cast<size_t>(rule)].intraday) {
        WalkOpen(rule, subject);
      } else {
        WalkLadder(rule, subject);
      }
    }
  }
}

// The last day that a heartbeat lets seal which calls everything before `complete` complete: by the
// clock of events no day whose grace is not over by then, by the wall's none after the record came.
Day Oracle::UntilOf(Day day, absl::Time complete, absl::Time timestamp) const {
  Day until = day;
  for (Day next = day + 1; next <= calendar_.DayOf(timestamp); ++next) {
    const absl::Time needed =
        world_.clock_by_events ? calendar_.SealTime(next) : calendar_.Close(next);
    until = needed <= complete ? next : until;
  }
  return until;
}

// A fact is late where its own partition had already called its day complete.
void Oracle::ReadRecords() {
  arrivals_.resize(world_.facts.size());
  for (int s = 0; s < static_cast<int>(world_.sources.size()); ++s) {
    for (const auto& partition : world_.sources[static_cast<size_t>(s)].partitions) {
      absl::Time complete = absl::InfinitePast();
      for (const SimRecord& record : partition) {
        if (record.kind == SimRecord::Kind::kHeartbeat) {
          complete = std::max(complete, record.until);
        } else if (record.kind == SimRecord::Kind::kFact) {
          const Fact& fact = world_.facts[static_cast<size_t>(record.fact)];
          const absl::Time time = fact.time.value_or(record.timestamp);
          const Day day = calendar_.DayOf(time);
          const bool late = calendar_.Close(day) <= complete;
          arrivals_[static_cast<size_t>(record.fact)].push_back(
              {s, late, late ? UntilOf(day, complete, record.timestamp) : day, time, complete});
        }
      }
    }
  }
}

void Oracle::SealDays() {
  absl::Time now = world_.end;
  for (const SimSource& source : world_.sources) {
    for (const auto& partition : source.partitions) {
      absl::Time complete = absl::InfinitePast();
      for (const SimRecord& record : partition) {
        if (record.kind == SimRecord::Kind::kHeartbeat) {
          complete = std::max(complete, record.until);
        }
      }
      now = world_.clock_by_events ? std::min(now, complete) : now;
    }
  }
  for (const Kpi& kpi : world_.kpis) {
    groups_.try_emplace(kpi.sources);
  }
  for (auto& [sources, group] : groups_) {
    SealGroup(sources, now, &group);
  }
}

void Oracle::SealGroup(const std::vector<int>& sources, absl::Time now, Group* group) const {
  std::vector<const std::vector<SimRecord>*> partitions;
  for (int s = 0; s < static_cast<int>(world_.sources.size()); ++s) {
    if (sources.empty() || std::find(sources.begin(), sources.end(), s) != sources.end()) {
      for (const auto& partition : world_.sources[static_cast<size_t>(s)].partitions) {
        partitions.push_back(&partition);
      }
    }
  }
  const auto begin_no_later_than = [&](Day day) {
    group->first = std::min(group->first.value_or(day), day);
  };
  for (const auto* partition : partitions) {
    const auto first = std::find_if(partition->begin(), partition->end(), [](const auto& record) {
      return record.kind == SimRecord::Kind::kHeartbeat;
    });
    if (first == partition->end()) {
      return;  // says nothing: no day is ever complete
    }
    begin_no_later_than(calendar_.DayOf(first->until - absl::Milliseconds(1)));
  }
  for (size_t f = 0; f < arrivals_.size(); ++f) {
    const Fact& fact = world_.facts[f];
    // A verdict begins with the days of its parts, which seal with all that is read from the same
    // sources.
    const auto is_read = [&](const Kpi& read) {
      return std::any_of(world_.kpis.begin(), world_.kpis.end(), [&](const Kpi& kpi) {
        return kpi.sources == sources &&
               (&kpi == &read || std::any_of(kpi.parts.begin(), kpi.parts.end(), [&](int part) {
                 return world_.kpis[static_cast<size_t>(part)].sources == read.sources;
               }));
      });
    };
    const bool counts = std::any_of(world_.kpis.begin(), world_.kpis.end(), [&](const Kpi& kpi) {
      return is_read(kpi) && Takes(kpi, fact);
    });
    for (const Arrival& arrival : arrivals_[f]) {
      if (counts && !arrival.late) {
        begin_no_later_than(calendar_.DayOf(arrival.time));
      }
    }
  }
  for (Day day = *group->first; calendar_.SealTime(day) <= now; ++day) {
    absl::Time at = calendar_.SealTime(day);
    for (const auto* partition : partitions) {
      const auto completing =
          std::find_if(partition->begin(), partition->end(), [&](const SimRecord& record) {
            return record.kind == SimRecord::Kind::kHeartbeat &&
                   record.until >= calendar_.Close(day);
          });
      if (completing == partition->end()) {
        return;
      }
      at = std::max(at, completing->sent);
    }
    group->sealed_at[day] = at;
  }
}

std::optional<Day> Oracle::SealedThrough(int kpi) const {
  const Group& group = GroupOf(kpi);
  return group.sealed_at.empty() ? std::nullopt : std::optional(group.sealed_at.rbegin()->first);
}

bool Oracle::Takes(const Kpi& kpi, const Fact& fact) const {
  const bool matches = fact.type == kpi.event || fact.type == kpi.reverse;
  const bool measured =
      kpi.kind == Kpi::Kind::kCount ||
      (kpi.kind == Kpi::Kind::kDistinct ? !fact.kind.empty()
                                        : fact.amount.has_value() && fact.currency == "CNY");
  return kpi.IsSimple() && matches && measured &&
         (kpi.only_kind.empty() || kpi.only_kind == fact.kind);
}

bool Oracle::IsTaken(const Fact& fact) const {
  return std::any_of(world_.kpis.begin(), world_.kpis.end(),
                     [&](const Kpi& kpi) { return Takes(kpi, fact); });
}

// The highest sequence, else the first; what nobody counts and has no sequence is as if it had not
// been.
int Oracle::WinnerOf(const std::vector<int>& facts) const {
  int winner = -1;
  for (const int index : facts) {
    const Fact& fact = world_.facts[static_cast<size_t>(index)];
    if ((fact.sequence >= 0 || IsTaken(fact)) &&
        (winner < 0 || fact.sequence > world_.facts[static_cast<size_t>(winner)].sequence)) {
      winner = index;
    }
  }
  return winner;
}

void Oracle::TakeFacts() {
  std::map<std::pair<bool, std::string>, std::vector<int>> by_id;
  for (int f = 0; f < static_cast<int>(arrivals_.size()); ++f) {
    const Fact& fact = world_.facts[static_cast<size_t>(f)];
    if (!arrivals_[static_cast<size_t>(f)].empty()) {
      const bool of_deal = !fact.deal.empty();
      by_id[{of_deal, of_deal ? fact.deal : fact.id}].push_back(f);
    }
  }
  for (const auto& [id, facts] : by_id) {
    TakeFacts(facts);
  }
}

void Oracle::TakeFacts(const std::vector<int>& facts) {
  const bool of_deal = !world_.facts[static_cast<size_t>(facts.front())].deal.empty();
  const int winner = of_deal ? LastStateOf(facts) : WinnerOf(facts);
  // Each may take another out of its day: late for that one's day is late as well.
  bool late = false;
  size_t copies = 0;
  for (const int index : facts) {
    for (const Arrival& arrival : arrivals_[static_cast<size_t>(index)]) {
      ++copies;
      late = late || std::any_of(facts.begin(), facts.end(), [&](int other) {
               const Day day = calendar_.DayOf(arrivals_[static_cast<size_t>(other)].front().time);
               return calendar_.Close(day) <= arrival.complete;
             });
    }
  }
  for (const int index : facts) {
    const Fact& fact = world_.facts[static_cast<size_t>(index)];
    const Lateness lateness = {.late = late,
                               .ambiguous = late && copies > 1,
                               .revised = facts.size() > 1,
                               .loses = index != winner};
    if (IsRefund(fact)) {
      TakeRefund(index, winner, facts, lateness);
    } else {
      TakeFact(index, fact, lateness);
    }
  }
}

void Oracle::TakeFact(int index, const Fact& named, Lateness lateness) {
  const Fact& fact = world_.facts[static_cast<size_t>(index)];
  const std::vector<Arrival>& arrivals = arrivals_[static_cast<size_t>(index)];
  // Copies count once; which of them came first is not known.
  const Day day = calendar_.DayOf(arrivals.front().time);
  for (int k = 0; k < static_cast<int>(world_.kpis.size()); ++k) {
    const Kpi& kpi = world_.kpis[static_cast<size_t>(k)];
    if (!Takes(kpi, fact)) {
      continue;
    }
    const bool adds = fact.type == kpi.event;
    Sum delta{adds ? 1 : -1, Decimal(), &fact, arrivals.front().time};
    if (kpi.kind != Kpi::Kind::kCount && kpi.kind != Kpi::Kind::kDistinct) {
      delta.sum = adds ? *fact.amount : -*fact.amount;
    }
    const std::string subject =
        kpi.by_unit ? "unit:" + (named.unit.empty() ? "company" : named.unit)
                    : "person:" + (named.owner.empty() ? "unassigned" : named.owner);
    // What is late is booked when the days are sealed that its heartbeat let seal.
    const std::optional<Day> sealed = SealedThrough(k);
    const bool booked = std::any_of(arrivals.begin(), arrivals.end(), [&](const Arrival& arrival) {
      return !arrival.late || (sealed && arrival.until <= *sealed);
    });
    lateness.waits = !booked;
    if (world_.has_org && !kpi.by_unit && named.owner.empty()) {
      unknown_owners_["\"\""] = true;
    } else if (world_.has_org && !kpi.by_unit && EntryOn(named.owner, day) == nullptr) {
      unknown_owners_[named.owner] |= !lateness.waits && !lateness.loses;
    }
    Book(k, subject, day, delta, lateness);
    for (const std::string& above : Above(subject, named.unit, day)) {
      Book(k, above, day, delta, lateness);
    }
  }
}

void Oracle::Book(int kpi, const std::string& subject, Day day, const Sum& delta,
                  const Lateness& lateness) {
  See(subject, day, lateness.late);
  if (lateness.late) {
    corrected_.insert({kpi, subject});
  }
  if (lateness.ambiguous) {
    ambiguous_.insert({kpi, subject});
  }
  if (lateness.revised) {
    revised_.insert({kpi, subject});
  }
  if (!lateness.waits && !lateness.loses) {
    Sum& sum = days_[{kpi, subject}][day];
    sum.count += delta.count;
    sum.sum += delta.sum;
    facts_[{kpi, subject}][day].push_back(delta);
  }
}

void Oracle::See(const std::string& subject, Day day, bool late) {
  subjects_.insert(subject);
  const auto [it, is_new] = seen_.try_emplace(subject, day, late ? Day::Max() : day);
  it->second.first = std::min(it->second.first, day);
  if (!late) {
    it->second.second = std::min(it->second.second, day);
  }
}

// Whom a fact of `subject` counts for as well (D-19).
std::vector<std::string> Oracle::Above(const std::string& subject, const std::string& home,
                                       Day day) const {
  std::vector<std::string> above;
  if (!world_.has_org) {
    if (IsPerson(subject) && !home.empty() && home != "company") {
      above.push_back("unit:" + home);
    }
    if (subject != kCompany) {
      above.emplace_back(kCompany);
    }
    return above;
  }
  const std::string id = IdOf(subject);
  int unit = 0;  // where nothing better is known
  if (!IsPerson(subject)) {
    for (const Unit& known : world_.units) {
      unit = known.id == id ? known.parent : unit;
    }
  } else if (const Employment* entry = EntryOn(id, day)) {
    unit = entry->unit;
  } else if (subject != kNobody) {
    above.emplace_back(kNobody);
  }
  for (; unit >= 0; unit = world_.units[static_cast<size_t>(unit)].parent) {
    above.push_back("unit:" + world_.units[static_cast<size_t>(unit)].id);
  }
  return above;
}

const Employment* Oracle::EntryOn(const std::string& person, Day day) const {
  for (const Employment& entry : world_.people) {
    if (entry.person == person && (!entry.from || *entry.from <= day) &&
        (!entry.to || day < *entry.to)) {
      return &entry;
    }
  }
  return nullptr;
}

const Employment* Oracle::LastEntryIn(const std::string& person, const Period& period) const {
  const Employment* last = nullptr;
  for (Day day = period.begin; day < period.end; ++day) {
    const Employment* const entry = EntryOn(person, day);
    last = entry != nullptr ? entry : last;
  }
  return last;
}

bool Oracle::Touches(const std::set<Key>& keys, int rule, const std::string& subject) const {
  const int kpi = world_.rules[static_cast<size_t>(rule)].kpi;
  const std::vector<int>& parts = world_.kpis[static_cast<size_t>(kpi)].parts;
  return keys.contains({kpi, subject}) || std::any_of(parts.begin(), parts.end(), [&](int part) {
           return keys.contains({part, subject});
         });
}

bool Oracle::IsCorrected(int rule, const std::string& subject) const {
  return SeenLate(subject) || Touches(corrected_, rule, subject);
}

bool Oracle::IsAmbiguous(int rule, const std::string& subject) const {
  // A verdict that needs more sources than its parts seals apart from them: a late fact of a part
  // waits for the seals of that part only.
  const Kpi& kpi = world_.kpis[static_cast<size_t>(world_.rules[static_cast<size_t>(rule)].kpi)];
  const bool apart = std::any_of(kpi.parts.begin(), kpi.parts.end(), [&](int part) {
    return world_.kpis[static_cast<size_t>(part)].sources != kpi.sources;
  });
  return SeenLate(subject) || Touches(ambiguous_, rule, subject) ||
         (apart && Touches(corrected_, rule, subject));
}

bool Oracle::IsRevised(int rule, const std::string& subject) const {
  return Touches(revised_, rule, subject);
}

bool Oracle::SeenLate(const std::string& subject) const {
  const auto seen = seen_.find(subject);
  return !world_.has_org && seen != seen_.end() && seen->second.first != seen->second.second;
}

}  // namespace kpiwatch::sim
