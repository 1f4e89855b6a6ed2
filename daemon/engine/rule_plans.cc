#include "daemon/engine/rule_plans.h"

#include <algorithm>

#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

namespace {

bool Reads(const Rule& rule, uint16_t slot) {
  const auto reads = [slot](const lang::Program& program) {
    return std::binary_search(program.slots().begin(), program.slots().end(), slot);
  };
  return std::any_of(rule.tiers.begin(), rule.tiers.end(), [&](const Tier& tier) {
    return reads(tier.when) || (tier.clear && reads(*tier.clear));
  });
}

}  // namespace

void RulePlans::Build(const Rulebook& book) {
  open_rules_of_kpi.assign(book.kpis.size(), {});
  sealed_rules_of_kpi.assign(book.kpis.size(), {});
  pace_rules_of_kpi.assign(book.kpis.size(), {});
  watched_for.assign(book.kpis.size(), WatchedFor::kNothing);
  keeps_ids.assign(book.kpis.size(), false);
  needs_target.clear();
  reads_best_rate.clear();
  reads_back_loading.clear();
  all_tiers.clear();
  for (RuleIndex r = 0; r < book.rules.size(); ++r) {
    const Rule& rule = book.rules[r];
    needs_target.push_back(NeedsTarget(book, rule));
    reads_best_rate.push_back(Reads(rule, kSlotMaxAttainable));
    reads_back_loading.push_back(Reads(rule, kSlotBackLoading));
    uint8_t tiers = 0;
    bool clears = false;
    for (const Tier& tier : rule.tiers) {
      tiers |= static_cast<uint8_t>(1U << static_cast<int>(tier.level));
      clears = clears || tier.clear.has_value();
    }
    all_tiers.push_back(clears ? uint8_t{0} : tiers);
    const bool open = rule.evaluate == EvaluateMode::kIntraday;
    std::vector<KpiIndex> reads = {rule.kpi};
    if (book.kpis[rule.kpi].type != KpiType::kSimple) {
      reads = book.kpis[rule.kpi].parts;
    }
    for (const KpiIndex kpi : reads) {
      (rule.evaluate == EvaluateMode::kOnPace ? pace_rules_of_kpi
       : open                                 ? open_rules_of_kpi
                                              : sealed_rules_of_kpi)[kpi]
          .push_back(r);
      keeps_ids[kpi] = true;
      if (open) {
        watched_for[kpi] = WatchedFor::kEvents;
      }
    }
  }
  lines.clear();
  for (KpiIndex k = 0; k < book.kpis.size(); ++k) {
    lines.push_back(LinesOf(book, k));
    if (!lines[k].empty()) {
      watched_for[k] = WatchedFor::kLines;
    }
  }
  targets_by_end.clear();
  targets_of_subject.clear();
  for (size_t t = 0; t < book.targets.size(); ++t) {
    const Target& target = book.targets[t];
    targets_by_end[{target.period.end, target.kpi}].push_back(t);
    targets_of_subject[target.subject].push_back(t);
  }
}

std::vector<ValueLine> RulePlans::LinesOf(const Rulebook& book, KpiIndex kpi) const {
  std::vector<ValueLine> of_kpi;
  if (!book.kpis[kpi].measure.IsSum()) {
    return of_kpi;
  }
  for (const RuleIndex r : open_rules_of_kpi[kpi]) {
    const Rule& rule = book.rules[r];
    if (rule.kpi != kpi || rule.for_each != ForEach::kPerson || rule.period != PeriodKind::kDay ||
        needs_target[r]) {
      return {};
    }
    for (const Tier& tier : rule.tiers) {
      const std::optional<lang::SimpleComparison> line = tier.when.simple_comparison();
      if (tier.clear || !line || line->slot != kSlotValue ||
          line->comparator != lang::Comparator::kGreaterEqual ||
          line->threshold.den != Decimal::FromInt(1)) {
        return {};
      }
      of_kpi.push_back({line->threshold.num, r});
    }
  }
  std::stable_sort(of_kpi.begin(), of_kpi.end(),
                   [](const ValueLine& a, const ValueLine& b) { return a.value < b.value; });
  return of_kpi.size() < UINT16_MAX ? of_kpi : std::vector<ValueLine>();
}

std::optional<Decimal> RulePlans::TargetOf(const Rulebook& book, KpiIndex kpi,
                                           const std::string& subject, const Period& period) const {
  if (period.kind != PeriodKind::kTarget) {
    const Target* const target = book.FindTarget(kpi, subject, period);
    return target == nullptr ? std::nullopt : std::optional(target->value);
  }
  const auto targets = targets_of_subject.find(subject);
  if (targets != targets_of_subject.end()) {
    for (const size_t t : targets->second) {
      const Target& target = book.targets[t];
      if (target.kpi == kpi && target.period.begin == period.begin &&
          target.period.end == period.end) {
        return target.value;
      }
    }
  }
  return std::nullopt;
}

}  // namespace kpiwatch
