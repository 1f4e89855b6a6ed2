#include "daemon/kpictl/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/decoder.h"
#include "daemon/kpictl/bad_records.h"
#include "daemon/kpictl/event_log.h"
#include "daemon/kpictl/input_files.h"
#include "daemon/kpictl/load_config.h"
#include "daemon/kpictl/read_records.h"
#include "daemon/kpictl/scenario_time.h"
#include "daemon/kpictl/seal_moments.h"
#include "daemon/kpictl/virtual_engine.h"
#include "daemon/notify/facts.h"

namespace kpiwatch {
namespace {

constexpr size_t kEventsOfAStep = 4096;

class Replayer {
 public:
  Replayer(const DaemonConfig& config, std::shared_ptr<const Rulebook> rulebook,
           const Console& console)
      : config_(config),
        rulebook_(std::move(rulebook)),
        console_(console),
        bad_(console.err),
        log_(rulebook_->fields.size()) {}

  // Decodes every record of `files` into the log, in order of time. Errors: files that cannot be
  // read; bad records are counted.
  absl::Status Read(const std::vector<InputFile>& files);
  absl::Status Run(std::optional<absl::Time> until);
  absl::Status Print(const ReplayOptions& options);

  int64_t records() const { return records_; }
  // Tells what could not be taken beyond what was told at once.
  void FinishBad();
  int64_t bad() const { return bad_.count(); }
  bool left_out_facts() const { return !left_out_.empty(); }

 private:
  absl::Status ReadFile(uint32_t file);
  absl::Time TimeOf(size_t i) const { return absl::FromUnixMillis(log_.time_ms(i)); }
  uint32_t SourceOf(size_t i) const { return files_[log_.file(i)].source; }
  // Where the i-th event stands: "orders.csv:17".
  std::string PlaceOf(size_t i) const {
    return fmt::format("{}:{}", files_[log_.file(i)].path, log_.line(i));
  }
  absl::Status OfferUpTo(absl::Time until);

  const DaemonConfig& config_;
  const std::shared_ptr<const Rulebook> rulebook_;
  const Console& console_;
  BadRecords bad_;
  EventLog log_;
  std::vector<InputFile> files_;
  int64_t records_ = 0;
  absl::Time last_ = absl::InfinitePast();  // the latest time of any record
  struct LeftOut {
    uint64_t facts = 0;
    std::string place;  // of the first
  };
  std::map<std::pair<KpiIndex, std::string_view>, LeftOut> left_out_;  // by KPI and reason
  std::vector<v1::Transition> transitions_;
  std::unique_ptr<VirtualEngine> engine_;  // null: no event
};

absl::Status Replayer::ReadFile(uint32_t file) {
  const std::string paths[] = {files_[file].path};
  KPIWATCH_ASSIGN_OR_RETURN(const auto files,
                            FileSource::Open(config_.sources[files_[file].source], paths));
  KPIWATCH_ASSIGN_OR_RETURN(const auto decoder, MakeDecoder(files->options(), &rulebook_->fields));
  // Rows that `where` leaves out bring nothing, but say how far the file goes.
  std::unique_ptr<Decoder> all_rows;
  if (SourceOptions options = files->options(); !options.where.empty()) {
    options.where.clear();
    KPIWATCH_ASSIGN_OR_RETURN(all_rows, MakeDecoder(options, &rulebook_->fields));
  }
  const auto see = [this](const Event& event) {
    if (IsPlausible(event.time_ms)) {
      last_ = std::max(last_, absl::FromUnixMillis(event.time_ms));
    }
  };
  return ForEachRecord(files.get(), [&](const RecordBatch& batch, const Record& record) {
    ++records_;
    if (all_rows != nullptr) {
      all_rows->Decode(batch, record, see).IgnoreError();  // nobody asked for them
    }
    bool no_time = false;
    bool implausible = false;
    absl::Status added;
    const absl::Status decoded = decoder->Decode(batch, record, [&](const Event& event) {
      no_time = no_time || event.time_ms == kNoTime;
      implausible = implausible || (event.time_ms != kNoTime && !IsPlausible(event.time_ms));
      if (IsPlausible(event.time_ms)) {
        see(event);
        added.Update(log_.Add(event, file, FileSource::LineOf(record)));
      }
    });
    if (!decoded.ok()) {
      bad_.Add(files->Tell(record, decoded));
    } else if (no_time) {
      bad_.Add(files->PlaceOf(record) + ": the event has no time");
    } else if (implausible) {
      bad_.Add(files->PlaceOf(record) + ": the event's time is before 1980 or after 2199");
    }
    return added;
  });
}

absl::Status Replayer::Read(const std::vector<InputFile>& files) {
  files_ = files;
  for (uint32_t file = 0; file < files_.size(); ++file) {
    KPIWATCH_RETURN_IF_ERROR(ReadFile(file));
  }
  log_.Sort();
  return absl::OkStatus();
}

absl::Status Replayer::OfferUpTo(absl::Time until) {
  absl::Time next_seal = NextSealMoment(*rulebook_, TimeOf(0));
  size_t offered = 0;
  for (size_t i = 0; i < log_.size(); ++i) {
    const absl::Time time = TimeOf(i);
    if (time >= until) {
      console_.err << fmt::format("{} events are not replayed: they come after --until\n",
                                  log_.size() - i);
      break;
    }
    if (time > next_seal) {
      KPIWATCH_RETURN_IF_ERROR(engine_->AdvanceTo(time));
      next_seal = NextSealMoment(*rulebook_, time - absl::Milliseconds(1));
    }
    const Event event = log_.Get(i);
    KPIWATCH_ASSIGN_OR_RETURN(const OfferResult result, engine_->Offer(event, SourceOf(i)));
    for (const auto& [what, exclusion] : engine_->core().TakeExclusions()) {
      LeftOut& left_out = left_out_[what];
      left_out.place = left_out.facts == 0 ? PlaceOf(i) : left_out.place;
      left_out.facts += exclusion.facts;
    }
    if (result == OfferResult::kTenant) {
      bad_.Add(fmt::format("{}: it belongs to another tenant ('{}') than the source's events",
                           PlaceOf(i), event.tenant));
    }
    if (++offered % kEventsOfAStep == 0) {
      KPIWATCH_RETURN_IF_ERROR(engine_->Step(time));
    }
  }
  return absl::OkStatus();
}

absl::Status Replayer::Run(std::optional<absl::Time> until) {
  if (log_.size() == 0) {
    return absl::OkStatus();
  }
  const absl::Time first = TimeOf(0);
  const absl::Time end = until.value_or(EndOfBusinessDay(*rulebook_, last_));
  Day first_day = Day::Max();
  for (const BusinessCalendar& calendar : rulebook_->calendars) {
    first_day = std::min(first_day, calendar.DayOf(first));
  }
  VirtualEngine::Options options{.sources = config_.sources,
                                 .first_day = first_day,
                                 .max_ids = log_.size(),
                                 .complete_until = end};
  KPIWATCH_ASSIGN_OR_RETURN(
      engine_, VirtualEngine::Start(std::move(options), rulebook_, first,
                                    [this](absl::Time, const v1::Transition& transition) {
                                      // The files are complete by definition.
                                      if (transition.reason() != v1::REASON_DATA_LATE &&
                                          transition.reason() != v1::REASON_DATA_COMPLETE) {
                                        transitions_.push_back(transition);
                                      }
                                    }));
  KPIWATCH_RETURN_IF_ERROR(OfferUpTo(end));
  const absl::Time last = std::max(end, LastSealMoment(*rulebook_, end));
  KPIWATCH_RETURN_IF_ERROR(engine_->AdvanceTo(last));
  return engine_->Step(last);
}

void Replayer::FinishBad() {
  bad_.Finish();
  for (const auto& [what, left_out] : left_out_) {
    const Kpi& kpi = rulebook_->kpis[what.first];
    const std::string why =
        what.second == "currency" ? fmt::format("money of another currency than {}", kpi.currency)
        : what.second == "binary_money" ? "its money is a binary floating-point number, not text"
        : what.second == "no_entity"    ? "it does not name the entity that it retracts"
                                        : "what it measures is missing or no number";
    console_.err << fmt::format("{}: KPI {} left out {} {}: {} ({}); this is the first\n",
                                left_out.place, kpi.name, left_out.facts,
                                left_out.facts == 1 ? "fact" : "facts", why, what.second);
  }
}

absl::Status Replayer::Print(const ReplayOptions& options) {
  std::vector<PeriodValue> values;
  if (engine_ != nullptr && options.print == ReplayOptions::Print::kValues) {
    KPIWATCH_ASSIGN_OR_RETURN(values, engine_->core().Values());
  }
  if (options.print == ReplayOptions::Print::kValues) {
    PrintValues(values, *rulebook_, options.format, console_.colours, console_.out);
  } else {
    PrintTransitions(transitions_, *rulebook_, options.format, console_.colours, console_.out);
  }
  console_.out.flush();
  return console_.out ? absl::OkStatus() : absl::UnavailableError("the output cannot be written");
}

absl::Status ReplayAll(Replayer* replayer, const std::vector<InputFile>& files,
                       std::optional<absl::Time> until, const ReplayOptions& options) {
  KPIWATCH_RETURN_IF_ERROR(replayer->Read(files));
  const absl::Status run = replayer->Run(until);
  replayer->FinishBad();
  KPIWATCH_RETURN_IF_ERROR(run);
  return replayer->Print(options);
}

}  // namespace

int Replay(const ReplayOptions& options, const Console& console) {
  const auto fail = [&console](std::string_view what) {
    console.err << fmt::format("kpictl replay: {}\n", what);
    return kExitWrong;
  };
  const std::optional<DaemonConfig> config = LoadConfig(options.config, console.err);
  const std::shared_ptr<const Rulebook> rulebook =
      config ? LoadRules(*config, console.err) : nullptr;
  if (rulebook == nullptr) {
    return kExitWrong;
  }
  std::optional<absl::Time> until;
  if (!options.until.empty()) {
    const auto moment = ReadMoment("--until", options.until);
    if (!moment.ok()) {
      return fail(MessageOf(moment.status()));
    }
    until = *moment;
  }
  const auto files = BindFiles(options.events, config->sources);
  if (!files.ok()) {
    return fail(MessageOf(files.status()));
  }
  Replayer replayer(*config, rulebook, console);
  const absl::Status status = ReplayAll(&replayer, *files, until, options);
  if (!status.ok()) {
    return fail(MessageOf(status));
  }
  const bool all_bad = replayer.records() > 0 && replayer.bad() == replayer.records();
  const bool any_bad = replayer.bad() > 0 || replayer.left_out_facts();
  return all_bad || (options.strict && any_bad) ? kExitWrong : kExitGood;
}

}  // namespace kpiwatch
