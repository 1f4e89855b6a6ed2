// What a step added to people and units, added to the units above them (D-19, S-21).
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"

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
    }
    for (const SubjectId ancestor : ancestors_) {
      KPIWATCH_RETURN_IF_ERROR(series_->Add(ancestor, delta.day, delta.kpi, delta.delta).status());
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
