// Of events with the same id the one with the highest sequence counts, in whatever order they come;
// one without a sequence gives way to any that has one, and among equals the first counts (D-12).
#include <utility>

#include "daemon/base/hash.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/engine/core.h"

namespace kpiwatch {

uint64_t Core::ContentOf(const std::vector<Fact>& facts) {
  content_.clear();
  for (const Fact& fact : facts) {
    wire::AppendVarint(kpi_id_of_[fact.kpi], &content_);
    wire::AppendString(fact.subject, &content_);
    wire::AppendSigned(fact.day.number, &content_);
    wire::AppendSigned(fact.delta.count, &content_);
    wire::AppendSigned128(fact.delta.sum.units(), &content_);
  }
  return HashOf({content_}).low;
}

absl::Status Core::BookVersion(const PendingEvent& event, Booking* booking) {
  contributions_.clear();
  if (event.fact_begin == event.fact_end) {
    booking->result = kResIgnored;  // but a later one with a lower sequence is to find it
  }
  for (uint32_t f = event.fact_begin; f < event.fact_end; ++f) {
    PendingFact& fact = block_facts_[f];
    KPIWATCH_RETURN_IF_ERROR(BookFact(event, &fact, booking));
    contributions_.push_back({kpi_id_of_[fact.kpi], fact.subject, fact.day, fact.delta});
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
    }
    return absl::OkStatus();
  }
  ++counts_.Of(event.origin, kResConflict);
  if (event.sequence <= known->sequence) {
    return absl::OkStatus();
  }
  Booking booking;
  for (const Contribution& old : known->contributions) {
    const KpiIndex kpi = old.kpi_id < kpi_of_id_.size() ? kpi_of_id_[old.kpi_id] : UINT32_MAX;
    if (kpi != UINT32_MAX) {  // else the KPI has begun a new series, without it (D-29)
      PendingFact out{old.subject, kpi, old.day, {-old.delta.count, -old.delta.sum}};
      KPIWATCH_RETURN_IF_ERROR(BookFact(event, &out, &booking));
    }
  }
  return BookVersion(event, &booking);
}

}  // namespace kpiwatch
