// What a step added to people and units, added to the units above them (D-19, S-21).
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/store/keys.h"

namespace kpiwatch {

void Core::Ancestors(SubjectId subject, Day day, std::vector<SubjectId>* ancestors) {
  ancestors->clear();
  const SubjectInfo info = subjects_.Get(subject);
  const auto add = [&](std::string_view unit) {
    if (info.kind == SubjectKind::kUnit && info.id == unit) {
      return;
    }
    const auto known = subjects_.Find(SubjectKind::kUnit, unit);
    if (known) {
      SeeSubject(*known, day);
    }
    ancestors->push_back(known ? *known : AddSubject(SubjectKind::kUnit, unit, day, {}));
  };
  const Org& org = rulebook_->org;
  if (!org.given) {
    if (info.kind == SubjectKind::kPerson && !info.home_unit.empty() &&
        info.home_unit != kCompanyUnit) {
      add(info.home_unit);
    }
    add(kCompanyUnit);
    return;
  }
  std::optional<UnitIndex> unit;
  if (info.kind == SubjectKind::kUnit) {
    const auto own = org.FindUnit(info.id);
    unit = own ? org.units[*own].parent : std::nullopt;
    if (!own) {
      unit = 0;  // an unknown unit counts for the root
    }
  } else if (const Person* person = org.FindPerson(info.id, day)) {
    unit = person->unit;
  } else {
    // Unknown or not employed that day: his facts count for nobody in particular and the company
    // (D-19).
    if (info.id != kUnassignedPerson) {
      ancestors->push_back(subjects_.FindOrAdd(SubjectKind::kPerson, kUnassignedPerson, day, {}));
    }
    unit = org.units.empty() ? std::nullopt : std::optional<UnitIndex>(0);
  }
  while (unit) {
    add(org.units[*unit].id);
    unit = org.units[*unit].parent;
  }
}

absl::Status Core::AttributeAgain() {
  const Org& org = rulebook_->org;
  const UnknownOwners::Waiting waiting = unknown_owners_.waiting();
  for (const auto& [id, days] : waiting) {
    const auto subject = subjects_.Find(SubjectKind::kPerson, id);
    if (!org.given || org.FindPersonAny(id) == nullptr || !subject) {
      continue;
    }
    struct Gathered {
      Day day;
      KpiIndex kpi = 0;
      Aggregate value;
    };
    std::vector<Gathered> facts;
    UnknownOwners::Days left;
    const auto gather = [&](Day day, std::span<const StoredCell> cells) {
      if (!days.Contains(day)) {
        return;  // his unit's already
      }
      if (org.FindPerson(id, day) == nullptr) {
        left.Add(day);  // not employed on that day
        return;
      }
      for (const StoredCell& cell : cells) {
        facts.push_back({day, cell.kpi, cell.value});
      }
    };
    if (!days.empty()) {
      KPIWATCH_RETURN_IF_ERROR(loader_->Load(*subject, days.begin(), days.end(), gather));
    }
    for (const Gathered& fact : facts) {
      const Person* const person = org.FindPerson(id, fact.day);
      const SubjectId nobody =
          subjects_.FindOrAdd(SubjectKind::kPerson, kUnassignedPerson, fact.day, {});
      const SubjectId unit = *subjects_.Find(SubjectKind::kUnit, org.units[person->unit].id);
      // The step rolls both up: for the company nothing changes.
      KPIWATCH_RETURN_IF_ERROR(
          series_->Add(nobody, fact.day, fact.kpi, Aggregate().Since(fact.value)).status());
      KPIWATCH_RETURN_IF_ERROR(series_->Add(unit, fact.day, fact.kpi, fact.value).status());
      if (samples_->Keeps(fact.kpi)) {
        SampleTable& table = *samples_->table();
        KPIWATCH_ASSIGN_OR_RETURN(const Samples samples,
                                  table.Merged(*subject, fact.kpi, fact.day, fact.day + 1));
        std::vector<Samples::Entry> taken = samples.entries();
        for (Samples::Entry& entry : taken) {
          entry.count = -entry.count;
        }
        KPIWATCH_RETURN_IF_ERROR(table.Add(nobody, fact.kpi, fact.day, taken));
        KPIWATCH_RETURN_IF_ERROR(table.Add(unit, fact.kpi, fact.day, samples.entries()));
      }
    }
    unknown_owners_.Settle(id, std::move(left), &names_);
  }
  return absl::OkStatus();
}

absl::Status Core::NoteUnknownOwner(SubjectId subject, Day day) {
  const std::string& id = subjects_.Get(subject).id;
  if (unknown_owners_.Knows(id, day)) {
    return absl::OkStatus();
  }
  // What the store has of that day went elsewhere, when the org employed him.
  KPIWATCH_ASSIGN_OR_RETURN(const auto stored,
                            store_->Get(Family::kSeries, SeriesKey(subject.value(), day)));
  unknown_owners_.Add(id, day, !stored, &names_);
  return absl::OkStatus();
}

absl::Status Core::RollUp() {
  struct Delta {
    SubjectId subject;
    Day day;
    KpiIndex kpi;
    Aggregate delta;
  };
  std::vector<Delta> deltas;
  deltas.reserve(series_->touched().size());
  for (const Touched& touched : series_->touched()) {
    deltas.push_back({touched.subject, touched.day, touched.kpi, SeriesTable::Added(touched)});
  }
  std::optional<std::pair<SubjectId, Day>> cached;
  for (const Delta& delta : deltas) {
    if (cached != std::pair(delta.subject, delta.day)) {
      Ancestors(delta.subject, delta.day, &ancestors_);
      cached = std::pair(delta.subject, delta.day);
      // Whose facts count for person:unassigned, the org does not employ on that day.
      if (!ancestors_.empty() && subjects_.Get(ancestors_.front()).kind == SubjectKind::kPerson) {
        KPIWATCH_RETURN_IF_ERROR(NoteUnknownOwner(delta.subject, delta.day));
      }
    }
    for (const SubjectId ancestor : ancestors_) {
      KPIWATCH_RETURN_IF_ERROR(series_->Add(ancestor, delta.day, delta.kpi, delta.delta).status());
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
