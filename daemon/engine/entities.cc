// KPIs that count entities: a new state takes the place of the one before, in the step in which it
// comes (S-19).
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"

namespace kpiwatch {

bool Core::AddChanges(const Event& event, std::span<const EntityFact> entities,
                      PendingEvent* pending) {
  bool keep_id = false;
  const std::string& tenant = tenants_.OfIds(pending->origin.source, &names_);
  pending->change_begin = static_cast<uint32_t>(block_changes_.size());
  for (const EntityFact& one : entities) {
    PendingChange& pending_change = block_changes_.emplace_back();
    pending_change.entity = EntityKeyOf(tenant, one.entity);
    pending_change.kpi = one.fact.kpi;
    EntityChange& change = pending_change.change;
    change.role = one.reverse   ? EntityChange::Role::kReverse
                  : one.retract ? EntityChange::Role::kRetract
                                : EntityChange::Role::kState;
    change.counts = one.counts;
    change.sequence = event.sequence;
    change.share.time_ms = event.time_ms;
    change.share.id = pending->fingerprint.bits;
    if (one.counts) {
      change.share.subject = ResolveSubject(one.fact);
      change.share.day = one.fact.day;
      change.share.booked = one.fact.day;
      change.share.delta = one.fact.delta;
    }
    keep_id = keep_id || plans_.keeps_ids[one.fact.kpi];
  }
  pending->change_end = static_cast<uint32_t>(block_changes_.size());
  return keep_id;
}

absl::Status Core::BookShare(const PendingEvent& event, KpiIndex kpi, bool out, EntityShare* share,
                             Booking* booking) {
  const Day day = out ? share->booked : share->day;
  const Aggregate delta = out ? Aggregate().Since(share->delta) : share->delta;
  PendingFact fact{share->subject, kpi, day, delta};
  PendingEvent of_share = event;  // its sample is that of the share's own event
  of_share.fingerprint.bits = share->id;
  booking->time_ms = share->time_ms;
  KPIWATCH_RETURN_IF_ERROR(BookFact(of_share, &fact, booking));
  share->booked = fact.day;
  return absl::OkStatus();
}

absl::Status Core::ApplyChanges(const PendingEvent& event, Booking* booking) {
  bool stale = true;
  const bool only_changes = event.fact_begin == event.fact_end;
  if (only_changes) {
    booking->result = kResAccepted;
  }
  for (uint32_t c = event.change_begin; c < event.change_end; ++c) {
    const PendingChange& pending = block_changes_[c];
    const Kpi& kpi = rulebook_->kpis[pending.kpi];
    const bool ordered = kpi.measure.IsOrderedByTime();
    KPIWATCH_ASSIGN_OR_RETURN(EntityPart* const part,
                              entities_.Find(pending.entity, kpi_id_of_[pending.kpi]));
    TakeChange(pending.change, kpi.entity, ordered, part, &entity_news_);
    if (entity_news_.stale) {
      continue;
    }
    stale = false;
    entities_.MarkChanged();
    for (EntityShare& share : entity_news_.out) {
      KPIWATCH_RETURN_IF_ERROR(BookShare(event, pending.kpi, true, &share, booking));
    }
    for (EntityShare* const share : entity_news_.in) {
      KPIWATCH_RETURN_IF_ERROR(BookShare(event, pending.kpi, false, share, booking));
    }
    if (entity_news_.beyond) {
      KPIWATCH_RETURN_IF_ERROR(
          BookShare(event, pending.kpi, false, &*entity_news_.beyond, booking));
    }
  }
  if (stale && only_changes && event.change_begin != event.change_end) {
    booking->result = kResStale;
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
