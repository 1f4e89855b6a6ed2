#include "daemon/engine/core.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

// Events that are looked up and applied together.
constexpr size_t kBlock = 64;

// The day whose seal a fact of `day` waits for, whose partition had promised to be complete until
// `promise`: the last that this may let seal. So it is booked when all days are sealed that could
// be without it, and before the next one is, wherever batches are cut (D-08).
Day WaitsUntil(Day day, absl::Time promise, bool clock_by_events, const Origin& origin,
               const BusinessCalendar& calendar) {
  Day last = calendar.DayOf(promise);
  while ((clock_by_events ? calendar.SealTime(last) : calendar.Close(last)) > promise) {
    last = last - 1;
  }
  if (origin.record_ms != kNoTime) {
    // What is promised for times after the record came holds nothing up.
    last = std::min(last, calendar.DayOf(absl::FromUnixMillis(origin.record_ms)));
  }
  return std::max(day, last);
}

}  // namespace

Core::Core(CoreOptions options, StateStore* store, std::string store_uuid, EngineMetrics* metrics)
    : options_(options),
      store_(store),
      uuid_(std::move(store_uuid)),
      metrics_(metrics),
      dedup_(std::make_unique<DedupWindow>(options_.dedup)),
      versions_(std::make_unique<VersionTable>(store)),
      entities_(store),
      waiting_(std::make_unique<WaitingFacts>(store, options_.waiting_cells)),
      ladders_(std::make_unique<LadderTable>(store)),
      tenants_(options_.sources),
      progress_(options_.sources),
      causes_(options_.most_causes),
      reaches_(options_.most_causes),
      counts_(options_.sources->size()) {
  const size_t sources = options_.sources->size();
  completeness_.reserve(sources);
  for (const SourceOptions& source : *options_.sources) {
    completeness_.emplace_back(&source);
  }
  promised_.resize(sources);
}

Core::~Core() = default;

absl::StatusOr<OfferResult> Core::Offer(const Event& event, const Origin& origin,
                                        std::span<const PartitionState> partitions) {
  ++offered_;
  if (counts_.partitions(origin.source) <= origin.partition ||
      promised_[origin.source].size() <= origin.partition) [[unlikely]] {
    MeetPartition(origin, partitions);
  }
  if (event.tenant != tenants_.of(origin.source) && !tenants_.Takes(event, origin.source, &names_))
      [[unlikely]] {
    return OfferResult::kTenant;
  }
  const EventTypeInfo& type = folder_->Lookup(event.type);
  if (type.heartbeat) [[unlikely]] {
    return TakeHeartbeat(event, origin);
  }
  progress_.Note(origin.source, origin.record_ms, event.time_ms);
  if (!type.IsWanted()) {
    ++counts_.Of(origin, kResIgnored);
    metrics_->unmatched_events.Add();
    return OfferResult::kIgnored;
  }
  if (event.time_ms == kNoTime) {
    return OfferResult::kNoTime;
  }
  if (!IsPlausible(event.time_ms)) {
    return OfferResult::kImplausible;
  }
  // The version of an entity makes its state the same however often it comes (D-12).
  const bool too_old = event.recorded_ms != kNoTime && !options_.clock_by_events &&
                       absl::FromUnixMillis(event.recorded_ms) < dedup_->window_start();
  if (too_old && (type.entity_matches.empty() || event.sequence < 0)) {
    return OfferResult::kTooOld;
  }
  const std::vector<Fact>& facts = folder_->Fold(event, type);
  std::span<const EntityFact> entities;
  if (!type.entity_matches.empty()) [[unlikely]] {
    entities = folder_->entity_facts();
    if (too_old && !facts.empty()) {
      return OfferResult::kTooOld;
    }
  }
  const bool versioned = (*options_.sources)[origin.source].highest_sequence_wins;
  if (facts.empty() && entities.empty() && !versioned) {
    ++counts_.Of(origin, kResIgnored);
    return OfferResult::kIgnored;
  }
  PendingEvent pending;
  pending.fingerprint =
      FingerprintOf(tenants_.OfIds(origin.source, &names_), event.source, event.id);
  pending.origin = origin;
  pending.time_ms = event.time_ms;
  pending.fact_begin = static_cast<uint32_t>(block_facts_.size());
  bool keep_id = false;
  for (const Fact& fact : facts) {
    block_facts_.push_back({ResolveSubject(fact), fact.kpi, fact.day, fact.delta});
    keep_id = keep_id || plans_.keeps_ids[fact.kpi];
  }
  pending.fact_end = static_cast<uint32_t>(block_facts_.size());
  if (!entities.empty()) [[unlikely]] {
    keep_id = AddChanges(event, entities, &pending) || keep_id;
  }
  if (versioned) {
    pending.versioned = true;
    pending.sequence = event.sequence;
    pending.content = ContentOf(facts, entities, event.time_ms);
  }
  if (keep_id) {
    pending.id_begin = block_ids_.size();
    pending.id_size = static_cast<uint32_t>(event.id.size());
    block_ids_.Append(event.id);
  }
  block_.push_back(pending);
  if (block_.size() >= kBlock) {
    KPIWATCH_RETURN_IF_ERROR(ApplyBlock());
  }
  return OfferResult::kAccepted;
}

SubjectId Core::ResolveSubject(const Fact& fact) {
  const SubjectKind kind = fact.by_unit ? SubjectKind::kUnit : SubjectKind::kPerson;
  const std::string_view id = !fact.subject.empty() ? fact.subject
                              : fact.by_unit        ? kCompanyUnit
                                                    : kUnassignedPerson;
  if (fact.subject.empty() && !fact.by_unit && !unknown_owners_.told_nobody() &&
      rulebook_->org.given) [[unlikely]] {
    unknown_owners_.AddNobody(&names_);
  }
  if (const auto known = subjects_.Find(kind, id)) [[likely]] {
    SeeSubject(*known, fact.day);
    if (kind == SubjectKind::kPerson && !fact.home_unit.empty()) {
      subjects_.SawUnit(*known, fact.home_unit);
    }
    return *known;
  }
  return AddSubject(kind, id, fact.day, fact.home_unit);
}

void Core::SeeSubject(SubjectId subject, Day day) {
  if (day < subjects_.Get(subject).first_seen) [[unlikely]] {
    subjects_.SawEarlier(subject, day);
    if (!rulebook_->org.given) {
      seen_earlier_.push_back(subject);
    }
  }
}

void Core::NoteFirstDay(Day day, SealGroup* group) const {
  if (!options_.clock_by_events && live_from_ != absl::InfinitePast()) {
    // A lone old event shall not make everybody miss every day since.
    day = std::max(
        day, rulebook_->calendars[group->calendar].DayOf(live_from_ - options_.correction_window));
  }
  if (!options_.first_day && !group->next && (!group->earliest || day < *group->earliest)) {
    group->earliest = day;
    group->changed = true;
  }
}

template <int kStage>
void Core::PrefetchBlock() const {
  if constexpr (kStage < SeriesTable::kPrefetchStages) {
    for (const PendingFact& fact : block_facts_) {
      series_->Prefetch<kStage>(fact.subject, fact.kpi);
    }
    PrefetchBlock<kStage + 1>();
  }
}

absl::Status Core::ApplyBlock() {
  // One after the other: what takes long is to find the page, and several are looked for at once.
  for (const PendingEvent& event : block_) {
    dedup_->Prefetch(event.fingerprint);
  }
  PrefetchBlock<0>();
  for (const PendingEvent& event : block_) {
    KPIWATCH_RETURN_IF_ERROR(ApplyEvent(event));
  }
  block_.clear();
  block_facts_.clear();
  block_changes_.clear();
  block_ids_.Clear();
  return absl::OkStatus();
}

void Core::Defer(const PendingEvent& event, const PendingFact& fact, int64_t time_ms, Day until) {
  const WaitingFacts::Cell cell{kpi_id_of_[fact.kpi], fact.subject, fact.day, until};
  waiting_->Add(cell, fact.delta);
  if (samples_->Keeps(fact.kpi)) {
    waiting_->AddSample(cell, samples_->SampleOf(fact, time_ms, event.fingerprint),
                        fact.delta.count);
  }
}

void Core::NoteEvent(const PendingEvent& event, Booking* booking) {
  if (!booking->noted) {
    causes_.AddEvent(block_ids_.Get(event.id_begin, event.id_size), event.time_ms,
                     event.origin.record_ms);
    booking->noted = true;
  }
}

inline void Core::NoteReach(const PendingEvent& event, KpiIndex kpi, SeriesTable::Cell* cell,
                            Booking* booking) {
  const std::vector<ValueLine>& lines = plans_.lines[kpi];
  if (cell->armed > lines.size()) {
    return;
  }
  const Decimal value = MeasuredValue(rulebook_->kpis[kpi], cell->value);
  if (cell->armed != 0 && value < lines[cell->armed - size_t{1}].value) [[likely]] {
    return;
  }
  const uint16_t begin = cell->armed == 0 ? uint16_t{0} : static_cast<uint16_t>(cell->armed - 1);
  const auto above =
      std::upper_bound(lines.begin(), lines.end(), value,
                       [](const Decimal& v, const ValueLine& line) { return v < line.value; });
  const auto end = static_cast<uint16_t>(above - lines.begin());
  cell->armed = static_cast<uint16_t>(end + 1);
  if (begin < end) {
    NoteEvent(event, booking);
    cell->note = reaches_.Add({.previous = cell->note,
                               .event = causes_.last_event(),
                               .begin = begin,
                               .end = end,
                               .at = cell->value});
  }
}

inline absl::Status Core::BookHere(const PendingEvent& event, PendingFact& fact, Booking& booking) {
  SealGroup& group = groups_[group_of_kpi_[fact.kpi]];
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  if (fact.day <= promised_[event.origin.source][event.origin.partition][group_of_kpi_[fact.kpi]])
      [[unlikely]] {
    // Its own partition had called the day complete.
    booking.result = kResLate;
    const Day until = WaitsUntil(
        fact.day, completeness_[event.origin.source].PartitionCompleteUntil(event.origin.partition),
        options_.clock_by_events, event.origin, calendar);
    if (calendar.Close(until) - calendar.Close(fact.day) > options_.correction_window) {
      // The day is final: booked on the first open one (S-18, prior-period adjustment).
      fact.day = std::max(until + 1, group.next.value_or(until + 1));
      booking.result = kResTooLate;
    } else if (!group.next || until >= *group.next) {
      Defer(event, fact, booking.time_ms, until);
      return absl::OkStatus();
    }
  } else if (group.next && fact.day < *group.next) {
    booking.result = kResLate;
    if (now_ - calendar.Close(fact.day) > options_.correction_window) {
      fact.day = *group.next;
      booking.result = kResTooLate;
    }
  } else if (group.sealing && fact.day == *group.next) {
    booking.result = kResLate;
    Defer(event, fact, booking.time_ms, fact.day);
    return absl::OkStatus();
  }
  if (booking.result == kResLate && group.next && fact.day < *group.next &&
      (!plans_.sealed_rules_of_kpi[fact.kpi].empty() ||
       !plans_.pace_rules_of_kpi[fact.kpi].empty())) [[unlikely]] {
    corrections_.Add(fact.kpi, fact.subject, fact.day,
                     block_ids_.Get(event.id_begin, event.id_size), event.origin.record_ms);
  }
  NoteFirstDay(fact.day, &group);
  KPIWATCH_ASSIGN_OR_RETURN(SeriesTable::Cell* const cell,
                            series_->Add(fact.subject, fact.day, fact.kpi, fact.delta));
  if (const WatchedFor watched_for = plans_.watched_for[fact.kpi];
      watched_for == WatchedFor::kLines) {
    NoteReach(event, fact.kpi, cell, &booking);
  } else if (watched_for == WatchedFor::kEvents) {
    NoteEvent(event, &booking);
    cell->note = causes_.Add(cell->note, fact.delta);
  }
  if (samples_->Keeps(fact.kpi)) [[unlikely]] {
    return samples_->Add(fact, booking.time_ms, event.fingerprint);
  }
  return absl::OkStatus();
}

absl::Status Core::BookFact(const PendingEvent& event, PendingFact* fact, Booking* booking) {
  return BookHere(event, *fact, *booking);
}

absl::Status Core::ApplyEvent(const PendingEvent& event) {
  const bool changes = event.change_begin != event.change_end;
  if (event.versioned && event.sequence < 0 && event.fact_begin == event.fact_end && !changes &&
      !dedup_->Contains(event.fingerprint)) {
    ++counts_.Of(event.origin, kResIgnored);  // nothing gives way to it: its id need not be kept
    return absl::OkStatus();
  }
  if (!dedup_->Insert(event.fingerprint)) {
    if (event.versioned) {
      return ApplyVersion(event);
    }
    ++counts_.Of(event.origin, kResDuplicate);
    return absl::OkStatus();
  }
  Booking booking{.time_ms = event.time_ms};
  if (event.versioned) {
    KPIWATCH_RETURN_IF_ERROR(BookVersion(event, &booking));
  } else {
    for (uint32_t f = event.fact_begin; f < event.fact_end; ++f) {
      PendingFact fact = block_facts_[f];
      KPIWATCH_RETURN_IF_ERROR(BookHere(event, fact, booking));
    }
  }
  if (changes) [[unlikely]] {
    KPIWATCH_RETURN_IF_ERROR(ApplyChanges(event, &booking));
  }
  ++counts_.Of(event.origin, booking.result);
  return absl::OkStatus();
}

absl::StatusOr<StepResult> Core::FinishStep(absl::Time now, WriteBatch* batch) {
  batch->Clear();
  more_ = false;
  KPIWATCH_RETURN_IF_ERROR(ApplyBlock());
  if (options_.clock_by_events) {
    // The least that the sources prove which some KPI needs (D-01), whatever the wall clock says.
    absl::Time least = absl::InfiniteFuture();
    for (const SealGroup& group : groups_) {
      for (const uint32_t s : group.sources) {
        least = std::min(least, completeness_[s].complete_until());
      }
    }
    now_ = std::max(now_, least == absl::InfiniteFuture() ? now : least);
  } else {
    now_ = std::max(now_, now);
  }
  for (uint32_t s = 0; s < completeness_.size(); ++s) {
    if (const int64_t newest = progress_.newest_record_ms(s); newest != kNoTime) {
      completeness_[s].OnRecord(absl::FromUnixMillis(newest));
    }
  }
  for (SealGroup& group : groups_) {
    KPIWATCH_RETURN_IF_ERROR(ApplyDeferred(group));
  }
  KPIWATCH_RETURN_IF_ERROR(RollUp());
  KPIWATCH_RETURN_IF_ERROR(samples_->RollUp(
      [this](SubjectId subject, Day day, auto* above) { Ancestors(subject, day, above); }));
  KPIWATCH_RETURN_IF_ERROR(EvaluateOpenPeriods());
  KPIWATCH_RETURN_IF_ERROR(ReplayCorrections());
  NoteFirstDaysOfParts();
  UpdateLateness();
  KPIWATCH_RETURN_IF_ERROR(SealDue());
  EmitUnknownOwners();

  const size_t events = std::exchange(offered_, 0);
  KPIWATCH_RETURN_IF_ERROR(WriteState(ArrivalOfStep(now), batch));
  counts_.Stage();
  series_->NextStep();
  samples_->NextStep();
  ladders_->NextStep();
  causes_.Clear();
  reaches_.Clear();
  corrections_.Clear();
  ++step_;
  return StepResult{.empty = batch->empty(),
                    .more_to_seal = more_,
                    .last_seq = next_seq_ - 1,
                    .entries = entries_->size(),
                    .events = events};
}

absl::Time Core::ArrivalOfStep(absl::Time now) const {
  // By the transport's time: while a backlog is read, what is expired from the window of known ids
  // arrived long ago, and later records of the backlog are not older than that.
  const int64_t newest = progress_.newest_record_ms();
  return newest == kNoTime ? now : std::min(now, absl::FromUnixMillis(newest));
}

void Core::AddDeadLetter(v1::DeadLetter letter) {
  metrics_->dead_letters.With({letter.reason()}).Add();
  pending_letters_.push_back(std::move(letter));
}

}  // namespace kpiwatch
