#include "daemon/fold/subject_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kpiwatch {

std::optional<std::pair<SubjectKind, std::string_view>> ParseSubjectName(std::string_view name) {
  constexpr std::string_view kPersonPrefix = "person:";
  constexpr std::string_view kUnitPrefix = "unit:";
  if (name.starts_with(kPersonPrefix)) {
    return std::pair{SubjectKind::kPerson, name.substr(kPersonPrefix.size())};
  }
  if (name.starts_with(kUnitPrefix)) {
    return std::pair{SubjectKind::kUnit, name.substr(kUnitPrefix.size())};
  }
  return std::nullopt;
}

std::optional<SubjectId> SubjectTable::Find(SubjectKind kind, std::string_view id) const {
  const Index& index = IndexOf(kind);
  const auto it = index.find(id);
  if (it == index.end()) {
    return std::nullopt;
  }
  return it->second;
}

SubjectId SubjectTable::FindOrAdd(SubjectKind kind, std::string_view id, Day first_seen,
                                  std::string_view home_unit) {
  if (const auto found = Find(kind, id)) {
    return *found;
  }
  const SubjectId subject(static_cast<uint32_t>(infos_.size()));
  Restore({kind, std::string(id), first_seen, std::string(home_unit)});
  changed_.push_back(subject);
  return subject;
}

void SubjectTable::SawEarlier(SubjectId subject, Day day) {
  SubjectInfo& info = infos_[subject.value()];
  if (day < info.first_seen) {
    info.first_seen = day;
    changed_.push_back(subject);
  }
}

void SubjectTable::SawUnit(SubjectId subject, std::string_view home_unit) {
  SubjectInfo& info = infos_[subject.value()];
  if (info.home_unit.empty()) {
    info.home_unit = home_unit;
    changed_.push_back(subject);
  }
}

void SubjectTable::Restore(SubjectInfo info) {
  const SubjectId subject(static_cast<uint32_t>(infos_.size()));
  (info.kind == SubjectKind::kPerson ? people_ : units_).emplace(info.id, subject);
  infos_.push_back(std::move(info));
}

std::optional<SubjectId> SubjectTable::FindByName(std::string_view name) const {
  const auto parsed = ParseSubjectName(name);
  if (!parsed) {
    return std::nullopt;
  }
  return Find(parsed->first, parsed->second);
}

const std::vector<SubjectId>& SubjectTable::ByName() {
  if (by_name_.size() == infos_.size()) {
    return by_name_;
  }
  by_name_.clear();
  for (uint32_t s = 0; s < infos_.size(); ++s) {
    by_name_.emplace_back(s);
  }
  const auto key = [this](SubjectId s) { return std::tie(Get(s).kind, Get(s).id); };
  std::sort(by_name_.begin(), by_name_.end(),
            [&](SubjectId a, SubjectId b) { return key(a) < key(b); });
  return by_name_;
}

}  // namespace kpiwatch
