#include "daemon/kpictl/send.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/decoder.h"
#include "daemon/kpictl/bad_records.h"
#include "daemon/kpictl/event_json.h"
#include "daemon/kpictl/event_sink.h"
#include "daemon/kpictl/input_files.h"
#include "daemon/kpictl/load_config.h"
#include "daemon/kpictl/progress_bar.h"
#include "daemon/kpictl/read_records.h"
#include "daemon/kpictl/scenario_time.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kOwnerPath = "data.owner_id";

void Wait(absl::Duration duration) {
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(duration));
}

// Every field that the events of `source` get: those of its map, or what a key is made of.
FieldPlan PlanOf(const SourceOptions& source) {
  FieldPlan plan;
  std::set<std::string> paths = {std::string(kOwnerPath)};
  for (const MapField& field : source.map) {
    if (field.target.starts_with("data.")) {
      paths.insert(field.target);
    }
  }
  for (const std::string& path : paths) {
    plan.Add(path);
  }
  return plan;
}

bool IsCloudEventJson(std::string_view record) {
  return record.starts_with('{') && record.find("\"specversion\"") != record.npos;
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream in(path);
  std::string token(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    return absl::NotFoundError(fmt::format("cannot read the token file {}", path));
  }
  const size_t end = token.find_last_not_of(" \t\r\n");
  token.erase(end == token.npos ? 0 : end + 1);
  if (token.empty()) {
    return absl::InvalidArgumentError(fmt::format("the token file {} is empty", path));
  }
  return token;
}

absl::StatusOr<std::unique_ptr<EventSink>> MakeSink(const SendOptions& options,
                                                    const SourceOptions& source, const Clock* clock,
                                                    std::ostream& err) {
  std::string token;
  if (!options.token_file.empty()) {
    KPIWATCH_ASSIGN_OR_RETURN(token, ReadToken(options.token_file));
  }
  Patience patience{.sleep = &Wait,
                    .clock = clock,
                    .tell =
                        [&err](std::string_view what) {
                          err << fmt::format("kpictl send: {}\n", what) << std::flush;
                        },
                    .lasts = kHttpPatience};
  if (options.to.starts_with("http://") || options.to.starts_with("https://")) {
    return MakeHttpSink(options.to, token, std::move(patience));
  }
  if (options.to.starts_with("kafka://")) {
    patience.lasts = kKafkaPatience;
    return MakeKafkaSink(options.to, source, std::move(patience));
  }
  return absl::InvalidArgumentError(
      fmt::format("--to: '{}' begins with none of http://, https:// and kafka://", options.to));
}

class Sender {
 public:
  Sender(const SendOptions& options, const SourceOptions& source, bool clock_by_events,
         EventSink* sink, const Console& console)
      : options_(options),
        by_events_(clock_by_events),
        source_(source),
        sink_(sink),
        console_(console),
        plan_(PlanOf(source)),
        owner_(OwnerField()),
        bad_(console.err),
        start_(clock_.Now()) {}

  absl::Status SendFiles();
  absl::Status SendHeartbeat(absl::Time until) {
    const std::string& name =
        source_.heartbeat_source.empty() ? source_.name : source_.heartbeat_source;
    // Where events make the time, what the feed says is said when it speaks of.
    const absl::Time now = clock_.Now();
    return sink_->Heartbeat(name, until, by_events_ ? std::min(now, until) : now);
  }
  int64_t records() const { return records_; }
  int64_t events() const { return events_; }
  int64_t bad() const { return bad_.count(); }
  absl::Duration elapsed() const { return clock_.Now() - start_; }

 private:
  size_t OwnerField() const {
    const auto& paths = plan_.paths();
    return std::find(paths.begin(), paths.end(), kOwnerPath) - paths.begin();
  }
  std::string_view KeyOf(const Event& event) const {
    const FieldValue& owner = event.fields[owner_];
    return !event.subject.empty() || owner.kind != FieldKind::kString ? event.subject : owner.text;
  }
  absl::Status SendFile(const std::string& path, ProgressBar* progress);
  // The events of one record. Errors of the record are told in `*bad`, the sink's returned.
  absl::Status SendRecord(Decoder* decoder, const RecordBatch& batch, const Record& record,
                          absl::Status* bad);
  // Waits until no more than --rate have gone; what waits in the sink goes before.
  absl::Status KeepRate();

  const SendOptions& options_;
  const bool by_events_;
  const SourceOptions& source_;
  EventSink* const sink_;
  const Console& console_;
  const SystemClock clock_;
  const FieldPlan plan_;
  const size_t owner_;
  BadRecords bad_;
  const absl::Time start_;
  int64_t records_ = 0;
  int64_t events_ = 0;
  int64_t bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> outgoing_;  // key, body; of one record
};

absl::Status Sender::SendRecord(Decoder* decoder, const RecordBatch& batch, const Record& record,
                                absl::Status* bad) {
  outgoing_.clear();
  const bool as_is = source_.map.empty();
  Record stamped = record;
  if (as_is && stamped.timestamp_ms == kNoTime) {
    stamped.timestamp_ms = absl::ToUnixMillis(clock_.Now());  // as the transport will
  }
  *bad = decoder->Decode(batch, stamped, [&](const Event& event) {
    if (!as_is || outgoing_.empty()) {
      outgoing_.emplace_back(KeyOf(event), as_is ? "" : CloudEventJson(event, plan_));
    }
  });
  if (!bad->ok()) {
    return absl::OkStatus();
  }
  for (const auto& [key, body] : outgoing_) {
    const OutgoingEvent event{.key = key,
                              .body = as_is ? record.value : std::string_view(body),
                              .cloud_event = !as_is || IsCloudEventJson(record.value)};
    const absl::Status sent = sink_->Send(event);
    if (absl::IsInvalidArgument(sent)) {
      *bad = sent;
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(sent);
    ++events_;
  }
  return absl::OkStatus();
}

absl::Status Sender::KeepRate() {
  const auto early = [this] {
    return absl::Seconds(static_cast<double>(records_) / options_.rate) - elapsed();
  };
  if (options_.rate > 0 && early() > absl::ZeroDuration()) {
    KPIWATCH_RETURN_IF_ERROR(sink_->Flush());
    if (const absl::Duration rest = early(); rest > absl::ZeroDuration()) {
      Wait(rest);
    }
  }
  return absl::OkStatus();
}

absl::Status Sender::SendFile(const std::string& path, ProgressBar* progress) {
  const std::string paths[] = {path};
  KPIWATCH_ASSIGN_OR_RETURN(const auto files, FileSource::Open(source_, paths));
  KPIWATCH_ASSIGN_OR_RETURN(const auto decoder, MakeDecoder(files->options(), &plan_));
  return ForEachRecord(files.get(), [&](const RecordBatch& batch, const Record& record) {
    ++records_;
    bytes_ += static_cast<int64_t>(record.value.size()) + 1;
    absl::Status bad;
    KPIWATCH_RETURN_IF_ERROR(SendRecord(decoder.get(), batch, record, &bad));
    if (!bad.ok()) {
      bad_.Add(files->Tell(record, bad));
    }
    if (records_ % 64 == 0 || options_.rate > 0) {
      KPIWATCH_RETURN_IF_ERROR(KeepRate());
      progress->Update(records_, bytes_, clock_.Now());
    }
    return absl::OkStatus();
  });
}

absl::Status Sender::SendFiles() {
  int64_t total = 0;  // of plain files; what a compressed one or a pipe will hold is not known
  for (const std::string& path : options_.files) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const bool known = path != "-" && !path.ends_with(".gz") && in;
    total = known && total >= 0 ? total + static_cast<int64_t>(in.tellg()) : -1;
  }
  ProgressBar progress(console_.err, console_.err_is_terminal, std::max<int64_t>(total, 0), start_);
  for (const std::string& path : options_.files) {
    KPIWATCH_RETURN_IF_ERROR(SendFile(path, &progress));
  }
  KPIWATCH_RETURN_IF_ERROR(sink_->Flush());
  progress.Finish(records_, bytes_, clock_.Now());
  bad_.Finish();
  return absl::OkStatus();
}

}  // namespace

int Send(const SendOptions& options, const Console& console) {
  const auto fail = [&console](std::string_view what) {
    console.err << fmt::format("kpictl send: {}\n", what);
    return kExitWrong;
  };
  const std::optional<DaemonConfig> config = LoadConfig(options.config, console.err);
  if (!config) {
    return kExitWrong;
  }
  const auto source = FindSource(options.source, config->sources);
  if (!source.ok()) {
    return fail(MessageOf(source.status()));
  }
  std::optional<absl::Time> until;
  if (!options.complete_until.empty()) {
    const auto moment = ReadMoment("--complete-until", options.complete_until);
    if (!moment.ok()) {
      return fail(MessageOf(moment.status()));
    }
    until = *moment;
  }
  const SystemClock clock;
  const auto sink = MakeSink(options, config->sources[*source], &clock, console.err);
  if (!sink.ok()) {
    return fail(MessageOf(sink.status()));
  }
  Sender sender(options, config->sources[*source], config->clock == ClockKind::kEvents, sink->get(),
                console);
  absl::Status status = sender.SendFiles();
  // Who is missing in what could not be read would be judged by a zero.
  const bool incomplete = until && sender.bad() > 0 && !options.allow_bad;
  if (status.ok() && until && !incomplete) {
    status = sender.SendHeartbeat(*until);
  }
  if (!status.ok()) {
    return fail(MessageOf(status));
  }
  console.out << fmt::format("{} events of {} records sent in {:.1f} s, {} bad records\n",
                             sender.events(), sender.records(),
                             absl::ToDoubleSeconds(sender.elapsed()), sender.bad());
  if (incomplete) {
    return fail(fmt::format(
        "{} of {} records could not be read, so '{}' was not called complete up to {}; the others "
        "were sent. Mend them and send again, or say --allow-bad to do without them",
        sender.bad(), sender.records(), options.source, options.complete_until));
  }
  const bool all_bad = sender.records() > 0 && sender.bad() == sender.records();
  return all_bad || (options.strict && sender.bad() > 0) ? kExitWrong : kExitGood;
}

}  // namespace kpiwatch
