// What the core derives from a rulebook when it enters: numbers for names, seal groups, known
// subjects.
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

  plans_.Build(book);
  evaluations_.clear();
  for (const Rule& rule : book.rules) {
    evaluations_.push_back(&metrics_->rule_evaluations.With({rule.name}));
  }
  open_evaluations_.assign(book.rules.size(), 0);
  told_log_.SetRulebook(&book);
  BuildGroups();
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

SubjectId Core::AddSubject(SubjectKind kind, std::string_view id, Day first_seen,
                           std::string_view home_unit) {
  const SubjectId subject = subjects_.FindOrAdd(kind, id, first_seen, home_unit);
  series_->MarkNew(subject);
  ladders_->MarkNew(subject);
  if (!rulebook_->org.given) {
    seen_earlier_.push_back(subject);
  }
  return subject;
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
}

}  // namespace kpiwatch
