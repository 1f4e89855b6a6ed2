// Every subject that a KPI has values for, with a small number that stands for it in memory and in
// the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/string_map.h"
#include "daemon/base/strong_id.h"
#include "daemon/model/day.h"

namespace kpiwatch {

using SubjectId = StrongId<struct SubjectIdTag>;

enum class SubjectKind : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kPerson = 0,
  kUnit = 1,
};

// The aggregate of facts whose owner the org does not know (D-19).
inline constexpr std::string_view kUnassignedPerson = "unassigned";
// The root unit where no org is given.
inline constexpr std::string_view kCompanyUnit = "company";

struct SubjectInfo {
  SubjectKind kind = SubjectKind::kPerson;
  std::string id;         // "u102", "east"
  Day first_seen;         // business day of the first fact
  std::string home_unit;  // of the first fact that names one; used where no org is given (D-19)
  std::string Name() const { return (kind == SubjectKind::kPerson ? "person:" : "unit:") + id; }
};

// Numbers are given in order of first sight and never reused. Owned by the engine thread.
class SubjectTable {
 public:
  std::optional<SubjectId> Find(SubjectKind kind, std::string_view id) const;
  // The subject's number; a new subject is added with `first_seen` and `home_unit`. New and
  // changed subjects stand in changed() until ClearChanged.
  SubjectId FindOrAdd(SubjectKind kind, std::string_view id, Day first_seen,
                      std::string_view home_unit);
  // Notes that a fact of an earlier day was seen.
  void SawEarlier(SubjectId subject, Day day);
  // Notes the unit that a fact of the subject names, where none is known yet.
  void SawUnit(SubjectId subject, std::string_view home_unit);
  // Puts back a stored subject. REQUIRES: stored numbers come in ascending order without gaps.
  void Restore(SubjectInfo info);

  const SubjectInfo& Get(SubjectId subject) const { return infos_[subject.value()]; }
  // Subject by its written name "person:u102"; nullopt: unknown or not a subject name.
  std::optional<SubjectId> FindByName(std::string_view name) const;
  size_t size() const { return infos_.size(); }
  // All subjects: people before units, each by id. Valid until the next call after one was added.
  const std::vector<SubjectId>& ByName();

  const std::vector<SubjectId>& changed() const { return changed_; }
  void ClearChanged() { changed_.clear(); }

 private:
  using Index = StringMap<SubjectId>;
  const Index& IndexOf(SubjectKind kind) const {
    return kind == SubjectKind::kPerson ? people_ : units_;
  }

  std::vector<SubjectInfo> infos_;
  Index people_, units_;
  std::vector<SubjectId> changed_;
  std::vector<SubjectId> by_name_;  // those that were there when it was last asked for
};

// "person:u102" → (kPerson, "u102"); nullopt when it is neither a person nor a unit.
std::optional<std::pair<SubjectKind, std::string_view>> ParseSubjectName(std::string_view name);

}  // namespace kpiwatch
