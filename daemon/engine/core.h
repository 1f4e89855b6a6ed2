// The engine's heart: events in, durable state and decisions out, one atomic step after the other.
// The same object serves the daemon, kpictl's replay and the scenario tests; what differs is who
// brings the events and the time.
//
// Operation: Offer takes events (folded, deduplicated and applied in small blocks); FinishStep
// rolls up units, looks at open periods, replays what was corrected, seals what is complete, and
// puts everything that changed into one WriteBatch. The caller makes the batch durable before
// anything of it leaves the process; it may go on offering meanwhile, but not finish another step.
// Concurrency: owned by one thread.
// Errors: the store's. After an error the object is of no use; the caller stops.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/engine/cause_log.h"
#include "daemon/engine/completeness.h"
#include "daemon/engine/core_types.h"
#include "daemon/engine/correction_log.h"
#include "daemon/engine/day_begins.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/engine/id_bytes.h"
#include "daemon/engine/id_table.h"
#include "daemon/engine/ladder_table.h"
#include "daemon/engine/measured_days.h"
#include "daemon/engine/open_walk.h"
#include "daemon/engine/pace_reader.h"
#include "daemon/engine/pending_event.h"
#include "daemon/engine/reach_log.h"
#include "daemon/engine/read_progress.h"
#include "daemon/engine/read_view.h"
#include "daemon/engine/record_counts.h"
#include "daemon/engine/rule_plans.h"
#include "daemon/engine/sample_book.h"
#include "daemon/engine/seal_group.h"
#include "daemon/engine/targets_record.h"
#include "daemon/engine/tenants.h"
#include "daemon/engine/told_log.h"
#include "daemon/engine/unknown_owners.h"
#include "daemon/engine/waiting_facts.h"
#include "daemon/fold/dedup_window.h"
#include "daemon/fold/entity_table.h"
#include "daemon/fold/folder.h"
#include "daemon/fold/subject_table.h"
#include "daemon/fold/version_table.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ledger/kpi_view.h"
#include "daemon/ledger/series_table.h"
#include "daemon/notify/outbox_entry.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/store/state_store.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

class Core {
 public:
  // `store` is borrowed and holds a header already; `metrics` is borrowed.
  Core(CoreOptions options, StateStore* store, std::string store_uuid, EngineMetrics* metrics);
  ~Core();

  // Restores the stored state under `rulebook`. To be called once, first. New names and first
  // start go into the first step.
  absl::Status Restore(std::shared_ptr<const Rulebook> rulebook, absl::Time wall_now);
  // Lets another rulebook in (D-29). REQUIRES: no event offered since the last FinishStep, and
  // everything is durable. Its effects go into the next step. Errors: the store's;
  // kInvalidArgument, and nothing is changed, for one that this store cannot live with.
  absl::Status SetRulebook(std::shared_ptr<const Rulebook> rulebook);
  const Rulebook& rulebook() const { return *rulebook_; }
  std::shared_ptr<const Rulebook> shared_rulebook() const { return rulebook_; }

  // ---- One step ----
  absl::StatusOr<OfferResult> Offer(const Event& event, const Origin& origin,
                                    std::span<const PartitionState> partitions);
  void AddDeadLetter(v1::DeadLetter letter);
  // How far partitions were read, stored with the step.
  ReadProgress& progress() { return progress_; }
  SourceCompleteness& completeness(uint32_t source) { return completeness_[source]; }
  const SourceCompleteness& completeness(uint32_t source) const { return completeness_[source]; }
  // Until when the source is proven complete, by heartbeats or, of one that is complete by
  // `caught_up`, by having been read to its end: then the close of the last day that it let seal.
  // InfinitePast: nothing is proven.
  absl::Time ProvenUntil(uint32_t source) const;
  // Sources that KPIs name and that nobody reads: their days never seal. By name.
  std::vector<UnreadSource> UnreadSources() const;
  // Whose events the source brings: as configured, else that of the first event that named one.
  // Empty: no event has.
  const std::string& tenant(uint32_t source) const { return tenants_.of(source); }

  // REQUIRES: the batch of the step before is in the store.
  // Ends the step at business time `now` (with clock_by_events: at most; the proofs of the sources
  // bound it). Fills *batch (cleared first), but for step_entries(), whose segments are put beside
  // (PutSegments).
  absl::StatusOr<StepResult> FinishStep(absl::Time now, WriteBatch* batch);
  // The step is to be finished before more is offered: it keeps as many causes or entities as it
  // may.
  bool IsStepFull() const { return causes_.IsFull() || reaches_.IsFull() || entities_.IsFull(); }

  // To be called when the last step's batch is in the store: the metrics count what is durable.
  void CountDurable();
  // The entries that the last FinishStep decided, ascending.
  const std::shared_ptr<const EntryBlock>& step_entries() const { return entries_; }
  // When a seal may become due next by the clock alone; InfiniteFuture: none waits for it.
  absl::Time NextSealTime() const;
  absl::Time now() const { return now_; }

  // ---- Reading, between steps ----
  // Values of every KPI in the periods that targets and rules look at (where none does, by day and
  // month), open ones as they stand, for subjects with data or a target; by KPI, subject, begin.
  absl::StatusOr<std::vector<PeriodValue>> Values();
  // The reading of one KPI, subject and period.
  absl::StatusOr<PeriodValue> ReadValue(KpiIndex kpi, SubjectId subject, const Period& period);
  // The open and the last sealed period of every exposed series, for /metrics; at most `limit`.
  KpiSamples ReadSamples(size_t limit);
  uint64_t last_seq() const { return next_seq_ - 1; }
  // How often a rule was evaluated since this process knows it.
  uint64_t evaluations(RuleIndex rule) const { return evaluations_[rule]->value(); }
  const SubjectTable& subjects() const { return subjects_; }
  const IdTable& rule_ids() const { return rule_ids_; }
  std::optional<Day> SealedThrough(KpiIndex kpi) const;
  const DedupWindow& dedup() const { return *dedup_; }
  const FoldCounts& fold_counts() const { return folder_->counts(); }
  // Facts that were left out since the last call.
  Exclusions TakeExclusions() { return folder_->TakeExclusions(); }

 private:
  // core.cc
  void BuildPlans();
  void BuildGroups();
  void AddKnownSubjects();
  void MeetPartition(const Origin& origin, std::span<const PartitionState> partitions);
  void EmitUnknownOwners();
  absl::StatusOr<OfferResult> TakeHeartbeat(const Event& event, const Origin& origin);
  SubjectId ResolveSubject(const Fact& fact);
  SubjectId AddSubject(SubjectKind kind, std::string_view id, Day first_seen,
                       std::string_view home_unit);
  // A fact of `day` concerns the subject.
  void SeeSubject(SubjectId subject, Day day);
  // A fact or heartbeat speaks of `day`: judging begins no later.
  void NoteFirstDay(Day day, SealGroup* group) const;
  // The same for verdicts, whose facts are of other groups.
  void NoteFirstDaysOfParts();
  // The fact waits until that day is sealed.
  void Defer(const PendingEvent& event, const PendingFact& fact, int64_t time_ms, Day until);
  absl::Status ApplyBlock();
  template <int kStage>
  void PrefetchBlock() const;
  absl::Status ApplyEvent(const PendingEvent& event);
  // Adds a fact to its cell, or where that is to wait or to be a correction, does as it must; fact
  // gets the day on which it was booked.
  absl::Status BookFact(const PendingEvent& event, PendingFact* fact, Booking* booking);
  // The same within core.cc, for every fact of every event.
  [[gnu::always_inline]] absl::Status BookHere(const PendingEvent& event, PendingFact& fact,
                                               Booking& booking);
  // Makes it one of the step's events whose ids are kept.
  void NoteEvent(const PendingEvent& event, Booking* booking);
  // Keeps what lines the event that has just changed the cell has made it reach.
  [[gnu::always_inline]] void NoteReach(const PendingEvent& event, KpiIndex kpi,
                                        SeriesTable::Cell* cell, Booking* booking);
  // versions.cc
  // An event whose id is known: the higher sequence counts, else the first (D-12).
  absl::Status ApplyVersion(const PendingEvent& event);
  absl::Status BookVersion(const PendingEvent& event, Booking* booking);
  uint64_t ContentOf(std::span<const Fact> facts, std::span<const EntityFact> entities,
                     int64_t time_ms);
  // entities.cc
  // Keeps what the event says of entities in the block; whether its id is to be kept.
  bool AddChanges(const Event& event, std::span<const EntityFact> entities, PendingEvent* pending);
  // The new states of entities take the places of the ones before (S-19).
  absl::Status ApplyChanges(const PendingEvent& event, Booking* booking);
  absl::Status BookShare(const PendingEvent& event, KpiIndex kpi, bool out, EntityShare* share,
                         Booking* booking);
  absl::Status RollUp();
  absl::Status NoteUnknownOwner(SubjectId subject, Day day);
  // Gives the facts of unknown owners to the units that the org names for those days now.
  absl::Status AttributeAgain();
  absl::Time ArrivalOfStep(absl::Time now) const;
  void Ancestors(SubjectId subject, Day day, std::vector<SubjectId>* ancestors);
  absl::Status WriteState(absl::Time arrival, WriteBatch* batch);
  void WriteDays(WriteBatch* batch);
  void NumberEntries();
  absl::Status RestoreProgress();
  // What a partition's promises mean for each group's days.
  void NotePromises(const Origin& origin);

  // seal.cc
  absl::Status SealDue();
  bool GroupIsDue(SealGroup* group);
  // Whether facts of a KPI that wait for that day are to be booked, its group being sealed so far.
  bool IsDue(const SealGroup& group, uint32_t kpi_id, Day until) const;
  bool CorrectionWaits(const SealGroup& group) const;
  absl::Status SealChunk(SealGroup* group, size_t* budget);
  absl::Status SealSubject(const SealGroup& group, SubjectId subject, Day day);
  absl::Status SealRule(const SealGroup& group, RuleIndex rule, SubjectId subject,
                        const Period& period, std::optional<Decimal> target);
  // Whether the rule is about the period of the subject once it is closed.
  bool IsCovered(RuleIndex rule, SubjectId subject, const Period& period,
                 const std::optional<Decimal>& target) const;
  // Whether it judges it: all of it is known.
  bool IsJudged(RuleIndex rule, SubjectId subject, const Period& period,
                const std::optional<Decimal>& target) const;
  absl::Status CloseOpenLadders(const SealGroup& group, SubjectId subject, Day day);
  void UpdateLateness();
  // The first working day that waits for a source, and since when; `needs`: whether days of the
  // group wait for it; `proofs`: null where there can be none.
  std::optional<std::pair<Day, absl::Time>> FirstLateDay(
      absl::FunctionRef<bool(const SealGroup&)> needs, const SourceCompleteness* proofs) const;
  void TellLateness(const std::string& name, std::optional<std::pair<Day, absl::Time>> late,
                    SourceCompleteness* source);
  absl::Status ApplyDeferred(const SealGroup& group);
  // The periods of `rule` that end with `day` for the subject, with their targets.
  void PeriodsEnding(const Rule& rule, SubjectId subject, Day day,
                     std::vector<std::pair<Period, std::optional<Decimal>>>* periods) const;

  // standing.cc
  // Ends what the ladder's standing records left firing, and forgets how it was told.
  void EndStanding(const Rule& rule, SubjectId subject, absl::Time at, v1::Reason reason,
                   Ladder* ladder);
  // Ends the ladder of whom the rule watches no more by `day`; of a leaver his manager is told too.
  absl::Status EndUncovered(RuleIndex rule, SubjectId subject, Day day, absl::Time at);

  // open_lines.cc
  absl::Status LookAtReached();
  absl::Status LookAtLines(const ReachedCell& reached);
  absl::Status LookAtLine(const ReachedCell& reached, RuleIndex rule, const Period& period);

  // open_periods.cc
  absl::Status EvaluateOpenPeriods();
  void TellOpen(const Rule& rule, SubjectId subject, const Period& period, Level from, Level to,
                const OpenNews& news, OpenLadder* ladder);
  // Looks at the open periods with a target in which nothing was booked up to a working day, when
  // that seals: so much is proven zero.
  absl::Status LookAtSilent(const SealGroup& group, RuleIndex rule, SubjectId subject, Day day);
  absl::Status LookAtSilentPeriod(RuleIndex rule, SubjectId subject, const Period& period, Day day,
                                  Decimal target, absl::Time at);

  // open_changes.cc
  // Whether the rule looks at that open period of the subject, as far as the rulebook says.
  bool LooksAt(RuleIndex rule, SubjectId subject, const Period& period) const;
  // The target that the rule reads in the period; nullopt: it needs none, or there is none.
  std::optional<Decimal> TargetIn(RuleIndex rule, SubjectId subject, const Period& period) const;
  // Judges the open periods again: by a rule that was changed (REASON_RULE_CHANGED) from stored
  // days, else (REASON_THRESHOLD: it is new, or targets are others) by what is there now.
  absl::Status JudgeOpenAgain(const OpenAgain& again);
  absl::Status JudgeOpenAgain(RuleIndex rule, v1::Reason reason, SubjectId subject,
                              const std::vector<Day>& booked);
  absl::Status JudgeOpenAgain(RuleIndex rule, v1::Reason reason, SubjectId subject,
                              const Period& period);
  // The days from `from` on with data of the KPIs, by KPI.
  absl::StatusOr<std::vector<std::vector<Day>>> DaysWithData(SubjectId subject, Day from) const;

  // open_walk.cc
  absl::Status WalkOpenPeriods();
  // Whether the walk may change anything.
  bool MayChange(const OpenWalk& walk, LadderTable::Open* open) const;
  absl::Status Walk(const OpenWalk& walk, WalkCells cells, LadderTable::Open* open);
  void FindCellsBelow();
  void GatherCauses(WalkCells cells);
  void AddCauses(size_t cell, std::vector<uint32_t>* causes) const;

  // pace.cc
  PaceReader pace_reader() const;
  // Since when the best times before `day` of an open period are known.
  Day BestRateFrom(KpiIndex kpi, const Period& period, Day day) const;
  // What the days of the period before `day` say to the rule.
  absl::StatusOr<PaceReading> ReadPace(RuleIndex rule, SubjectId subject, const Period& period,
                                       Day day);
  // Whether the rule looks at the open period when `day` of it seals.
  bool LooksAtPace(RuleIndex rule, SubjectId subject, const Period& period, Day day) const;
  // Looks at the open periods that hold `day`, when that seals.
  absl::Status LookAtPace(RuleIndex rule, SubjectId subject, Day day);
  // Judges the open period from its first day on, and tells where the level is another.
  absl::Status JudgePaceAgain(RuleIndex rule, v1::Reason reason, SubjectId subject,
                              const Period& period);
  absl::Status CorrectPace();
  // Brings the ladder to `state`, and tells where the level is another.
  absl::Status MovePace(RuleIndex rule, SubjectId subject, const Period& period,
                        const LadderState& state, const OpenNews& news);

  // correct.cc
  absl::Status ReplayCorrections();
  // Puts sealed periods into the ladder that count only since the subject's first sight turned out
  // to be earlier, or since the rule covers him, not judged yet; the begin of the first of them,
  // nullopt for none.
  absl::StatusOr<std::optional<Day>> AddUnjudged(RuleIndex rule, SubjectId subject);
  absl::Status ReplayRule(RuleIndex rule, SubjectId subject, Day day);
  // Tells that the ladder, which stood at `before`, stands elsewhere since records[at].
  // `old`: the records before; they say what a corrected period had said.
  absl::Status EmitRederived(const Rule& rule, SubjectId subject, size_t at, Level before,
                             v1::Reason reason, const std::vector<SealedRecord>& old,
                             Ladder* ladder);
  // What was said of the record's period, and the late event that corrected it.
  void FillRestated(const Rule& rule, SubjectId subject, const SealedRecord& record,
                    const std::vector<SealedRecord>& old, v1::Transition* transition);
  // The same for a rule on targets: each standing record whose level is not that of `before`.
  absl::Status EmitRederivedTargets(const Rule& rule, SubjectId subject,
                                    const std::vector<SealedRecord>& before, v1::Reason reason,
                                    Ladder* ladder);
  // Seals records[from..] of the ladder again; the state before them is the one stored there. The
  // first record with another level than before; records.size(): none.
  absl::StatusOr<size_t> ReplayRecords(const Rule& rule, SubjectId subject, size_t from,
                                       Ladder* ladder);

  // kpi_changes.cc
  // Notes which days the KPIs do not measure. `known`: how many numbers of KPIs were given before.
  void TakeKpiChanges(size_t known);
  // Whether every day of the period is known: else nothing is judged by it.
  bool IsMeasured(KpiIndex kpi, const Period& period) const;
  // What the period of the record says, or said when it was judged, where the KPI is another since.
  absl::StatusOr<KpiReading> ReadRecord(const Rule& rule, SubjectId subject,
                                        const SealedRecord& record);
  // The business moment of what no event does: now, or before anything is proven the newest record.
  absl::Time Moment() const;

  // rule_changes.cc
  // Ladders of rules that are gone or read differently since the rulebook before.
  absl::Status TakeRuleChanges();
  absl::Status TakeGoneRules(const std::set<uint32_t>& gone, const OpenAgain& changed);
  // Ends what stands on open periods that no rule looks at any more: those of rules that are gone,
  // and of `again`, which are judged again elsewhere.
  absl::Status EndOpen(const std::set<uint32_t>& gone, const OpenAgain& again);
  void EndLeft(const LeftFiring& left, v1::Reason reason, const Told& how);
  // Judges the sealed periods of the correction window again by a rule that was changed, those that
  // it newly covers too, and forgets those that it does not cover any more. A new rule begins
  // there.
  absl::Status RederiveLadder(RuleIndex rule, v1::Reason reason, SubjectId subject);

  // transitions.cc
  absl::StatusOr<KpiReading> ReadFor(const Rule& rule, SubjectId subject, const Period& period,
                                     std::optional<Decimal> target, std::optional<int> capacity);
  // `since_ms`: when the episode that leaves `from` began; 0: not known. Valid until the next call.
  v1::Transition& NewTransition(const Rule& rule, SubjectId subject, const Period& period,
                                Level from, Level to, v1::Reason reason, absl::Time at,
                                int64_t since_ms);
  // Which of the records made the ladder fire as it stands: the last one whose period calls for
  // `level` or a graver one by itself. None of them, as the window begins later: the last.
  absl::StatusOr<size_t> FiredAt(const Rule& rule, SubjectId subject, Level level,
                                 const std::vector<SealedRecord>& records);
  // Adds the recipients, tasks and grants of the new level to the transition, and notes in *told
  // how it is told; on the way down tells those who were told. `not_sent`: it is recorded only, and
  // opens nothing.
  void FillConsequences(const Rule& rule, SubjectId subject, const Period& period, Level from,
                        Level to, absl::Time at, std::string_view not_sent, Told* told,
                        v1::Transition* transition);
  // Gives it its number. What is emitted between steps belongs to the next.
  void Emit(v1::Transition* transition);
  // Why a fire of the period may not be sent; empty: it may.
  std::string_view HoldOf(const Period& period, CalendarIndex calendar) const;

  const CoreOptions options_;
  StateStore* const store_;
  const std::string uuid_;
  EngineMetrics* const metrics_;
  absl::Time live_from_ = absl::InfinitePast();
  absl::Time now_ = absl::InfinitePast();
  uint64_t step_ = 0;  // the last one that was finished
  uint64_t next_seq_ = 1;

  std::shared_ptr<const Rulebook> rulebook_;
  IdTable kpi_ids_{'k'}, rule_ids_{'r'};
  SubjectTable subjects_;
  std::unique_ptr<DedupWindow> dedup_;
  std::unique_ptr<VersionTable> versions_;
  EntityTable entities_;
  std::unique_ptr<WaitingFacts> waiting_;
  std::vector<Contribution> contributions_;  // of one event, reused
  std::string content_;                      // of one event, reused
  std::unique_ptr<BucketLoader> loader_;
  TargetsRecord targets_record_;
  std::unique_ptr<SeriesTable> series_;
  std::unique_ptr<SampleBook> samples_;
  std::unique_ptr<LadderTable> ladders_;
  std::unique_ptr<Folder> folder_;
  std::unique_ptr<KpiViewer> viewer_;
  std::vector<SourceCompleteness> completeness_;
  // Of sources that nobody reads now: KPIs name them, or they were late or read before.
  std::map<std::string, SourceCompleteness> unread_;
  SourceTenants tenants_;
  ReadProgress progress_;

  // Derived from the rulebook.
  std::vector<uint32_t> kpi_id_of_;  // stored numbers, by KpiIndex
  std::vector<KpiIndex> kpi_of_id_;  // the other way; UINT32_MAX: not in this rulebook
  std::vector<uint32_t> rule_id_of_;
  RulePlans plans_;
  std::vector<Counter*> evaluations_;       // by rule
  std::vector<uint64_t> open_evaluations_;  // by rule, not yet counted there
  // Last day that a partition has promised to be complete, by source, partition and group.
  std::vector<std::vector<std::vector<Day>>> promised_;
  std::vector<uint32_t> group_of_kpi_;
  std::vector<SealGroup> groups_;

  // The present step.
  WriteBatch names_;  // numbers given since the last step
  ToldLog told_log_{&names_};
  MeasuredDays measured_;
  std::vector<PendingEvent> block_;
  std::vector<PendingFact> block_facts_;
  std::vector<PendingChange> block_changes_;
  EntityNews entity_news_;  // of one change, reused
  IdBytes block_ids_;
  CauseLog causes_;
  ReachLog reaches_;
  CorrectionLog corrections_;
  std::shared_ptr<const EntryBlock> entries_ = EntryBlockBuilder().Take();
  EntryBlockBuilder emitted_;  // decided since the last FinishStep
  v1::Transition transition_;  // the one being made; kept for its memory
  std::vector<v1::DeadLetter> pending_letters_;
  UnknownOwners unknown_owners_;
  std::vector<SubjectId> seen_earlier_;  // since the last step, where no org is given
  std::vector<SubjectId> ancestors_;
  DayBegins day_begins_;
  std::vector<ReachedCell> reached_;
  std::vector<const ReachLog::Reach*> cell_reaches_;  // of one cell, in applied order
  OpenWalks walks_;
  size_t offered_ = 0;
  bool more_ = false;
  RecordCounts counts_;
};

}  // namespace kpiwatch
