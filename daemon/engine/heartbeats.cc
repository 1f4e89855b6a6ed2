// Heartbeats as the core takes them in, and what a partition's promise means for its later facts.
#include <algorithm>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/model/heartbeat.h"

namespace kpiwatch {
namespace {

std::string_view TextOf(const Event& event, FieldId field) {
  const FieldValue& value = event.fields[field.value()];
  return value.kind == FieldKind::kString ? value.text : std::string_view();
}

}  // namespace

absl::StatusOr<OfferResult> Core::TakeHeartbeat(const Event& event, const Origin& origin) {
  const SourceOptions& source = (*options_.sources)[origin.source];
  std::string_view speaks_for = TextOf(event, rulebook_->heartbeat_source);
  if (speaks_for.empty()) {
    speaks_for = event.source;
  }
  if (!source.heartbeat_source.empty() && speaks_for != source.heartbeat_source) {
    ++counts_.Of(origin, kResHeartbeat);
    return OfferResult::kHeartbeat;  // another system's, in the same topic
  }
  const absl::StatusOr<absl::Time> read =
      ReadCompleteUntil(event.fields[rulebook_->heartbeat_until.value()]);
  if (!read.ok()) {
    return absl::IsOutOfRange(read.status()) ? OfferResult::kImplausible : OfferResult::kNoPromise;
  }
  const absl::Time until = *read;
  ++counts_.Of(origin, kResHeartbeat);
  // What came before it in the partition is to be applied under the promises that held then.
  KPIWATCH_RETURN_IF_ERROR(ApplyBlock());
  const SourceCompleteness& known = completeness_[origin.source];
  const bool scoped = !TextOf(event, rulebook_->heartbeat_scope).empty();
  const absl::Time sent = event.time_ms == kNoTime ? until : absl::FromUnixMillis(event.time_ms);
  // One that goes back says nothing new.
  const bool news = !scoped || until > known.PartitionCompleteUntil(origin.partition);
  completeness_[origin.source].OnHeartbeat(origin.partition, scoped, until, sent);
  NotePromises(origin);
  for (SealGroup& group : groups_) {
    const bool needed =
        std::find(group.sources.begin(), group.sources.end(), origin.source) != group.sources.end();
    if (news && needed) {
      NoteFirstDay(rulebook_->calendars[group.calendar].DayOf(until - absl::Milliseconds(1)),
                   &group);
    }
  }
  return OfferResult::kHeartbeat;
}

void Core::NotePromises(const Origin& origin) {
  std::vector<Day>& promised = promised_[origin.source][origin.partition];
  promised.assign(groups_.size(), Day{INT32_MIN});
  const absl::Time until = completeness_[origin.source].PartitionCompleteUntil(origin.partition);
  if (until == absl::InfinitePast()) {
    return;
  }
  for (size_t g = 0; g < groups_.size(); ++g) {
    const BusinessCalendar& calendar = rulebook_->calendars[groups_[g].calendar];
    Day day = calendar.DayOf(until);
    while (calendar.Close(day) > until) {
      day = day - 1;
    }
    promised[g] = day;
  }
}

}  // namespace kpiwatch
