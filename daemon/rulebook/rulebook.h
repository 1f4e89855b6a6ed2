// Everything that the rule files say, validated, resolved to indices and immutable: the one object
// that fold, ledger, evaluate and notify read. Built by rulebook/loader.h only. Swapped whole on
// reload (std::shared_ptr<const Rulebook>); safe to share between threads.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "daemon/base/string_map.h"
#include "daemon/calendar/business_calendar.h"
#include "daemon/lang/program.h"
#include "daemon/model/day.h"
#include "daemon/model/event.h"
#include "daemon/model/level.h"
#include "daemon/model/period.h"
#include "daemon/model/samples.h"
#include "daemon/rulebook/routing.h"

namespace kpiwatch {

// Indices into the vectors of Rulebook.
using CalendarIndex = uint32_t;
using KpiIndex = uint32_t;
using RuleIndex = uint32_t;
using PersonIndex = uint32_t;
using UnitIndex = uint32_t;

// Text in the two languages of the product; either may be empty, then the other serves.
struct LocalText {
  std::string zh;
  std::string en;
  const std::string& For(std::string_view language) const {
    return language == "zh" ? (zh.empty() ? en : zh) : (en.empty() ? zh : en);
  }
};

// ---- Organisation -------------------------------------------------------------------------------

struct Unit {
  std::string id;  // "east"
  LocalText name;
  std::optional<UnitIndex> parent;
  std::string manager;  // person id; may be empty
  // By which its days are cut and worked: its own, else that of the unit above, else the first.
  CalendarIndex calendar = 0;
};

// Shares of a full day's work are counted in hundredths of a percent.
inline constexpr int kFullCapacity = 10'000;

// Approved leave, days [from, to).
struct Leave {
  Day from, to;
  int capacity = 0;  // what is worked all the same: 0 of whole days off
};

// One stretch of a person's employment; several with the same id are his history (S-21). Days
// [from, to); nullopt: open.
struct Person {
  std::string id;  // "u102"
  LocalText name;
  UnitIndex unit = 0;
  std::string level;    // junior, mid, senior …
  std::string manager;  // person id; empty: the unit's manager (or, for that manager himself, the
                        // parent unit's)
  std::string email;
  std::string language;  // "zh" or "en"
  std::optional<Day> from, to;
  std::vector<Leave> leave;  // by from
  // By weekday, 0 Monday: what he works of a full day.
  std::array<int, 7> capacity = {kFullCapacity, kFullCapacity, kFullCapacity, kFullCapacity,
                                 kFullCapacity, kFullCapacity, kFullCapacity};

  // Whether this entry is that of `day`.
  bool Holds(Day day) const { return (!from || *from <= day) && (!to || day < *to); }
  bool OnLeave(Day day) const;
  // What he works of a full day on a working day: that of the weekday, or of his leave where that
  // is less (S-02).
  int CapacityOn(Day day) const;
};

struct Org {
  // Parents before children; the first is the root, and the only one without parent: the unit
  // `company`, or the one that the files put on top. Never empty.
  std::vector<Unit> units;
  std::vector<Person> people;  // by id, then by from
  bool given = false;          // false: no file has an org; everyone seen is a subject (D-19)

  // The person's entry on `day` (the entry whose [from,to) holds it; null: unknown or not
  // employed).
  const Person* FindPerson(std::string_view id, Day day) const;
  const Person* FindPersonAny(std::string_view id) const;  // latest entry, whatever the day
  std::optional<UnitIndex> FindUnit(std::string_view id) const;
  // Who manages the person on `day`, `steps` levels up (1: manager, 2: manager+1); empty: nobody.
  // Managers who are not employed on `day` are passed over.
  std::string ManagerOf(std::string_view person, Day day, int steps) const;
  // The same for a unit, whose 1 is the manager that it names, or where it names none the next one
  // above. Each further step goes on up the tree to another person.
  std::string ManagerOfUnit(UnitIndex unit, Day day, int steps) const;

  StringMap<std::vector<PersonIndex>> people_by_id;
  StringMap<UnitIndex> units_by_id;
};

// ---- KPIs ---------------------------------------------------------------------------------------

enum class KpiType : uint8_t { kSimple, kVerdict, kRatio, kDerived };
enum class MeasureKind : uint8_t {  // part of stored fingerprints: DO NOT CHANGE the numbers
  kCount,
  kSum,
  kAvg,
  kShare,
  kMin,
  kMax,
  kFirst,
  kLast,
  kDistinct,
  kQuantile,
  kMedian
};
enum class Direction : uint8_t { kUp, kDown };

// The slot of an event's own time beside the fields, whose ids are lower.
inline constexpr uint16_t kSlotEventTime = FieldPlan::kMaxFields;

struct Measure {
  MeasureKind kind = MeasureKind::kCount;
  FieldId field;  // what is measured, without `expression`; nothing of kCount
  // What is measured, where it is no field; kShare: the facts for which it holds. Its slots are
  // those of Kpi::where.
  std::optional<lang::Program> expression;
  Decimal quantile;  // kQuantile: 0 to 1
  // The value grows by what each fact adds; it is never missing.
  bool IsSum() const { return kind == MeasureKind::kCount || kind == MeasureKind::kSum; }
  // It is an amount of money where its field is.
  bool IsAmount() const {
    return kind != MeasureKind::kCount && kind != MeasureKind::kShare &&
           kind != MeasureKind::kDistinct;
  }
  // How the samples are used that the measure needs; nullopt: sums are enough.
  std::optional<SampleUse> SamplesUse() const;
  // Samples are ordered by their moments.
  bool IsOrderedByTime() const { return kind == MeasureKind::kFirst || kind == MeasureKind::kLast; }
};

// How a simple KPI counts entities (orders, deals) instead of events: each with what its states
// say, whatever events brought them (S-19).
struct KpiEntity {
  enum class States : uint8_t {
    kLatest,  // the last state counts, if it is one that does
    kEver,    // the first state that counts does so for ever
  };
  enum class ReverseDay : uint8_t { kOwn, kOriginal };

  // The first of these fields that an event has names its entity; none: the KPI counts events.
  std::vector<FieldId> id;
  std::vector<std::string> retract;  // patterns of events whose state does not count
  States states = States::kLatest;
  ReverseDay reverse_day = ReverseDay::kOwn;  // on which a `reverse:` event is booked
};

struct Floors {
  std::string level;            // person level, "" = any
  std::vector<Decimal> values;  // one per Kpi::all_of
};

// Before so much of a period is over nothing is said of its pace (S-11).
struct PaceLimits {
  Decimal min_share = Decimal::FromMinor(15, 2);  // of its working days
  int min_days = 2;                               // full working days
  Decimal min_units;                              // of what is due by then
};

struct Kpi {
  std::string name;
  LocalText title;
  std::string help;
  std::string owner;
  std::string unit;  // of measure, for display
  KpiType type = KpiType::kSimple;
  Direction direction = Direction::kUp;
  CalendarIndex calendar = 0;
  std::vector<std::string> sources;  // that must be complete before a day seals; empty: all (D-02)
  std::string currency;              // of a money KPI; empty: a plain number
  std::vector<PeriodKind>
      periods;  // reserved for values output: the periods in which rules/targets look at it

  // kSimple
  std::vector<std::string> events;     // patterns of D-17
  std::vector<std::string> reverse;    // event patterns whose facts count negative
  std::optional<lang::Program> where;  // slots: FieldIds of Rulebook::fields, kSlotEventTime
  Measure measure;
  // The field that names the subject (a person id); `subject: unit` (the owner_unit) sets by_unit.
  FieldId subject;
  bool by_unit = false;
  KpiEntity entity;
  bool by_entity() const { return !entity.id.empty(); }
  PaceLimits pace;  // of one that adds up

  // kVerdict: met when every KPI of all_of reaches its floor
  std::vector<KpiIndex> all_of;
  std::vector<Floors> floors;

  // kRatio: numerator and denominator; kDerived: what the slots of `expr` stand for. Simple, ratio
  // or derived.
  std::vector<KpiIndex> operands;
  std::optional<lang::Program> expr;  // kDerived
  std::optional<Decimal> min_den;     // kRatio: with a smaller denominator there is no value

  // The simple KPIs from whose facts it is read, each once; empty for a simple one.
  std::vector<KpiIndex> parts;

  bool expose_units = true;
  bool expose_people = false;

  // Hash of everything above that changes values (not title, help, owner, pace): the identity of
  // its stored series (D-29).
  uint64_t fingerprint = 0;

  // Its days add up to its periods, so that a part of the target is due after a part of the period.
  bool AddsUp() const { return type == KpiType::kSimple && measure.IsSum(); }
};

// ---- Targets ------------------------------------------------------------------------------------

struct Target {
  KpiIndex kpi = 0;
  std::string subject;  // "person:u102", "unit:east"
  Period period;        // kTarget when written with from/to
  Decimal value;
  std::optional<Decimal> floor, stretch;
};

// ---- Rules --------------------------------------------------------------------------------------

enum class ForEach : uint8_t { kPerson, kUnit };
// Part of stored fingerprints: DO NOT CHANGE the order. kOnPace looks at open periods when one of
// their days is sealed.
enum class EvaluateMode : uint8_t { kOnClose, kIntraday, kOnPace };
// "on_close", "intraday", "on_pace".
std::string_view EvaluateModeName(EvaluateMode mode);

// Slots of a condition's environment (lang::Environment).
enum ConditionSlot : uint16_t {
  kSlotValue = 0,
  kSlotTarget = 1,
  kSlotCompletion = 2,
  kSlotMissStreak = 3,
  kSlotHitStreak = 4,
  kSlotCount = 5,
  kSlotNum = 6,  // of a ratio
  kSlotDen = 7,
  kSlotExpected = 8,  // of a KPI that adds up: its pace (S-11, S-12)
  kSlotPaceIndex = 9,
  kSlotGap = 10,
  kSlotProjection = 11,
  kSlotProjectedCompletion = 12,
  kSlotRequiredRate = 13,
  kSlotMaxAttainable = 14,
  kSlotBackLoading = 15,  // of a KPI that adds up: how much came at the end
};
constexpr bool IsOfPace(uint16_t slot) {
  return kSlotExpected <= slot && slot <= kSlotMaxAttainable;
}

// Who is told: "owner" 0 steps, "manager" 1, "manager+1" 2 …; or a person id. Who owns a unit's
// numbers is its manager: 0 and 1 are the same there.
struct Notify {
  int steps = 0;
  std::string person;  // set: this person, steps unused
};

// Whom `notify` names of the person or unit `subject`, as `org` is on `day`; empty: nobody.
std::string PersonToTell(const Org& org, bool is_person, std::string_view subject,
                         const Notify& notify, Day day);

struct Tier {
  Level level = Level::kYellow;
  lang::Program when;
  std::optional<lang::Program> clear;
  std::vector<Notify> notify;    // empty: nobody (shown, not sent: R-12)
  std::vector<std::string> via;  // channels; empty: all that the receiver has
  std::optional<size_t> open;    // index into Rulebook::playbooks
  std::string grant;             // what it gives leave for, a name for programs
  LocalText grant_title{};       // the same for people; empty: the name says it
};

struct Rule {
  std::string name;
  KpiIndex kpi = 0;
  ForEach for_each = ForEach::kPerson;
  std::optional<lang::Program> where;  // over the person or unit; slots are PersonSlot
  PeriodKind period = PeriodKind::kDay;
  EvaluateMode evaluate = EvaluateMode::kOnClose;
  std::vector<Tier> tiers;  // ascending by level
  int clear_after = 2;      // sealed hits in a row that clear a tier without `clear`
  int max_gap_days = 12;    // S-05
  StringMap<std::string> labels;
  StringMap<LocalText> annotations;  // summary, description: templates
  std::string file;
  int line = 0;
  uint64_t fingerprint = 0;  // of what changes verdicts; annotations and routes do not (S-22)
};

enum PersonSlot : uint16_t {
  kSlotPersonLevel = 0,
  kSlotPersonUnit = 1,
  kSlotPersonId = 2,
  kSlotUnitId = 3
};

struct Playbook {
  std::string name;
  LocalText title;
  Notify assignee{.steps = 1, .person = {}};
  // Due after so many working days, at the end of the last one's hours; or, where it is not zero,
  // after so much working time.
  int due_working_days = 1;
  absl::Duration due_working_time = absl::ZeroDuration();
  std::vector<LocalText> checklist;
};

struct Rulebook {
  uint64_t generation = 0;  // set by the engine when the rulebook enters
  std::vector<BusinessCalendar> calendars;
  // Of KPIs that name no calendar, where units have calendars of their own: spans those (S-01).
  // nullopt: none has; such KPIs are on the first calendar.
  std::optional<CalendarIndex> unit_calendars;
  Org org;
  FieldPlan fields;
  // Paths that are in `fields` whatever the rules say: data.owner_unit, and what a heartbeat
  // (sys.source.heartbeat) says: data.source, data.partition_scope, data.complete_until.
  FieldId owner_unit, heartbeat_source, heartbeat_scope, heartbeat_until;
  std::vector<Kpi> kpis;        // simple ones, then ratio and derived, then verdict
  std::vector<Target> targets;  // by (kpi, subject, period)
  std::vector<Rule> rules;
  std::vector<Playbook> playbooks;
  std::vector<Receiver> receivers;
  Route route;
  std::optional<size_t> data_steward;  // receiver of data alerts; nullopt: no receiver at all
  std::string currency = "CNY";
  std::vector<std::string> files;  // loaded files, for messages

  std::optional<KpiIndex> FindKpi(std::string_view name) const;
  // The calendar of one site by which `kpi` is counted for a person or unit on `day`: the KPI's
  // own, else that of the unit, else the first.
  const BusinessCalendar& CalendarFor(const Kpi& kpi, bool is_person, std::string_view id,
                                      Day day) const;
  // The target of (kpi, subject) for exactly `period`; null: none.
  const Target* FindTarget(KpiIndex kpi, std::string_view subject, const Period& period) const;
};

}  // namespace kpiwatch
