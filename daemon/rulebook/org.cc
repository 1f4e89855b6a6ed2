// Look-ups in the organisation.
#include <algorithm>
#include <string>
#include <string_view>

#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {
namespace {

// Whether nothing is known that keeps `id` from being told something on `day`.
bool CanAnswer(const Org& org, std::string_view id, Day day) {
  return org.FindPersonAny(id) == nullptr || org.FindPerson(id, day) != nullptr;
}

// The next manager above `id`: the one named for him, else those of his unit and of the units above
// it, other than himself and those who have left.
std::string NextManager(const Org& org, std::string_view id, Day day) {
  const Person* person = org.FindPerson(id, day);
  if (person == nullptr) {
    person = org.FindPersonAny(id);
  }
  if (person == nullptr) {
    return "";
  }
  if (!person->manager.empty() && person->manager != id && CanAnswer(org, person->manager, day)) {
    return person->manager;
  }
  std::optional<UnitIndex> unit = person->unit;
  while (unit && *unit < org.units.size()) {
    const std::string& manager = org.units[*unit].manager;
    if (!manager.empty() && manager != id && CanAnswer(org, manager, day)) {
      return manager;
    }
    unit = org.units[*unit].parent;
  }
  return "";
}

}  // namespace

bool Person::OnLeave(Day day) const {
  return std::any_of(leave.begin(), leave.end(), [day](const Leave& l) {
    return l.from <= day && day < l.to && l.capacity == 0;
  });
}

int Person::CapacityOn(Day day) const {
  int share = capacity[day.weekday()];
  for (const Leave& l : leave) {
    share = l.from <= day && day < l.to ? std::min(share, l.capacity) : share;
  }
  return share;
}

const Person* Org::FindPerson(std::string_view id, Day day) const {
  const auto it = people_by_id.find(id);
  if (it == people_by_id.end()) {
    return nullptr;
  }
  for (const PersonIndex index : it->second) {
    if (people[index].Holds(day)) {
      return &people[index];
    }
  }
  return nullptr;
}

const Person* Org::FindPersonAny(std::string_view id) const {
  const auto it = people_by_id.find(id);
  return it == people_by_id.end() ? nullptr : &people[it->second.back()];
}

std::optional<UnitIndex> Org::FindUnit(std::string_view id) const {
  const auto it = units_by_id.find(id);
  return it == units_by_id.end() ? std::nullopt : std::optional<UnitIndex>(it->second);
}

std::string Org::ManagerOf(std::string_view person, Day day, int steps) const {
  std::string manager(person);
  for (int i = 0; i < steps && !manager.empty(); ++i) {
    manager = NextManager(*this, manager, day);
  }
  return manager == person ? "" : manager;
}

std::string Org::ManagerOfUnit(UnitIndex unit, Day day, int steps) const {
  std::string manager;
  std::optional<UnitIndex> at = unit;
  for (int left = steps; left > 0 && at && *at < units.size(); at = units[*at].parent) {
    const std::string& next = units[*at].manager;
    if (next.empty() || next == manager || !CanAnswer(*this, next, day)) {
      continue;
    }
    manager = next;
    if (--left == 0) {
      return manager;
    }
  }
  return "";
}

std::string PersonToTell(const Org& org, bool is_person, std::string_view subject,
                         const Notify& notify, Day day) {
  if (!notify.person.empty()) {
    return notify.person;
  }
  if (is_person) {
    return notify.steps == 0 ? std::string(subject) : org.ManagerOf(subject, day, notify.steps);
  }
  const std::optional<UnitIndex> unit = org.FindUnit(subject);
  return unit ? org.ManagerOfUnit(*unit, day, std::max(notify.steps, 1)) : "";
}

}  // namespace kpiwatch
