// The loop of the daemon: poll → decode → fold → apply → evaluate → commit → hand over. Knows ports
// only.
//
// Operation: a step takes what the sources have, at most Options::max_step_events or
// max_step_time's worth of it: large steps while catching up, shorter ones towards the end of a
// backlog, small ones of at least min_step_time while live. Its batch is written beside the next
// step's reading. Entries reach the outbox's readers when they are durable.
// Concurrency: Run on one thread; everything of EngineReadView, Reload and Stop from any thread.
// What others ask for is done by Run: at once between two polls where any moment will do, else
// between two steps (a step ends early then); at most kMaxRequests at once. A request beyond that,
// or after Run has ended, gets an empty answer; one before Run begins waits for it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/base/bounded_queue.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/engine/committer.h"
#include "daemon/engine/core.h"
#include "daemon/engine/decision_times.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/engine/forward_clock.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/read_view.h"
#include "daemon/ingest/decoder.h"
#include "daemon/ingest/event_source.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class Engine final : public EngineReadView {
 public:
  struct Options {
    CoreOptions core;
    size_t max_step_events = 800'000;   // polls that are under way are taken whole
    size_t least_step_events = 50'000;  // where there are as many
    absl::Duration max_step_time = absl::Milliseconds(1000);
    // While live a step gathers for so long before it ends: each costs a synced write, and a few
    // milliseconds are nothing to a person who is told. Only with commit_beside.
    absl::Duration min_step_time = absl::Milliseconds(5);
    size_t poll_records = 10'000;
    absl::Duration idle_wait = absl::Milliseconds(50);
    uint64_t max_outbox = 2'000'000;  // entries; beyond it nothing is read until channels catch up
    // False: one thread does everything and calls RunOnce itself, as simulations do.
    bool commit_beside = true;
    // Called on the engine's thread when another rulebook has entered.
    std::function<void(std::shared_ptr<const Rulebook>)> rulebook_entered;
    // Called by Start for each channel that the last run's rules named and `channels` do not, where
    // something waited for it; null: nobody asks.
    std::function<void(const GoneChannel&)> channel_gone;
    // The dead letters that were written down, for the API; null: none.
    std::function<absl::StatusOr<DeadLetterPage>(uint64_t after, size_t limit)> dead_letters;
  };
  struct Source {
    std::string kind;  // "kafka", "log", "file"
    std::unique_ptr<EventSource> source;
    const SourceOptions* options = nullptr;  // borrowed
  };
  static constexpr size_t kMaxRequests = 256;

  // Everything but the sources is borrowed.
  Engine(Options options, StateStore* store, std::string store_uuid, const Clock* clock,
         std::vector<Source> sources, EngineMetrics* metrics);
  ~Engine() override;

  // Restores the state and starts the sources. Errors: the store's, a source's configuration.
  absl::Status Start(std::shared_ptr<const Rulebook> rulebook,
                     const std::vector<ChannelId>& channels);
  // Works until Stop or a fatal error; on a stop commits what is under way.
  absl::Status Run();
  // One round of Run: true when something was done.
  absl::StatusOr<bool> RunOnce();
  void Stop();
  // Writes acknowledgements that came after Run had ended. REQUIRES: Run has ended.
  absl::Status WriteLastAcknowledgements();

  // Lets another rulebook in between two steps; `channels` are its channels. Returns when it is in.
  absl::Status Reload(std::shared_ptr<const Rulebook> rulebook, std::vector<ChannelId> channels);

  Outbox& outbox() { return outbox_; }
  Core& core() { return core_; }

  bool ready() const override { return ready_.load(); }
  absl::Time Now() const override;
  std::vector<RuleView> Rules() const override;
  AlertPage Alerts(const AlertQuery& query) const override;
  std::vector<SourceView> Sources() const override;
  KpiSamples Samples(size_t limit) const override;
  absl::StatusOr<DeadLetterPage> DeadLetters(uint64_t after, size_t limit) const override;

 private:
  struct SourceState {
    Source source;
    std::unique_ptr<RecordBatch> batch;
    std::unique_ptr<Decoder> decoder;
    std::vector<int64_t> stored;  // positions as of the last step, by partition
    absl::Status error;           // of the last Poll
    bool polled = false;          // in this step
    std::vector<bool> failed;     // partitions whose failure was logged
  };

  absl::Status MakeDecoders();
  void NoteRulebook();
  absl::StatusOr<bool> ReadSources(absl::Time step_begin, bool may_wait);
  absl::Status PollSource(uint32_t source, absl::Duration max_wait);
  absl::Status TakeBatch(uint32_t source);
  absl::Status TakeRecord(uint32_t source, const Record& record);
  void DeadLetterOf(uint32_t source, const Record& record, std::string_view reason,
                    std::string_view message);
  // How many records the step may take: half of what waits, so that the last steps of a backlog are
  // short and what they decide is seen soon after it was read.
  size_t StepLimit() const;
  absl::StatusOr<bool> FinishStep();
  absl::Status AwaitCommit();
  // How much waits in the outbox, and how long the first of it has.
  void MeasureOutbox(absl::Time now, WriteBatch* batch);
  void NoteFailedPartitions(SourceState* state);
  void NoteEvaluations(absl::Time begin);
  // Facts that a KPI could not take: counted, and said in the log.
  void TellExclusions();
  // Requests that may run at any moment, and those that see the state as of a step's end.
  using Requests = BoundedQueue<std::function<void()>>;
  static void RunAll(Requests* requests);
  void RunRequests();
  bool Ask(Requests* requests, std::function<void()> request) const;

  const Options options_;
  StateStore* const store_;
  const Clock* const clock_;
  ForwardClock forward_clock_;  // what seals and windows go by
  EngineMetrics* const metrics_;
  Outbox outbox_;
  DecisionTimes decision_times_;  // of the outbox's entries
  mutable Core core_;  // reading loads what is not in memory; on the engine's thread only
  std::vector<SourceState> sources_;
  Committer committer_;
  WriteBatch batches_[2];
  size_t batch_ = 0;
  bool committing_ = false;
  bool more_to_seal_ = false;
  size_t step_events_ = 0;
  bool first_records_ = false;  // were taken, and the log says when
  std::vector<std::pair<uint32_t, std::vector<StoredPosition>>> committed_positions_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> exposes_series_ = false;  // to /metrics, by some KPI
  std::atomic<bool> stop_ = false;
  mutable Requests requests_{kMaxRequests};       // at any moment
  mutable Requests step_requests_{kMaxRequests};  // between two steps
  std::vector<uint64_t> evaluation_counts_;       // by rule, as of the last step
  std::vector<std::pair<absl::Time, absl::Duration>> last_evaluations_;
  LogLimiter log_limiter_;
};

}  // namespace kpiwatch
