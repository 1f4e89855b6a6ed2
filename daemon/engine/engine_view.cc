// What others see of a running engine: copies taken between two steps (alerts: engine_alerts.cc).
#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"

namespace kpiwatch {
namespace {

LabelMap ToLabels(const StringMap<std::string>& map) { return {map.begin(), map.end()}; }

void ShowLate(const std::optional<SourceCompleteness::Late>& late, SourceView* view) {
  if (late) {
    view->late_since = late->since;
    view->late_day = Day{late->day}.ToString();
  }
}

}  // namespace

absl::Time Engine::Now() const {
  absl::Time now;
  Ask(&requests_, [&] { now = core_.now(); });
  return now;
}

std::vector<RuleView> Engine::Rules() const {
  std::vector<RuleView> views;
  Ask(&requests_, [&] {
    const Rulebook& book = core_.rulebook();
    for (RuleIndex r = 0; r < book.rules.size(); ++r) {
      const Rule& rule = book.rules[r];
      RuleView view;
      view.name = rule.name;
      view.kpi = book.kpis[rule.kpi].name;
      view.file = rule.file;
      view.evaluate = rule.evaluate;
      view.period = rule.period;
      for (const Tier& tier : rule.tiers) {
        view.tiers.push_back({tier.level, tier.when.source()});
      }
      view.labels = ToLabels(rule.labels);
      for (const auto& [name, text] : rule.annotations) {
        view.annotations[name] = text.For("zh");
      }
      if (r < last_evaluations_.size() && last_evaluations_[r].first != absl::InfinitePast()) {
        view.health = RuleHealth::kOk;
        view.last_evaluation = last_evaluations_[r].first;
        view.evaluation_time = last_evaluations_[r].second;
      }
      views.push_back(std::move(view));
    }
  });
  return views;
}

std::vector<SourceView> Engine::Sources() const {
  std::vector<SourceView> views;
  Ask(&requests_, [&] {
    for (uint32_t s = 0; s < sources_.size(); ++s) {
      const SourceState& state = sources_[s];
      SourceView view;
      view.name = state.source.options->name;
      view.kind = state.source.kind;
      const absl::Status health = state.source.source->health();
      view.error =
          !state.error.ok() ? std::string(state.error.message()) : std::string(health.message());
      const std::span<const PartitionState> partitions = state.source.source->partitions();
      for (size_t p = 0; p < partitions.size(); ++p) {
        view.partitions.push_back({partitions[p].id.topic, partitions[p].id.partition,
                                   p < state.stored.size() ? state.stored[p] : 0, partitions[p].end,
                                   partitions[p].failed, partitions[p].error});
      }
      const SourceCompleteness& completeness = core_.completeness(s);
      view.complete_until = core_.ProvenUntil(s);
      ShowLate(completeness.late, &view);
      views.push_back(std::move(view));
    }
    for (const UnreadSource& unread : core_.UnreadSources()) {
      SourceView view;
      view.name = unread.name;
      view.kind = "none";
      view.error =
          "KPIs need it and nobody reads it: kpiwatch.yaml gives it no 'kafka' and no 'log'";
      ShowLate(unread.late, &view);
      views.push_back(std::move(view));
    }
  });
  return views;
}

KpiSamples Engine::Samples(size_t limit) const {
  KpiSamples samples;
  if (!exposes_series_) {
    return samples;
  }
  Ask(&step_requests_, [&] { samples = core_.ReadSamples(limit); });
  return samples;
}

absl::StatusOr<DeadLetterPage> Engine::DeadLetters(uint64_t after, size_t limit) const {
  if (!options_.dead_letters) {
    return DeadLetterPage();
  }
  return options_.dead_letters(after, limit);
}

}  // namespace kpiwatch
