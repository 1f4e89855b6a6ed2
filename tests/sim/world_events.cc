#include "tests/sim/world_events.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "fmt/format.h"

namespace kpiwatch::sim {
namespace {

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string TextOf(const Fact& fact) {
  std::string data = fmt::format(R"("owner_id":"{}")", fact.owner);
  if (!fact.unit.empty()) {
    data += fmt::format(R"(,"owner_unit":"{}")", fact.unit);
  }
  if (!fact.kind.empty()) {
    data += fmt::format(R"(,"kind":"{}")", fact.kind);
  }
  if (!fact.deal.empty()) {
    data += fmt::format(R"(,"deal":"{}")", fact.deal);
  }
  if (fact.amount) {
    data += fmt::format(R"(,"amount":{{"amount":"{}","currency":"{}"}})", fact.amount->ToString(),
                        fact.currency);
  }
  const std::string time = fact.time ? fmt::format(R"(,"time":"{}")", Rfc3339(*fact.time)) : "";
  const std::string sequence =
      fact.sequence < 0 ? "" : fmt::format(R"(,"sequence":"{}")", fact.sequence);
  return fmt::format(R"({{"specversion":"1.0","type":"com.acme.{}.v1","source":"/sim",)"
                     R"("id":"{}"{}{},"data":{{{}}}}})",
                     fact.type, fact.id, time, sequence, data);
}

SimRecord Heartbeat(absl::Time until, absl::Time sent, int number) {
  SimRecord record;
  record.kind = SimRecord::Kind::kHeartbeat;
  record.until = until;
  record.sent = sent;
  record.timestamp = sent;
  record.text = fmt::format(
      R"({{"specversion":"1.0","type":"com.acme.sys.source.heartbeat.v1","source":"/sim",)"
      R"("id":"h{}","time":"{}","data":{{"partition_scope":"partition","complete_until":"{}"}}}})",
      number, Rfc3339(sent), Rfc3339(until));
  return record;
}

// The making of one world's events.
class Weeks {
 public:
  Weeks(const BusinessCalendar& calendar, Random& random, World* world)
      : calendar_(calendar), random_(random), world_(*world) {}

  void Make() {
    starts_with_heartbeats_ = random_.Chance(70);
    ends_with_heartbeats_ = random_.Chance(85);
    by_owner_ = random_.Chance(50);
    for (SimSource& source : world_.sources) {
      source.partitions.resize(static_cast<size_t>(random_.Between(1, 3)));
    }
    MakePeople();
    for (Day day = world_.first; day <= world_.last; ++day) {
      for (const auto& [owner, unit] : owners_) {
        MakeDay(day, owner, unit);
      }
    }
    world_.end = calendar_.SealTime(world_.last + random_.Between(1, 3));
    for (SimSource& source : world_.sources) {
      for (std::vector<SimRecord>& partition : source.partitions) {
        MakeHeartbeats(&partition);
        MakePoison(&partition);
        // By arrival; what arrives together with a heartbeat goes before it.
        std::stable_sort(partition.begin(), partition.end(),
                         [](const SimRecord& a, const SimRecord& b) {
                           return std::pair(a.timestamp, a.kind == SimRecord::Kind::kHeartbeat) <
                                  std::pair(b.timestamp, b.kind == SimRecord::Kind::kHeartbeat);
                         });
      }
    }
  }

 private:
  // Who appears in events, with the unit they name.
  void MakePeople() {
    const std::vector<std::string> homes = {"east", "west", "", "company"};
    for (int p = 1, count = random_.Between(3, 6); p <= count; ++p) {
      const std::string home = world_.has_org && random_.Chance(50) ? "" : random_.Pick(homes);
      owners_.emplace_back("p" + std::to_string(p), home);
    }
    if (random_.Chance(30)) {
      owners_.emplace_back("ghost", world_.has_org ? "nowhere" : "west");
    }
    if (random_.Chance(15)) {
      owners_.emplace_back("", "");
    }
    for (size_t i = 0; i < owners_.size(); ++i) {
      // Some are there from the first day, others come later.
      const int days = world_.last - world_.first;
      begin_.push_back(world_.first + (random_.Chance(70) ? 0 : random_.Below(days)));
      busy_.push_back(random_.Between(40, 100));
    }
  }

  absl::Time MomentOf(Day day) {
    const absl::Time begin = calendar_.Begin(day);
    const absl::Time end =
        world_.some_late && random_.Chance(10) ? calendar_.End(day) : calendar_.Close(day);
    const int64_t seconds = absl::ToInt64Seconds(end - begin);
    const int from = random_.Chance(90) ? static_cast<int>(seconds / 3) : 0;
    return begin + absl::Seconds(random_.Between(from, static_cast<int>(seconds) - 1));
  }

  void MakeDay(Day day, const std::string& owner, const std::string& unit) {
    const size_t who = owner_number_++ % owners_.size();
    const int busy = calendar_.IsWorkingDay(day) ? busy_[who] : busy_[who] / 8;
    if (day < begin_[who]) {
      return;
    }
    const auto happen = [&](const std::string& type, auto complete) {
      Fact fact;
      fact.id = "e" + std::to_string(world_.facts.size());
      fact.type = type;
      fact.time = MomentOf(day);
      fact.owner = owner;
      fact.unit = unit;
      fact.sequence = random_.Chance(50) ? -1 : random_.Below(3);
      complete(&fact);
      Place(std::move(fact), day);
    };
    for (int n = random_.Chance(busy) ? random_.Between(1, 3) : 0; n > 0; --n) {
      happen("crm.activity.completed", [&](Fact* fact) {
        fact->kind = random_.Pick<std::string>({"call", "call", "visit"});
      });
    }
    if (random_.Chance(busy * 2 / 3)) {
      happen("crm.need.confirmed", [](Fact*) {});
    }
    if (random_.Chance(busy * 2 / 3)) {
      happen("erp.order.confirmed", [&](Fact* fact) {
        if (!random_.Chance(3)) {
          fact->amount = Decimal::FromMinor(random_.Between(1, 30000), 2);
          fact->currency = random_.Chance(3) ? "USD" : "CNY";
        }
      });
    }
    if (random_.Chance(busy / 12)) {
      happen("erp.order.cancelled",
             [&](Fact* fact) { fact->amount = Decimal::FromInt(random_.Between(1, 200)); });
    }
    if (world_.KpiNamed("spend") >= 0 && random_.Chance(busy / 6)) {
      happen("mkt.spend.recorded",
             [&](Fact* fact) { fact->amount = Decimal::FromInt(random_.Between(10, 300)); });
    }
    if (random_.Chance(1)) {
      happen("crm.lead.created", [](Fact*) {});  // of no KPI
    }
    if (random_.Chance(busy / 4)) {
      MakeDeal(day, owner, unit);
    }
  }

  // The states of a deal, each an event of its own, and what is given back of it.
  void MakeDeal(Day day, const std::string& owner, const std::string& unit) {
    const bool changes = starts_with_heartbeats_ && ends_with_heartbeats_;
    const bool versions = random_.Chance(70);
    const std::string deal = "d" + std::to_string(deals_++);
    const int states = changes ? random_.Pick<int>({1, 1, 2, 3, 4}) : 1;
    for (int n = 0; n < states; ++n) {
      PlaceState({.type = "crm.opportunity.won",
                  .owner = owner,
                  .unit = unit,
                  .amount = Decimal::FromInt(random_.Between(1, 300)),
                  .sequence = versions ? n : -1,
                  .deal = deal},
                 day);
    }
    for (int n = changes && random_.Chance(30) ? random_.Between(1, 2) : 0; n > 0; --n) {
      PlaceState({.type = "crm.refund.issued",
                  .owner = owner,
                  .unit = unit,
                  .amount = Decimal::FromInt(random_.Between(1, 50)),
                  .deal = deal},
                 day);
    }
  }

  // Without an org a unit is seen with the first fact that counts for it, whatever counts later, so
  // there all states have one owner and day.
  void PlaceState(Fact fact, Day day) {
    fact.id = "e" + std::to_string(world_.facts.size());
    if (world_.has_org) {
      if (random_.Chance(25)) {
        std::tie(fact.owner, fact.unit) = random_.Pick(owners_);
      }
      if (fact.type == "crm.opportunity.won" && random_.Chance(15)) {
        fact.type = "crm.opportunity.reopened";
      }
      if (world_.some_late && random_.Chance(60)) {
        day = std::min(day + random_.Below(6), world_.last);
      }
    }
    fact.time = MomentOf(day);
    const bool anywhere = world_.some_late && starts_with_heartbeats_ && ends_with_heartbeats_;
    absl::Time arrival = std::min(*fact.time + absl::Minutes(random_.Below(20)),
                                  std::max(calendar_.Close(day), *fact.time));
    if (anywhere && random_.Chance(30)) {
      arrival += absl::Minutes(random_.Below(3 * 1440));
    }
    const int index = static_cast<int>(world_.facts.size());
    world_.facts.push_back(std::move(fact));
    Put(&world_.sources[0], index, arrival);
    if (random_.Chance(6)) {
      Put(&world_.sources[0], index,
          anywhere ? arrival + absl::Minutes(random_.Below(3 * 1440)) : arrival);
    }
  }

  // Puts a fact of `day` into a partition, and perhaps a copy elsewhere.
  void Place(Fact made, Day day) {
    const int index = static_cast<int>(world_.facts.size());
    Fact& fact = world_.facts.emplace_back(std::move(made));
    const bool crm = fact.type.starts_with("crm.") || world_.sources.size() == 1;
    SimSource& source = world_.sources[crm ? 0 : 1];
    const absl::Time close = calendar_.Close(day);
    absl::Time arrival = *fact.time + absl::Seconds(random_.Below(1200));
    if (*fact.time < close) {
      arrival = std::min(arrival, close);  // before any heartbeat that speaks of the day
    }
    if (world_.some_late && random_.Chance(8)) {
      arrival += absl::Minutes(random_.Between(10, random_.Chance(50) ? 600 : 10 * 1440));
    }
    if (random_.Chance(1) && calendar_.DayOf(arrival) == day) {
      fact.time.reset();
      Put(&source, index, arrival);
      return;  // a copy would have a time of its own
    }
    const size_t partition = Put(&source, index, arrival);
    if (world_.some_change && starts_with_heartbeats_ && ends_with_heartbeats_) {
      absl::Time last = arrival;
      for (int n = random_.Chance(8) ? random_.Between(1, 2) : 0; n > 0; --n) {
        last = PlaceOther(index, &source, partition, last, close);
      }
    }
    // Of copies on both sides of a heartbeat either may be read first; that is the same only where
    // the day is sealed in the end.
    const bool anywhere = world_.some_late && starts_with_heartbeats_ && ends_with_heartbeats_;
    if (random_.Chance(6) && (anywhere || arrival <= close)) {
      const absl::Time again =
          anywhere ? arrival + absl::Minutes(random_.Below(3 * 1440)) : arrival;
      SimSource& other = random_.Chance(30)
                             ? random_.Chance(50) ? world_.sources.front() : world_.sources.back()
                             : source;
      Put(&other, index, again);
    }
  }

  // The fact at `index` again, as something else, no earlier than `arrival`: with a sequence of its
  // own in any partition, else in the fact's. When it arrives.
  absl::Time PlaceOther(int index, SimSource* source, size_t partition, absl::Time arrival,
                        absl::Time close) {
    Fact other = world_.facts[static_cast<size_t>(index)];
    if (other.amount) {
      other.amount = Decimal::FromInt(random_.Between(1, 300));
    }
    if (world_.has_org) {
      // Without one a unit is seen with the first fact that counts for it, whatever counts later.
      if (!other.kind.empty()) {
        other.kind = other.kind == "call" ? "visit" : "call";
      }
      other.currency = random_.Chance(15) ? "USD" : "CNY";
      if (random_.Chance(30)) {
        std::tie(other.owner, other.unit) = random_.Pick(owners_);
      }
      if (world_.some_late && random_.Chance(30)) {
        const Day day = world_.first + random_.Below(world_.last - world_.first);
        const Day near =
            std::clamp(day, calendar_.DayOf(*other.time) - 3, calendar_.DayOf(*other.time) + 3);
        other.time = MomentOf(near);
      }
    }
    const bool equal = random_.Chance(30);
    if (!equal) {
      other.sequence = 3 + static_cast<int64_t>(world_.facts.size());  // nobody else's
      if (random_.Chance(40)) {
        std::swap(other.sequence, world_.facts[static_cast<size_t>(index)].sequence);
        Retell(index, source);
      }
    }
    absl::Time again = arrival + absl::Minutes(random_.Below(3 * 1440));
    again = world_.some_late ? again : std::max(arrival, std::min(again, close));
    const int made = static_cast<int>(world_.facts.size());
    world_.facts.push_back(std::move(other));
    Put(source, made, again, equal ? std::optional(partition) : std::nullopt);
    return again;
  }

  // The fact at `index` has changed since it was put somewhere.
  void Retell(int index, SimSource* source) {
    for (std::vector<SimRecord>& records : source->partitions) {
      for (SimRecord& record : records) {
        if (record.fact == index) {
          record.text = TextOf(world_.facts[static_cast<size_t>(index)]);
        }
      }
    }
  }

  // Into `partition`, or one of its choice, which is returned.
  size_t Put(SimSource* source, int index, absl::Time arrival,
             std::optional<size_t> partition = std::nullopt) {
    const Fact& fact = world_.facts[static_cast<size_t>(index)];
    const auto partitions = static_cast<int>(source->partitions.size());
    const int p = by_owner_ && !random_.Chance(3)
                      ? static_cast<int>(fact.owner.empty() ? 0 : fact.owner.back()) % partitions
                      : random_.Below(partitions);
    SimRecord record;
    record.fact = index;
    record.timestamp = arrival;
    record.text = TextOf(fact);
    const size_t chosen = partition.value_or(static_cast<size_t>(p));
    source->partitions[chosen].push_back(std::move(record));
    return chosen;
  }

  void MakeHeartbeats(std::vector<SimRecord>* partition) {
    const int diligence = random_.Pick<int>({100, 90, 60, 20});
    const bool dies = !ends_with_heartbeats_ && random_.Chance(50);
    if (starts_with_heartbeats_) {
      const absl::Time begin = calendar_.Begin(world_.first);
      partition->push_back(Heartbeat(begin, begin, heartbeats_++));
    }
    const Day last = dies ? world_.first + random_.Below(world_.last - world_.first) : world_.last;
    for (Day day = world_.first; day <= last; ++day) {
      if (random_.Chance(15)) {
        const absl::Time noon = calendar_.Begin(day) + absl::Hours(12);
        partition->push_back(Heartbeat(noon, noon, heartbeats_++));
      }
      if (random_.Chance(diligence)) {
        const absl::Time sent = calendar_.Close(day) + absl::Minutes(random_.Below(300));
        const absl::Time until = sent - absl::Minutes(random_.Below(60));
        partition->push_back(Heartbeat(until, sent, heartbeats_++));
        if (random_.Chance(5)) {  // said again
          partition->push_back(Heartbeat(until, sent + absl::Minutes(1), heartbeats_++));
        }
      }
    }
    if (ends_with_heartbeats_) {
      partition->push_back(Heartbeat(world_.end, world_.end, heartbeats_++));
    }
  }

  void MakePoison(std::vector<SimRecord>* partition) {
    for (int n = random_.Chance(35) ? random_.Between(1, 3) : 0; n > 0; --n) {
      SimRecord record;
      record.kind = SimRecord::Kind::kPoison;
      record.timestamp = calendar_.Begin(world_.first) +
                         absl::Hours(random_.Below(24 * (world_.last - world_.first)));
      record.text = random_.Pick<std::string>(
          {"{not json", R"({"specversion":"1.0","type":"x"})", "\x01\x02", "[1,2"});
      partition->push_back(std::move(record));
    }
  }

  const BusinessCalendar& calendar_;
  Random& random_;
  World& world_;
  bool starts_with_heartbeats_ = false;
  bool ends_with_heartbeats_ = false;
  bool by_owner_ = false;
  std::vector<std::pair<std::string, std::string>> owners_;
  std::vector<Day> begin_;
  std::vector<int> busy_;
  size_t owner_number_ = 0;
  int deals_ = 0;
  int heartbeats_ = 0;
};

}  // namespace

void MakeEvents(const BusinessCalendar& calendar, Random& random, World* world) {
  Weeks weeks(calendar, random, world);
  weeks.Make();
}

}  // namespace kpiwatch::sim
