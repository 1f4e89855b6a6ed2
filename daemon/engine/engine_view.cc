// What others see of a running engine: copies taken between two steps.
#include <algorithm>
#include <tuple>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

LabelMap ToLabels(const StringMap<std::string>& map) { return {map.begin(), map.end()}; }

// A firing ladder as the store has it.
struct FiringLadder {
  SubjectId subject;
  uint32_t rule = 0;
  Period period;
  Level level = Level::kGreen;
  int64_t since_ms = 0;
  Decimal value;
  std::optional<Decimal> target;
};

std::vector<FiringLadder> ReadFiring(const StateStore& store) {
  std::vector<FiringLadder> firing;
  store
      .Scan(Family::kLadder, "", "",
            [&](std::string_view key, std::string_view value) {
              const auto parts = ParseLadderKey(key);
              if (!parts) {
                return true;
              }
              FiringLadder found;
              found.subject = SubjectId(parts->subject);
              if (const auto rule = ParseLadderKeyRest(parts->rest)) {
                const auto ladder = DecodeLadder(value);
                if (ladder && ladder->state.level() != Level::kGreen &&
                    !ladder->records.empty()) {
                  const SealedRecord& last = ladder->records.back();
                  found.rule = *rule;
                  found.period = last.period;
                  found.level = ladder->state.level();
                  found.since_ms = ladder->since_ms;
                  found.value = last.value;
                  found.target = last.target;
                  firing.push_back(found);
                }
              } else if (const auto period = ParseOpenLadderKeyRest(parts->rest)) {
                const auto ladders = DecodeOpenLadders(value);
                for (const OpenLadder& open : ladders.value_or(std::vector<OpenLadder>())) {
                  found.rule = open.rule;
                  found.period = *period;
                  found.level = open.state.level();
                  found.since_ms = open.since_ms;
                  found.value = open.value;
                  if (found.level != Level::kGreen) {
                    firing.push_back(found);
                  }
                }
              }
              return true;
            })
      .IgnoreError();  // a list for people; the engine itself stops at what the store cannot read
  return firing;
}

}  // namespace

absl::Time Engine::Now() const {
  absl::Time now;
  Ask([&] { now = core_.now(); });
  return now;
}

std::vector<RuleView> Engine::Rules() const {
  std::vector<RuleView> views;
  Ask([&] {
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
      view.annotations = ToLabels(rule.annotations);
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

AlertPage Engine::Alerts(const AlertQuery& query) const {
  // The scan reads committed state on the caller's thread; only names come from the engine's.
  const std::vector<FiringLadder> firing = ReadFiring(*store_);
  std::vector<AlertView> alerts;
  Ask([&] {
    const Rulebook& book = core_.rulebook();
    StringMap<RuleIndex> by_name;
    for (RuleIndex r = 0; r < book.rules.size(); ++r) {
      by_name[book.rules[r].name] = r;
    }
    for (const FiringLadder& found : firing) {
      if (found.rule >= core_.rule_ids().size() ||
          found.subject.value() >= core_.subjects().size()) {
        continue;
      }
      const std::string& name = core_.rule_ids().Get(found.rule).name;
      const auto rule = by_name.find(name);
      const bool wanted = query.rules.empty() || std::find(query.rules.begin(), query.rules.end(),
                                                           name) != query.rules.end();
      if (!wanted || rule == by_name.end()) {
        continue;
      }
      const Rule& known = book.rules[rule->second];
      const Kpi& kpi = book.kpis[known.kpi];
      const SubjectInfo& info = core_.subjects().Get(found.subject);
      AlertView view;
      view.rule = name;
      view.subject = info.Name();
      if (info.kind == SubjectKind::kPerson) {
        const Person* person = book.org.FindPersonAny(info.id);
        view.subject_name = person != nullptr ? person->name : LocalText{info.id, info.id};
      } else {
        const auto unit = book.org.FindUnit(info.id);
        view.subject_name = unit ? book.org.units[*unit].name : LocalText{info.id, info.id};
      }
      view.kpi = kpi.name;
      view.period = found.period.ToString();
      view.level = found.level;
      view.active_at = absl::FromUnixMillis(found.since_ms);
      view.value = found.value.ToString();
      if (found.target) {
        view.target = found.target->ToString();
        if (const auto completion = Completion(kpi.direction, found.value, *found.target)) {
          view.completion = completion->ToFixed(6);
        }
      }
      view.labels = ToLabels(known.labels);
      view.annotations = ToLabels(known.annotations);
      alerts.push_back(std::move(view));
    }
  });
  const auto key_of = [](const AlertView& a) { return AlertKey{a.rule, a.subject, a.period}; };
  std::sort(alerts.begin(), alerts.end(),
            [&](const AlertView& a, const AlertView& b) { return key_of(a) < key_of(b); });
  AlertPage page;
  page.total = alerts.size();
  for (AlertView& alert : alerts) {
    if (query.after && key_of(alert) <= *query.after) {
      continue;
    }
    if (page.alerts.size() >= query.limit) {
      page.more = true;
      break;
    }
    page.alerts.push_back(std::move(alert));
  }
  return page;
}

std::vector<SourceView> Engine::Sources() const {
  std::vector<SourceView> views;
  Ask([&] {
    for (uint32_t s = 0; s < sources_.size(); ++s) {
      const SourceState& state = sources_[s];
      SourceView view;
      view.name = state.source.options->name;
      view.kind = state.source.kind;
      const absl::Status health = state.source.source->health();
      view.error = !state.error.ok() ? std::string(state.error.message())
                                     : std::string(health.message());
      const std::span<const PartitionState> partitions = state.source.source->partitions();
      for (size_t p = 0; p < partitions.size(); ++p) {
        view.partitions.push_back({partitions[p].id.topic, partitions[p].id.partition,
                                   p < state.stored.size() ? state.stored[p] : 0,
                                   partitions[p].end, partitions[p].failed,
                                   partitions[p].error});
      }
      const SourceCompleteness& completeness = core_.completeness(s);
      view.complete_until = completeness.complete_until();
      if (completeness.late) {
        view.late_since = completeness.late->since;
        view.late_day = Day{completeness.late->day}.ToString();
      }
      views.push_back(std::move(view));
    }
  });
  return views;
}

KpiSamples Engine::Samples(size_t limit) const {
  KpiSamples samples;
  Ask([&] { samples = core_.ReadSamples(limit); });
  return samples;
}

absl::StatusOr<DeadLetterPage> Engine::DeadLetters(uint64_t after, size_t limit) const {
  if (!options_.dead_letters) {
    return DeadLetterPage();
  }
  return options_.dead_letters(after, limit);
}

}  // namespace kpiwatch
