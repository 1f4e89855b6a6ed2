// What is told of the data: how far sources are proven complete; to the data steward, which are
// late, and facts of people whom nobody knows.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/engine/core.h"

namespace kpiwatch {
namespace {

bool IsUnread(const SealGroup& group, std::string_view source) {
  return std::find(group.unread.begin(), group.unread.end(), source) != group.unread.end();
}

}  // namespace

absl::Time Core::ProvenUntil(uint32_t source) const {
  const SourceCompleteness& proofs = completeness_[source];
  absl::Time until = proofs.complete_until();
  if ((*options_.sources)[source].complete_by != CompleteBy::kCaughtUp) {
    return until;
  }
  for (const SealGroup& group : groups_) {
    const std::optional<Day> next = group.next ? group.next : group.earliest;
    const auto& needed = group.sources;
    if (!next || std::find(needed.begin(), needed.end(), source) == needed.end()) {
      continue;
    }
    const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
    if (group.next) {
      until = std::max(until, calendar.Close(*next - 1));
    }
    // Days that wait for another source.
    for (Day day = *next; calendar.SealTime(day) <= now_; ++day) {
      if (!proofs.CompletedAt(calendar.Begin(day), calendar.Close(day), calendar.SealTime(day),
                              calendar.IsWorkingDay(day))) {
        break;
      }
      until = std::max(until, calendar.Close(day));
    }
  }
  return until;
}

std::optional<std::pair<Day, absl::Time>> Core::FirstLateDay(
    absl::FunctionRef<bool(const SealGroup&)> needs, const SourceCompleteness* proofs) const {
  std::optional<std::pair<Day, absl::Time>> late;
  for (const SealGroup& group : groups_) {
    if (!needs(group)) {
      continue;
    }
    const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
    std::optional<Day> next = group.next ? group.next : group.earliest;
    if (!next && live_from_ != absl::InfinitePast()) {
      next = calendar.DayOf(live_from_);  // nothing has come: waited for since the daemon lives
    }
    if (!next) {
      continue;
    }
    const Day day = calendar.IsWorkingDay(*next) ? *next : calendar.AddWorkingDays(*next, 1);
    const absl::Time due = calendar.SealTime(day);
    if (due <= now_ && (!late || day < late->first) &&
        (proofs == nullptr ||
         (!proofs->AwaitsAnswer(due, now_) &&
          !proofs->CompletedAt(calendar.Begin(day), calendar.Close(day), due, true)))) {
      late = std::pair(day, due);
    }
  }
  return late;
}

void Core::UpdateLateness() {
  // With clock_by_events now is the least of what is proven: no source that is read can be late.
  for (uint32_t s = 0; s < completeness_.size() && !options_.clock_by_events; ++s) {
    const auto needs = [s](const SealGroup& group) {
      return std::find(group.sources.begin(), group.sources.end(), s) != group.sources.end();
    };
    TellLateness((*options_.sources)[s].name, FirstLateDay(needs, &completeness_[s]),
                 &completeness_[s]);
  }
  for (auto& [name, source] : unread_) {
    TellLateness(
        name, FirstLateDay([&](const SealGroup& group) { return IsUnread(group, name); }, nullptr),
        &source);
  }
}

void Core::TellLateness(const std::string& name, std::optional<std::pair<Day, absl::Time>> late,
                        SourceCompleteness* source) {
  if (late.has_value() == source->late.has_value()) {
    return;
  }
  v1::Transition alert;
  alert.set_rule("data-late");
  alert.set_subject("source:" + name);
  const Day day = late ? late->first : Day{source->late->day};
  alert.set_period(day.ToString());
  alert.set_from_level(late ? v1::LEVEL_GREEN : v1::LEVEL_ORANGE);
  alert.set_to_level(late ? v1::LEVEL_ORANGE : v1::LEVEL_GREEN);
  alert.set_at_unix_ms(absl::ToUnixMillis(late ? late->second : Moment()));
  alert.set_active_since_unix_ms(absl::ToUnixMillis(late ? late->second : source->late->since));
  alert.set_reason(late ? v1::REASON_DATA_LATE : v1::REASON_DATA_COMPLETE);
  source->late = late ? std::optional(SourceCompleteness::Late{late->second, late->first.number})
                      : std::nullopt;
  source->MarkChanged();
  Emit(&alert);
}

std::vector<UnreadSource> Core::UnreadSources() const {
  std::vector<UnreadSource> found;
  for (const auto& [name, source] : unread_) {
    if (std::any_of(groups_.begin(), groups_.end(),
                    [&](const SealGroup& group) { return IsUnread(group, name); })) {
      found.push_back({.name = name, .late = source.late});
    }
  }
  return found;
}

void Core::EmitUnknownOwners() {
  const std::vector<std::string> owners = unknown_owners_.Take();
  if (owners.empty()) {
    return;
  }
  v1::Transition alert;
  alert.set_rule("unknown-owner");
  alert.set_subject("person:" + std::string(kUnassignedPerson));
  alert.set_to_level(v1::LEVEL_YELLOW);
  alert.set_at_unix_ms(absl::ToUnixMillis(Moment()));
  alert.set_active_since_unix_ms(alert.at_unix_ms());
  alert.set_reason(v1::REASON_UNKNOWN_OWNER);
  std::string names;
  constexpr size_t kMostNames = 20;
  for (size_t i = 0; i < owners.size() && i < kMostNames; ++i) {
    names += (i > 0 ? ", " : "") + owners[i];
  }
  if (owners.size() > kMostNames) {
    names += " +" + std::to_string(owners.size() - kMostNames);
  }
  alert.set_detail(names);
  Emit(&alert);
}

}  // namespace kpiwatch
