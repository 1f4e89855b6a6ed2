#include "daemon/engine/engine.h"

#include <algorithm>
#include <future>
#include <span>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/engine/data_alert_log.h"
#include "daemon/engine/dead_letter_reasons.h"
#include "fmt/format.h"

namespace kpiwatch {

Engine::Engine(Options options, StateStore* store, std::string store_uuid, const Clock* clock,
               std::vector<Source> sources, EngineMetrics* metrics)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      forward_clock_(clock, metrics),
      metrics_(metrics),
      outbox_(store),
      core_(options_.core, store, std::move(store_uuid), metrics),
      committer_(store, metrics, options_.commit_beside),
      log_limiter_(clock, absl::Minutes(1)) {
  KPIWATCH_CHECK(sources.size() == options_.core.sources->size(),
                 "the core and the engine number sources alike");
  for (const std::string_view reason : dead_letter::kReasons) {
    metrics_->dead_letters.Show({reason});
  }
  for (Source& source : sources) {
    metrics_->source_late.With({source.options->name});  // shown before it happens
    SourceState state;
    state.batch = source.source->NewBatch();
    state.source = std::move(source);
    sources_.push_back(std::move(state));
  }
}

Engine::~Engine() = default;

absl::Status Engine::Start(std::shared_ptr<const Rulebook> rulebook,
                           const std::vector<ChannelId>& channels) {
  KPIWATCH_RETURN_IF_ERROR(core_.Restore(std::move(rulebook), clock_->Now()));
  forward_clock_.Restore(core_.now());
  KPIWATCH_RETURN_IF_ERROR(outbox_.Restore(core_.last_seq()));
  KPIWATCH_RETURN_IF_ERROR(
      decision_times_.Restore(*store_, core_.last_seq(), forward_clock_.Now()));
  for (const GoneChannel& gone : outbox_.SetChannels(channels)) {
    if (options_.channel_gone) {
      options_.channel_gone(gone);
    }
  }
  KPIWATCH_RETURN_IF_ERROR(MakeDecoders());
  for (SourceState& state : sources_) {
    KPIWATCH_RETURN_IF_ERROR(
        state.source.source->Start(core_.progress().Positions(state.source.options->name)));
  }
  for (const SourceState& state : sources_) {
    if (options_.core.clock_by_events &&
        state.source.options->complete_by == CompleteBy::kCaughtUp) {
      Log(LogLevel::kWarn,
          "with `clock: events` time moves by heartbeats alone: until this source sends one, no "
          "day "
          "of its KPIs is judged",
          {{"source", state.source.options->name}});
    }
  }
  NoteRulebook();
  metrics_->last_reload_successful.Set(1);
  metrics_->last_reload_success_timestamp.Set(
      absl::ToDoubleSeconds(clock_->Now() - absl::UnixEpoch()));
  return absl::OkStatus();
}

void Engine::NoteRulebook() {
  const std::vector<Kpi>& kpis = core_.rulebook().kpis;
  for (const Kpi& kpi : kpis) {
    if (kpi.type == KpiType::kSimple && kpi.measure.kind != MeasureKind::kCount &&
        kpi.measure.kind != MeasureKind::kShare) {
      metrics_->facts_excluded.Show({kpi.name, "no_measure"});
      if (!kpi.currency.empty()) {
        metrics_->facts_excluded.Show({kpi.name, "currency"});
        metrics_->facts_excluded.Show({kpi.name, "binary_money"});
      }
    }
  }
  for (const Rule& rule : core_.rulebook().rules) {
    metrics_->rule_evaluation_failures.Show({rule.name});
  }
  exposes_series_ = std::any_of(kpis.begin(), kpis.end(), [](const Kpi& kpi) {
    return kpi.expose_units || kpi.expose_people;
  });
}

absl::Status Engine::MakeDecoders() {
  for (SourceState& state : sources_) {
    const SourceOptions& options = *state.source.options;
    const FieldPlan* const plan = &core_.rulebook().fields;
    KPIWATCH_ASSIGN_OR_RETURN(
        state.decoder, options.log ? MakeLogDecoder(options, plan) : MakeDecoder(options, plan));
  }
  return absl::OkStatus();
}

absl::Status Engine::Run() {
  absl::Status status;
  while (status.ok() && !stop_) {
    const absl::StatusOr<bool> worked = RunOnce();
    status = worked.status();
  }
  if (status.ok()) {
    status = AwaitCommit();
  }
  requests_.Close();
  step_requests_.Close();
  RunRequests();
  return status;
}

void Engine::Stop() {
  stop_ = true;
  for (SourceState& state : sources_) {
    state.source.source->Wake();
  }
}

absl::StatusOr<bool> Engine::RunOnce() {
  RunRequests();
  const absl::Time begin = absl::Now();
  bool read = false;
  if (outbox_.length() < options_.max_outbox) {
    KPIWATCH_ASSIGN_OR_RETURN(read, ReadSources(begin, !more_to_seal_));
  } else {
    if (log_limiter_.Pass("outbox")) {
      Log(LogLevel::kWarn, "the outbox is full: reading waits for the channels",
          {{"entries", outbox_.length()}});
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  KPIWATCH_ASSIGN_OR_RETURN(const bool changed, FinishStep());
  return read || changed;
}

absl::StatusOr<bool> Engine::FinishStep() {
  KPIWATCH_RETURN_IF_ERROR(AwaitCommit());
  const absl::Time now = forward_clock_.Now();
  bool ready = true;
  for (uint32_t s = 0; s < sources_.size(); ++s) {
    EventSource& source = *sources_[s].source.source;
    const bool source_ready = source.ready();
    ready = ready && source_ready;
    if (!std::exchange(sources_[s].polled, false)) {
      continue;  // how far it goes is not news
    }
    SourceCompleteness& completeness = core_.completeness(s);
    if (completeness.WantsEnds()) {
      completeness.EndsAsked(source.AskEnds());
    }
    completeness.Update(now, source.partitions(), source_ready);
  }
  ready_ = ready;
  const absl::Time begin = absl::Now();
  WriteBatch& batch = batches_[batch_];
  KPIWATCH_ASSIGN_OR_RETURN(const StepResult result, core_.FinishStep(now, &batch));
  NoteEvaluations(begin);
  more_to_seal_ = result.more_to_seal;
  outbox_.AddChanges(&batch);
  MeasureOutbox(now, &batch);
  if (batch.empty()) {
    return false;
  }
  committed_positions_.clear();
  for (uint32_t s = 0; s < sources_.size(); ++s) {
    std::vector<StoredPosition> positions;
    const std::span<const PartitionState> partitions = sources_[s].source.source->partitions();
    for (size_t p = 0; p < partitions.size() && p < sources_[s].stored.size(); ++p) {
      positions.push_back({partitions[p].id, sources_[s].stored[p]});
    }
    committed_positions_.emplace_back(s, std::move(positions));
  }
  committing_ = true;
  batch_ = 1 - batch_;
  committer_.Submit(&batch, core_.step_entries(), [this, entries = core_.step_entries()] {
    const int64_t now_ms = absl::ToUnixMillis(absl::Now());
    for (size_t i = 0; i < entries->size(); ++i) {
      const EntryHead& head = entries->head(i);
      if (head.is_data_alert) {
        NoteDataAlert(entries->entry(i).transition(), metrics_);
      }
      if (head.cause_ms > 0) {
        metrics_->event_to_alert_seconds.Observe(static_cast<double>(now_ms - head.cause_ms) /
                                                 1000);
      }
    }
    outbox_.Publish(entries);
  });
  return true;
}

void Engine::MeasureOutbox(absl::Time now, WriteBatch* batch) {
  if (const EntryBlock& decided = *core_.step_entries(); decided.size() > 0) {
    decision_times_.Note(decided.head(0).seq, decided.head(decided.size() - 1).seq, now);
  }
  const Outbox::Waiting waiting = outbox_.waiting();
  decision_times_.AddChanges(waiting.first, now, batch);
  metrics_->outbox_length.Set(static_cast<double>(waiting.count));
  const absl::Duration age =
      waiting.count == 0 ? absl::ZeroDuration() : now - decision_times_.Of(waiting.first);
  metrics_->outbox_oldest_seconds.Set(absl::ToDoubleSeconds(std::max(age, absl::ZeroDuration())));
}

absl::Status Engine::AwaitCommit() {
  const bool wrote = std::exchange(committing_, false);
  // A write that failed stays an error: nothing may go on after it.
  KPIWATCH_RETURN_IF_ERROR(committer_.Wait());
  if (!wrote) {
    return absl::OkStatus();
  }
  core_.CountDurable();
  TellExclusions();
  for (const auto& [s, positions] : committed_positions_) {
    sources_[s].source.source->Committed(positions);
  }
  return absl::OkStatus();
}

void Engine::TellExclusions() {
  for (const auto& [what, exclusion] : core_.TakeExclusions()) {
    const std::string& kpi = core_.rulebook().kpis[what.first].name;
    metrics_->facts_excluded.With({kpi, what.second}).Add(exclusion.facts);
    if (const auto held_back = log_limiter_.Pass(fmt::format("excluded/{}/{}", kpi, what.second))) {
      Log(LogLevel::kWarn, "a KPI could not take what an event brought",
          {{"kpi", kpi},
           {"reason", what.second},
           {"event", exclusion.example},
           {"facts", exclusion.facts},
           {"more", *held_back}});
    }
  }
}

void Engine::NoteEvaluations(absl::Time begin) {
  const size_t rules = core_.rulebook().rules.size();
  evaluation_counts_.resize(rules);
  last_evaluations_.resize(rules, {absl::InfinitePast(), absl::ZeroDuration()});
  const absl::Duration took = absl::Now() - begin;
  bool any = false;
  for (RuleIndex r = 0; r < rules; ++r) {
    const uint64_t count = core_.evaluations(r);
    if (count != evaluation_counts_[r]) {
      evaluation_counts_[r] = count;
      last_evaluations_[r] = {begin, took};
      any = true;
    }
  }
  if (any) {
    metrics_->rule_evaluation_seconds.Observe(absl::ToDoubleSeconds(took));
  }
}

absl::Status Engine::Reload(std::shared_ptr<const Rulebook> rulebook,
                            std::vector<ChannelId> channels) {
  absl::Status status = absl::UnavailableError("the engine is busy or has stopped");
  Ask(&step_requests_, [&] {
    status = [&]() -> absl::Status {
      // What was read under the old rules is judged by them, and is durable before the new ones.
      KPIWATCH_RETURN_IF_ERROR(FinishStep().status());
      KPIWATCH_RETURN_IF_ERROR(AwaitCommit());
      KPIWATCH_RETURN_IF_ERROR(core_.SetRulebook(rulebook));
      evaluation_counts_.clear();
      last_evaluations_.clear();
      KPIWATCH_RETURN_IF_ERROR(MakeDecoders());
      outbox_.SetChannels(channels);
      NoteRulebook();
      if (options_.rulebook_entered) {
        options_.rulebook_entered(rulebook);
      }
      return absl::OkStatus();
    }();
  });
  return status;
}

absl::Status Engine::WriteLastAcknowledgements() {
  WriteBatch batch;
  outbox_.AddChanges(&batch);
  return batch.empty() ? absl::OkStatus() : store_->Write(batch);
}

void Engine::RunAll(Requests* requests) {
  std::vector<std::function<void()>> taken;
  requests->PopAll(&taken, absl::ZeroDuration());
  for (const std::function<void()>& request : taken) {
    request();
  }
}

void Engine::RunRequests() {
  RunAll(&requests_);
  RunAll(&step_requests_);
}

bool Engine::Ask(Requests* requests, std::function<void()> request) const {
  if (!options_.commit_beside) {
    request();  // everything is on one thread
    return true;
  }
  // Shared with the queue: the asker may be gone before the engine has let go of it.
  auto done = std::make_shared<std::promise<void>>();
  std::future<void> finished = done->get_future();
  if (!requests->TryPush([&request, done] {
        request();
        done->set_value();
      })) {
    return false;
  }
  for (const SourceState& state : sources_) {
    state.source.source->Wake();
  }
  finished.wait();
  return true;
}

}  // namespace kpiwatch
