// Of events with the same id the one with the highest sequence counts, in whatever order they come;
// one without a sequence gives way to any that has one, and among equals the first counts (D-12).
#include <utility>

#include "daemon/base/hash.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/engine/core.h"

namespace kpiwatch {

namespace {

// Stands among an event's shares for the moment of its facts, which is the count, where a KPI
// orders them by it. No KPI has this number.
constexpr uint32_t kMomentOfShares = UINT32_MAX;

int64_t MomentOf(const EventVersion& version, int64_t otherwise) {
  for (const Contribution& share : version.contributions) {
    if (share.kpi_id == kMomentOfShares) {
      return share.delta.count;
    }
  }
  return otherwise;
}

}  // namespace

uint64_t Core::ContentOf(std::span<const Fact> facts, std::span<const EntityFact> entities,
                         int64_t time_ms) {
  content_.clear();
  const auto append = [&](const Fact& fact) {
    wire::AppendVarint(kpi_id_of_[fact.kpi], &content_);
    wire::AppendString(fact.subject, &content_);
    wire::AppendSigned(fact.day.number, &content_);
    wire::AppendSigned(fact.delta.count, &content_);
    wire::AppendSigned128(fact.delta.sum.units(), &content_);
    if (samples_->Keeps(fact.kpi) && rulebook_->kpis[fact.kpi].measure.IsOrderedByTime()) {
      wire::AppendSigned(time_ms, &content_);
    }
  };
  for (const Fact& fact : facts) {
    append(fact);
  }
  for (const EntityFact& one : entities) {
    wire::AppendString(one.entity, &content_);
    wire::AppendU8(static_cast<uint8_t>(one.reverse | one.retract << 1 | one.counts << 2),
                   &content_);
    append(one.fact);
  }
  return HashOf({content_}).low;
}

absl::Status Core::BookVersion(const PendingEvent& event, Booking* booking) {
  contributions_.clear();
  if (event.fact_begin == event.fact_end) {
    booking->result = kResIgnored;  // but a later one with a lower sequence is to find it
  }
  bool by_time = false;
  for (uint32_t f = event.fact_begin; f < event.fact_end; ++f) {
    PendingFact& fact = block_facts_[f];
    by_time = by_time ||
              (samples_->Keeps(fact.kpi) && rulebook_->kpis[fact.kpi].measure.IsOrderedByTime());
    KPIWATCH_RETURN_IF_ERROR(BookFact(event, &fact, booking));
    contributions_.push_back({kpi_id_of_[fact.kpi], fact.subject, fact.day, fact.delta});
  }
  if (by_time) {
    contributions_.push_back({kMomentOfShares, SubjectId(0), Day{0}, {event.time_ms, {}}});
  }
  versions_->Put(event.fingerprint, event.sequence, event.content, contributions_);
  return absl::OkStatus();
}

absl::Status Core::ApplyVersion(const PendingEvent& event) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<EventVersion> known,
                            versions_->Find(event.fingerprint));
  // Nothing is known of what came through a source with `same_id: first`.
  if (!known || known->content == event.content) {
    ++counts_.Of(event.origin, kResDuplicate);
    if (known && event.sequence > known->sequence) {
      versions_->Put(event.fingerprint, event.sequence, known->content, known->contributions);
      Booking booking{.time_ms = event.time_ms};
      return ApplyChanges(event, &booking);
    }
    return absl::OkStatus();
  }
  ++counts_.Of(event.origin, kResConflict);
  if (event.sequence <= known->sequence) {
    return absl::OkStatus();
  }
  Booking booking{.time_ms = MomentOf(*known, event.time_ms)};
  for (const Contribution& old : known->contributions) {
    const KpiIndex kpi = old.kpi_id < kpi_of_id_.size() ? kpi_of_id_[old.kpi_id] : UINT32_MAX;
    if (kpi != UINT32_MAX) {  // else the KPI has begun a new series, without it (D-29)
      PendingFact out{old.subject, kpi, old.day, {-old.delta.count, -old.delta.sum}};
      KPIWATCH_RETURN_IF_ERROR(BookFact(event, &out, &booking));
    }
  }
  booking.time_ms = event.time_ms;
  KPIWATCH_RETURN_IF_ERROR(BookVersion(event, &booking));
  return ApplyChanges(event, &booking);
}

}  // namespace kpiwatch
