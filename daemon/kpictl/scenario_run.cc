#include "daemon/kpictl/scenario_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/ingest/decoder.h"
#include "daemon/kpictl/virtual_engine.h"
#include "daemon/notify/facts.h"

namespace kpiwatch {
namespace {

// A batch of one record that lives elsewhere.
class OneRecord final : public RecordBatch {
 public:
  explicit OneRecord(std::string_view value) {
    Record& record = records_.emplace_back();
    record.timestamp_ms = kNoTime;
    record.value = value;
  }
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

Level LevelOf(v1::Level level) { return static_cast<Level>(level); }

class Run {
 public:
  Run(const ScenarioFile& file, const Scenario& test)
      : file_(file), test_(test), rulebook_(file.rulebook) {
    cloud_events_.name = "test";
    cloud_events_.format = SourceFormat::kCloudEvents;
  }

  absl::StatusOr<ScenarioOutcome> Play();

 private:
  // What happens at one moment, in this order.
  enum Kind { kComplete, kDeliver, kReload, kLook };
  struct Action {
    absl::Time at;
    Kind kind;
    size_t index;
  };

  std::vector<Action> Timeline() const;
  absl::Status Do(const Action& action);
  absl::Status Deliver(const Delivery& delivery);
  void Note(absl::Time now, const v1::Transition& transition);
  uint32_t SourceIndex(const std::string& name) const {
    return static_cast<uint32_t>(std::find(test_.sources.begin(), test_.sources.end(), name) -
                                 test_.sources.begin());
  }

  const ScenarioFile& file_;
  const Scenario& test_;
  std::shared_ptr<const Rulebook> rulebook_;
  SourceOptions cloud_events_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<VirtualEngine> engine_;
  ScenarioOutcome outcome_;
};

std::vector<Run::Action> Run::Timeline() const {
  std::vector<Action> actions;
  for (size_t i = 0; i < test_.completions.size(); ++i) {
    actions.push_back({test_.completions[i].at, kComplete, i});
  }
  for (size_t i = 0; i < test_.deliveries.size(); ++i) {
    actions.push_back({test_.deliveries[i].received, kDeliver, i});
  }
  for (size_t i = 0; i < test_.reloads.size(); ++i) {
    actions.push_back({test_.reloads[i].at, kReload, i});
  }
  for (size_t i = 0; i < test_.expectations.size(); ++i) {
    const Expectation& expectation = test_.expectations[i];
    actions.push_back({expectation.to.value_or(expectation.from), kLook, i});
  }
  std::stable_sort(actions.begin(), actions.end(), [](const Action& a, const Action& b) {
    return a.at != b.at ? a.at < b.at : a.kind < b.kind;
  });
  return actions;
}

absl::Status Run::Deliver(const Delivery& delivery) {
  if (decoder_ == nullptr) {
    KPIWATCH_ASSIGN_OR_RETURN(decoder_, MakeDecoder(cloud_events_, &rulebook_->fields));
  }
  const OneRecord batch(delivery.json);
  absl::Status offered;
  const absl::Status decoded = decoder_->Decode(batch, batch.records()[0], [&](const Event& event) {
    const absl::StatusOr<OfferResult> result = engine_->Offer(event, SourceIndex(delivery.source));
    offered.Update(result.status());
    if (result.ok() && *result == OfferResult::kTenant) {
      offered.Update(absl::InvalidArgumentError(
          fmt::format("{}:{}: the event belongs to another tenant than those before it", file_.path,
                      delivery.line)));
    }
  });
  if (!decoded.ok()) {
    return WithContext(fmt::format("{}:{}: this is no event", file_.path, delivery.line), decoded);
  }
  return offered;
}

absl::Status Run::Do(const Action& action) {
  switch (action.kind) {
    case kComplete: {
      const CompletionStep& step = test_.completions[action.index];
      for (uint32_t source = 0; source < test_.sources.size(); ++source) {
        if (step.source.empty() || step.source == test_.sources[source]) {
          engine_->Complete(source, step.until, action.at);
        }
      }
      return absl::OkStatus();
    }
    case kDeliver:
      return Deliver(test_.deliveries[action.index]);
    case kReload:
      // A rulebook enters between two steps.
      KPIWATCH_RETURN_IF_ERROR(engine_->Step(action.at));
      rulebook_ = test_.reloads[action.index].rulebook;
      decoder_.reset();
      return engine_->Reload(rulebook_);
    case kLook:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void Run::Note(absl::Time now, const v1::Transition& transition) {
  Happened happened{.when = now,
                    .rule = transition.rule(),
                    .subject = transition.subject(),
                    .period = transition.period(),
                    .ladder = {},
                    .from = LevelOf(transition.from_level()),
                    .to = LevelOf(transition.to_level()),
                    .reason = std::string(ReasonName(transition.reason())),
                    .notified = {transition.notified().begin(), transition.notified().end()},
                    .not_sent_reason = transition.not_sent_reason(),
                    .due = {}};
  if (transition.tasks_size() > 0) {
    happened.due = absl::FromUnixMillis(transition.tasks(0).due_unix_ms());
  }
  std::sort(happened.notified.begin(), happened.notified.end());
  const Rule* rule = FindRule(*rulebook_, happened.rule);
  if (rule != nullptr &&
      (rule->evaluate != EvaluateMode::kOnClose || rule->period == PeriodKind::kTarget)) {
    happened.ladder = happened.period;
  }
  outcome_.happened.push_back(std::move(happened));
}

absl::StatusOr<ScenarioOutcome> Run::Play() {
  VirtualEngine::Options options{.sources = {},
                                 .first_day = rulebook_->calendars[0].DayOf(test_.start),
                                 .max_ids = 10'000'000,
                                 .complete_until = std::nullopt};
  for (const std::string& name : test_.sources) {
    SourceOptions& source = options.sources.emplace_back();
    source.name = name;
    source.complete_by = CompleteBy::kHeartbeat;
  }
  KPIWATCH_ASSIGN_OR_RETURN(
      engine_, VirtualEngine::Start(std::move(options), rulebook_, test_.start,
                                    [this](absl::Time now, const v1::Transition& transition) {
                                      Note(now, transition);
                                    }));
  const std::vector<Action> actions = Timeline();
  for (size_t i = 0; i < actions.size();) {
    const absl::Time now = actions[i].at;
    KPIWATCH_RETURN_IF_ERROR(engine_->AdvanceTo(now));
    for (; i < actions.size() && actions[i].at == now; ++i) {
      KPIWATCH_RETURN_IF_ERROR(Do(actions[i]));
    }
    KPIWATCH_RETURN_IF_ERROR(engine_->Step(now));
  }
  for (const Expectation& expectation : test_.expectations) {
    if (auto failure = Judge(expectation, outcome_.happened, file_.zone)) {
      outcome_.failures.push_back(*std::move(failure));
    }
  }
  return std::move(outcome_);
}

}  // namespace

absl::StatusOr<ScenarioOutcome> RunScenario(const ScenarioFile& file, const Scenario& test) {
  return Run(file, test).Play();
}

}  // namespace kpiwatch
