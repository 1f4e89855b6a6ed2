// What the core derives from a rulebook when it enters: numbers for names, seal groups, which rule
// looks at which KPI.
#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {

void Core::BuildPlans() {
  const Rulebook& book = *rulebook_;
  day_begins_.Clear();  // calendars may have changed
  kpi_id_of_.clear();
  for (const Kpi& kpi : book.kpis) {
    const auto known = kpi_ids_.Find(kpi.name);
    const bool same = known && kpi_ids_.Get(*known).fingerprint == kpi.fingerprint;
    kpi_id_of_.push_back(same ? *known : kpi_ids_.Add(kpi.name, kpi.fingerprint, &names_));
  }
  kpi_of_id_.assign(kpi_ids_.size(), UINT32_MAX);
  for (KpiIndex k = 0; k < book.kpis.size(); ++k) {
    kpi_of_id_[kpi_id_of_[k]] = k;
  }

  open_rules_of_kpi_.assign(book.kpis.size(), {});
  sealed_rules_of_kpi_.assign(book.kpis.size(), {});
  watched_for_.assign(book.kpis.size(), WatchedFor::kNothing);
  keeps_ids_.assign(book.kpis.size(), false);
  needs_target_.clear();
  evaluations_.clear();
  all_tiers_.clear();
  open_evaluations_.assign(book.rules.size(), 0);
  for (RuleIndex r = 0; r < book.rules.size(); ++r) {
    const Rule& rule = book.rules[r];
    needs_target_.push_back(NeedsTarget(book, rule));
    evaluations_.push_back(&metrics_->rule_evaluations.With({rule.name}));
    uint8_t tiers = 0;
    bool clears = false;
    for (const Tier& tier : rule.tiers) {
      tiers |= static_cast<uint8_t>(1U << static_cast<int>(tier.level));
      clears = clears || tier.clear.has_value();
    }
    all_tiers_.push_back(clears ? uint8_t{0} : tiers);
    const bool open = rule.evaluate == EvaluateMode::kIntraday;
    std::vector<KpiIndex> reads = {rule.kpi};
    if (book.kpis[rule.kpi].type != KpiType::kSimple) {
      reads = book.kpis[rule.kpi].parts;
    }
    for (const KpiIndex kpi : reads) {
      (open ? open_rules_of_kpi_ : sealed_rules_of_kpi_)[kpi].push_back(r);
      keeps_ids_[kpi] = true;
      if (open) {
        watched_for_[kpi] = WatchedFor::kEvents;
      }
    }
  }
  lines_.clear();
  for (KpiIndex k = 0; k < book.kpis.size(); ++k) {
    lines_.push_back(LinesOf(k));
    if (!lines_[k].empty()) {
      watched_for_[k] = WatchedFor::kLines;
    }
  }
  told_log_.SetRulebook(&book);
  targets_by_end_.clear();
  targets_of_subject_.clear();
  for (size_t t = 0; t < book.targets.size(); ++t) {
    const Target& target = book.targets[t];
    targets_by_end_[{target.period.end, target.kpi}].push_back(t);
    targets_of_subject_[target.subject].push_back(t);
  }
  BuildGroups();
}

std::vector<ValueLine> Core::LinesOf(KpiIndex kpi) const {
  std::vector<ValueLine> lines;
  if (!rulebook_->kpis[kpi].measure.IsSum()) {
    return lines;
  }
  for (const RuleIndex r : open_rules_of_kpi_[kpi]) {
    const Rule& rule = rulebook_->rules[r];
    if (rule.kpi != kpi || rule.for_each != ForEach::kPerson || rule.period != PeriodKind::kDay ||
        needs_target_[r]) {
      return {};
    }
    for (const Tier& tier : rule.tiers) {
      const std::optional<lang::SimpleComparison> line = tier.when.simple_comparison();
      if (tier.clear || !line || line->slot != kSlotValue ||
          line->comparator != lang::Comparator::kGreaterEqual ||
          line->threshold.den != Decimal::FromInt(1)) {
        return {};
      }
      lines.push_back({line->threshold.num, r});
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const ValueLine& a, const ValueLine& b) { return a.value < b.value; });
  return lines.size() < UINT16_MAX ? lines : std::vector<ValueLine>();
}

void Core::BuildGroups() {
  const Rulebook& book = *rulebook_;
  groups_.clear();
  group_of_kpi_.clear();
  std::map<std::string, uint32_t> by_name;
  for (const Kpi& kpi : book.kpis) {
    std::set<uint32_t> sources;
    std::set<std::string_view> unread;
    const auto need = [&](const std::vector<std::string>& names) {
      unread.insert(names.begin(), names.end());
      for (uint32_t s = 0; s < options_.sources->size(); ++s) {
        const std::string& name = (*options_.sources)[s].name;
        if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
          sources.insert(s);
        }
      }
    };
    if (kpi.operands.empty() || !kpi.sources.empty()) {
      need(kpi.sources);
    }
    for (const KpiIndex part : kpi.parts) {
      need(book.kpis[part].sources);
    }
    std::string name = book.calendars[kpi.calendar].name();
    for (const uint32_t s : sources) {
      name += '\n';
      name += (*options_.sources)[s].name;
      unread.erase((*options_.sources)[s].name);
    }
    for (const std::string_view source : unread) {
      name += '\n';
      name += source;
    }
    const auto [it, is_new] = by_name.try_emplace(name, static_cast<uint32_t>(groups_.size()));
    if (is_new) {
      SealGroup& group = groups_.emplace_back();
      group.name = name;
      group.calendar = kpi.calendar;
      group.sources.assign(sources.begin(), sources.end());
      group.unread.assign(unread.begin(), unread.end());
      group.provable = !sources.empty() && unread.empty();
      for (const std::string& source : group.unread) {
        unread_.try_emplace(source);
      }
      group.earliest = options_.first_day;
    }
    group_of_kpi_.push_back(it->second);
  }
  for (KpiIndex k = 0; k < book.kpis.size(); ++k) {
    for (const KpiIndex part : book.kpis[k].parts) {
      if (group_of_kpi_[part] != group_of_kpi_[k]) {
        groups_[group_of_kpi_[k]].parts.insert(group_of_kpi_[part]);
      }
    }
  }
  for (RuleIndex r = 0; r < book.rules.size(); ++r) {
    groups_[group_of_kpi_[book.rules[r].kpi]].rules.push_back(r);
  }
}

void Core::AddKnownSubjects() {
  const auto add = [&](SubjectKind kind, std::string_view id, Day first_seen) {
    const size_t before = subjects_.size();
    const SubjectId subject = subjects_.FindOrAdd(kind, id, first_seen, {});
    if (subjects_.size() > before) {
      series_->MarkNew(subject);
      ladders_->MarkNew(subject);
    }
  };
  for (const Unit& unit : rulebook_->org.units) {
    add(SubjectKind::kUnit, unit.id, Day{INT32_MAX});
  }
  for (const Person& person : rulebook_->org.people) {
    add(SubjectKind::kPerson, person.id, Day{INT32_MAX});
  }
  for (const Target& target : rulebook_->targets) {
    if (const auto parsed = ParseSubjectName(target.subject)) {
      add(parsed->first, parsed->second, target.period.begin);
      // A target's first day counts as seen: its holder is measured from then on (D-19).
      const auto subject = subjects_.FindByName(target.subject);
      subjects_.SawEarlier(*subject, target.period.begin);
    }
  }
  sorted_count_ = 0;
}

void Core::SortSubjects() {
  if (sorted_count_ == subjects_.size()) {
    return;
  }
  sorted_count_ = subjects_.size();
  subjects_by_name_.clear();
  for (uint32_t s = 0; s < subjects_.size(); ++s) {
    subjects_by_name_.emplace_back(s);
  }
  std::sort(subjects_by_name_.begin(), subjects_by_name_.end(), [&](SubjectId a, SubjectId b) {
    const SubjectInfo& left = subjects_.Get(a);
    const SubjectInfo& right = subjects_.Get(b);
    return std::tie(left.kind, left.id) < std::tie(right.kind, right.id);
  });
}

}  // namespace kpiwatch
