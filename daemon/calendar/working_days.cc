#include "daemon/calendar/working_days.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "daemon/base/check.h"

namespace kpiwatch {
namespace {

// The first of [low, high) for which `holds`, `high` when there is none; `holds` must not turn
// false again once it is true.
template <typename Holds>
int FirstWhere(int low, int high, const Holds& holds) {
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (holds(Day{middle})) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

WorkingDayTable::WorkingDayTable(std::span<const int> weekend,
                                 const std::map<Day, bool>& exceptions) {
  std::fill(std::begin(pattern_), std::end(pattern_), true);
  for (const int weekday : weekend) {
    KPIWATCH_CHECK(0 <= weekday && weekday < 7, "weekdays count from 0 to 6");
    pattern_[weekday] = false;
  }
  for (int i = 0; i < 7; ++i) {
    before_weekday_[i + 1] = before_weekday_[i] + (pattern_[i] ? 1 : 0);
  }
  KPIWATCH_CHECK(before_weekday_[7] > 0, "the weekend leaves no working day");
  if (!exceptions.empty()) {
    first_ = exceptions.begin()->first;
    const Day last = exceptions.rbegin()->first;
    for (Day day = first_; day <= last; ++day) {
      works_.push_back(pattern_[day.weekday()] ? 1 : 0);
    }
    for (const auto& [day, working] : exceptions) {
      works_[day - first_] = working ? 1 : 0;
    }
  }
  before_.push_back(0);
  for (const uint8_t works : works_) {
    before_.push_back(before_.back() + works);
  }
}

int WorkingDayTable::CountOfPattern(Day day) const {
  const Day monday = day - day.weekday();
  return (monday - Day{-3}) / 7 * before_weekday_[7] + before_weekday_[day.weekday()];
}

int WorkingDayTable::CountFromFirst(Day day) const {
  if (day <= first_) {
    return CountOfPattern(day) - CountOfPattern(first_);
  }
  const auto size = static_cast<int>(works_.size());
  if (day - first_ <= size) {
    return before_[day - first_];
  }
  return before_.back() + CountOfPattern(day) - CountOfPattern(first_ + size);
}

int WorkingDayTable::Count(Day begin, Day end) const {
  return end <= begin ? 0 : CountFromFirst(end) - CountFromFirst(begin);
}

Day WorkingDayTable::Add(Day day, int n) const {
  if (n == 0) {
    return day;
  }
  const int64_t wanted = std::abs(int64_t{n});
  if (n > 0) {
    const int reached = FirstWhere(day.number + 1, Day::Max().number, [&](Day candidate) {
      return Count(day + 1, candidate + 1) >= wanted;
    });
    return {std::min(reached, Day::Max().number)};
  }
  // The day before the first one from which too few working days lead up to `day`.
  const int first_too_few = FirstWhere(
      Day::Min().number, day.number, [&](Day candidate) { return Count(candidate, day) < wanted; });
  return {std::max(first_too_few - 1, Day::Min().number)};
}

}  // namespace kpiwatch
