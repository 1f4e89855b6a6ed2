// How the engine takes records in: from the sources, through their decoders, into the core or to
// the dead letters.
#include <algorithm>
#include <span>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/engine/dead_letter_reasons.h"
#include "daemon/engine/engine.h"
#include "daemon/ingest/frame.h"
#include "daemon/model/heartbeat.h"

namespace kpiwatch {

namespace {

// Whether a record may hold several events: a batch, behind whatever frame, or rows of CSV.
bool MayHoldSeveral(const SourceOptions& source, std::string_view value) {
  constexpr std::string_view kBlanks = " \t\r\n";
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  std::string_view text;
  if (!StripFrame(value, &text).ok()) {
    return false;
  }
  if (text.starts_with(kUtf8Mark)) {
    text.remove_prefix(kUtf8Mark.size());
  }
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || text[first] == '[') {
    return first != std::string_view::npos;
  }
  if (source.format != SourceFormat::kCsv || source.log) {
    return false;
  }
  const size_t line_end = text.find('\n', first);
  return line_end != std::string_view::npos &&
         text.find_first_not_of(kBlanks, line_end) != std::string_view::npos;
}

}  // namespace

absl::StatusOr<bool> Engine::ReadSources(absl::Time step_begin, bool may_wait) {
  step_events_ = 0;
  bool any = false;
  bool full = true;
  bool gathered = !options_.commit_beside;
  const size_t most = StepLimit();
  while (full && step_events_ < most && !core_.IsStepFull() && !stop_ &&
         step_requests_.size() == 0 && absl::Now() - step_begin < options_.max_step_time) {
    full = false;
    RunAll(&requests_);
    for (uint32_t s = 0; s < sources_.size(); ++s) {
      const bool wait = may_wait && !any && !committing_ && s + 1 == sources_.size();
      KPIWATCH_RETURN_IF_ERROR(PollSource(s, wait ? options_.idle_wait : absl::ZeroDuration()));
      const size_t count = sources_[s].batch->records().size();
      any = any || count > 0;
      full = full || 2 * count >= options_.poll_records;
      KPIWATCH_RETURN_IF_ERROR(TakeBatch(s));
    }
    if (!any && committing_) {
      // Nothing to fold while the last step is written: wait for that instead of spinning.
      KPIWATCH_RETURN_IF_ERROR(AwaitCommit());
    }
    if (any && !full && !gathered) {
      absl::SleepFor(options_.min_step_time);
      full = gathered = true;  // one more round
    }
  }
  return any;
}

size_t Engine::StepLimit() const {
  int64_t backlog = 0;
  for (const SourceState& state : sources_) {
    for (const PartitionState& partition : state.source.source->partitions()) {
      backlog += std::max<int64_t>(0, partition.end - partition.position);
    }
  }
  return std::clamp(static_cast<size_t>(backlog / 2),
                    std::min(options_.least_step_events, options_.max_step_events),
                    options_.max_step_events);
}

// A source that cannot be read now is not an error: it is said, and asked again.
absl::Status Engine::PollSource(uint32_t s, absl::Duration max_wait) {
  SourceState& state = sources_[s];
  state.batch->Clear();
  state.error = state.source.source->Poll(options_.poll_records, max_wait, state.batch.get());
  if (state.error.ok()) {
    state.polled = true;
    return absl::OkStatus();
  }
  if (!absl::IsUnavailable(state.error)) {
    return state.error;
  }
  if (log_limiter_.Pass("poll/" + state.source.options->name)) {
    Log(LogLevel::kWarn, "a source cannot be read now",
        {{"source", state.source.options->name}, {"error", state.error}});
  }
  return absl::OkStatus();
}

absl::Status Engine::TakeBatch(uint32_t s) {
  SourceState& state = sources_[s];
  for (const Record& record : state.batch->records()) {
    KPIWATCH_RETURN_IF_ERROR(TakeRecord(s, record));
  }
  step_events_ += state.batch->records().size();
  if (!first_records_ && !state.batch->records().empty()) {
    first_records_ = true;
    Log(LogLevel::kInfo, "first records", {{"source", state.source.options->name}});
  }
  const std::span<const PartitionState> partitions = state.source.source->partitions();
  state.stored.resize(partitions.size(), -1);
  for (size_t p = 0; p < partitions.size(); ++p) {
    if (partitions[p].position != state.stored[p]) {
      state.stored[p] = partitions[p].position;
      core_.progress().SetPosition(state.source.options->name, partitions[p]);
    }
  }
  NoteFailedPartitions(&state);
  state.batch->Clear();
  return absl::OkStatus();
}

absl::Status Engine::TakeRecord(uint32_t s, const Record& record) {
  SourceState& state = sources_[s];
  if (record.tombstone) {
    return absl::OkStatus();
  }
  const std::span<const PartitionState> partitions = state.source.source->partitions();
  const Origin origin{s, record.partition, record.timestamp_ms};
  absl::Status offered;
  std::string_view refused;
  std::string why;
  const auto offer = [&](const Event& event) {
    const absl::StatusOr<OfferResult> result = core_.Offer(event, origin, partitions);
    if (!result.ok()) {
      offered = result.status();
    } else if (*result == OfferResult::kNoTime) {
      refused = dead_letter::kNoTime;
      why = "neither the event nor its record has a time";
    } else if (*result == OfferResult::kTenant) {
      refused = dead_letter::kTenant;
      why = "the event belongs to another tenant than '" + core_.tenant(s) +
            "', whose source this is";
    } else if (*result == OfferResult::kTooOld) {
      refused = dead_letter::kTooOld;
      why = "recorded before the window of known ids begins";
    } else if (*result == OfferResult::kNoPromise) {
      refused = dead_letter::kDecode;
      why = MessageOf(
          ReadCompleteUntil(event.fields[core_.rulebook().heartbeat_until.value()]).status());
    } else if (*result == OfferResult::kImplausible) {
      refused = dead_letter::kImplausible;
      why = "the event's time, or what a heartbeat promises, is not between 1980 and 2199";
    }
  };
  // A record with several events is taken whole or not at all.
  absl::Status decoded;
  if (MayHoldSeveral(*state.source.options, record.value)) {
    decoded = state.decoder->Decode(*state.batch, record, [](const Event&) {});
  }
  if (decoded.ok()) {
    decoded = state.decoder->Decode(*state.batch, record, offer);
  }
  KPIWATCH_RETURN_IF_ERROR(offered);
  if (!decoded.ok()) {
    DeadLetterOf(s, record, dead_letter::kDecode, MessageOf(decoded));
  } else if (!refused.empty()) {
    DeadLetterOf(s, record, refused, why);
  }
  return absl::OkStatus();
}

void Engine::DeadLetterOf(uint32_t s, const Record& record, std::string_view reason,
                          std::string_view message) {
  const SourceState& state = sources_[s];
  const PartitionId& partition = state.source.source->partitions()[record.partition].id;
  constexpr size_t kMostBytes = 1 << 20;
  v1::DeadLetter letter;
  letter.set_source(state.source.options->name);
  letter.set_topic(partition.topic);
  letter.set_partition(partition.partition);
  letter.set_offset(record.offset);
  letter.set_reason(std::string(reason));
  letter.set_message(std::string(message));
  letter.set_key(std::string(record.key.substr(0, kMostBytes)));
  letter.set_value(std::string(record.value.substr(0, kMostBytes)));
  letter.set_timestamp_unix_ms(record.timestamp_ms == kNoTime ? 0 : record.timestamp_ms);
  if (state.source.options->kafka) {
    letter.set_dead_letter_topic(state.source.options->kafka->dead_letter_topic);
  }
  metrics_->ingest_records
      .With({partition.topic.empty() ? state.source.options->name : partition.topic, "dead_letter"})
      .Add();
  if (const auto held_back = log_limiter_.Pass("letter/" + letter.source())) {
    Log(LogLevel::kWarn, "a record could not be taken",
        {{"source", letter.source()},
         {"topic", letter.topic()},
         {"partition", letter.partition()},
         {"offset", letter.offset()},
         {"reason", reason},
         {"error", message},
         {"more", *held_back}});
  }
  core_.AddDeadLetter(std::move(letter));
}

void Engine::NoteFailedPartitions(SourceState* state) {
  const std::span<const PartitionState> partitions = state->source.source->partitions();
  state->failed.resize(partitions.size());
  for (size_t p = 0; p < partitions.size(); ++p) {
    if (partitions[p].failed && !state->failed[p]) {
      Log(LogLevel::kError, "a partition has stopped and is not read any more",
          {{"source", state->source.options->name},
           {"topic", partitions[p].id.topic},
           {"partition", partitions[p].id.partition},
           {"position", partitions[p].position},
           {"error", partitions[p].error}});
    }
    state->failed[p] = partitions[p].failed;
  }
}

}  // namespace kpiwatch
