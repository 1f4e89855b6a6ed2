#include "daemon/fold/entity.h"

#include <algorithm>
#include <utility>

#include "daemon/base/wire.h"

namespace kpiwatch {
namespace {

enum PartFlag : uint8_t {  // persisted: DO NOT CHANGE
  kKnown = 1,
  kRetracted = 2,
  kHasState = 4,
};

// Whether nothing needs to be booked for one to take the other's place.
bool IsSame(const EntityShare& one, const EntityShare& other, bool ordered) {
  return one.subject == other.subject && one.day == other.day && one.delta == other.delta &&
         (!ordered || (one.time_ms == other.time_ms && one.id == other.id));
}

// Puts `wanted` in the place of what is counted.
void Count(const std::optional<EntityShare>& wanted, bool ordered,
           std::optional<EntityShare>* counted, EntityNews* news) {
  if (wanted && *counted && IsSame(*wanted, **counted, ordered)) {
    const Day booked = (*counted)->booked;
    **counted = *wanted;
    (*counted)->booked = booked;
    return;
  }
  if (*counted) {
    news->out.push_back(**counted);
  }
  *counted = wanted;
  if (*counted) {
    news->in.push_back(&**counted);
  }
}

// Against whom and on which day the reversal counts, if it does: against the owner of the state,
// while that counts; of an entity that nothing is known of, against its own.
std::optional<EntityShare> Wanted(const EntityReversal& reversal, const EntityPart& part,
                                  const KpiEntity& meaning) {
  if (!part.known) {
    return reversal.own;
  }
  if (!part.state) {
    return std::nullopt;
  }
  EntityShare share = reversal.own;
  share.subject = part.state->subject;
  if (meaning.reverse_day == KpiEntity::ReverseDay::kOriginal) {
    share.day = part.state->day;
  }
  return share;
}

void TakeReversal(const EntityChange& change, EntityPart* part, EntityNews* news) {
  const auto known = std::find_if(
      part->reversals.begin(), part->reversals.end(),
      [&](const EntityReversal& reversal) { return reversal.own.id == change.share.id; });
  if (known != part->reversals.end()) {
    news->stale = change.sequence <= known->sequence;
    if (!news->stale) {
      known->sequence = change.sequence;
      known->own = change.share;
    }
  } else if (part->reversals.size() >= kMostReversals) {
    news->beyond = change.share;
  } else {
    part->reversals.push_back({change.sequence, change.share, std::nullopt});
  }
}

// The last state counts, if it is one that counts.
void TakeLatest(const EntityChange& change, const StateOrder& order, bool ordered, EntityPart* part,
                EntityNews* news) {
  if (part->known && order <= part->order) {
    news->stale = true;
    return;
  }
  part->known = true;
  part->order = order;
  Count(change.counts ? std::optional(change.share) : std::nullopt, ordered, &part->state, news);
}

// The first state that counts does so for ever, unless the entity is retracted.
void TakeEver(const EntityChange& change, const StateOrder& order, bool ordered, EntityPart* part,
              EntityNews* news) {
  const bool same_event = part->state && part->order.id == order.id;
  const bool earlier = !part->state || order < part->order;
  if (part->retracted) {
    news->stale = true;
  } else if (change.role == EntityChange::Role::kRetract) {
    part->retracted = true;
    Count(std::nullopt, ordered, &part->state, news);
  } else if (same_event ? order > part->order : change.counts && earlier) {
    part->order = order;
    Count(change.counts ? std::optional(change.share) : std::nullopt, ordered, &part->state, news);
  } else {
    news->stale = change.counts;  // what does not count changes nothing
  }
  part->known = true;
}

void AppendShare(const EntityShare& share, std::string* out) {
  wire::AppendVarint(share.subject.value(), out);
  wire::AppendSigned(share.day.number, out);
  wire::AppendSigned(share.booked.number, out);
  wire::AppendSigned(share.delta.count, out);
  wire::AppendSigned128(share.delta.sum.units(), out);
  wire::AppendSigned(share.time_ms, out);
  wire::AppendU64(share.id, out);
}

EntityShare ReadShare(wire::Reader* reader) {
  EntityShare share;
  share.subject = SubjectId(static_cast<uint32_t>(reader->Varint()));
  share.day = Day{static_cast<int32_t>(reader->Signed())};
  share.booked = Day{static_cast<int32_t>(reader->Signed())};
  share.delta.count = reader->Signed();
  share.delta.sum = Decimal::FromUnits(reader->Signed128());
  share.time_ms = reader->Signed();
  share.id = reader->U64();
  return share;
}

EntityPart ReadPart(wire::Reader* reader) {
  EntityPart part;
  part.kpi_id = static_cast<uint32_t>(reader->Varint());
  const uint8_t flags = reader->U8();
  part.known = (flags & kKnown) != 0;
  part.retracted = (flags & kRetracted) != 0;
  part.order.sequence = reader->Signed();
  part.order.time_ms = reader->Signed();
  part.order.id = reader->U64();
  if ((flags & kHasState) != 0) {
    part.state = ReadShare(reader);
  }
  const uint64_t reversals = reader->Varint();
  for (uint64_t i = 0; i < reversals && reader->ok(); ++i) {
    EntityReversal& reversal = part.reversals.emplace_back();
    reversal.sequence = reader->Signed();
    reversal.own = ReadShare(reader);
    if (reader->U8() != 0) {
      reversal.counted = ReadShare(reader);
    }
  }
  return part;
}

}  // namespace

void TakeChange(const EntityChange& change, const KpiEntity& meaning, bool ordered,
                EntityPart* part, EntityNews* news) {
  *news = EntityNews();
  if (change.role == EntityChange::Role::kReverse) {
    TakeReversal(change, part, news);
  } else {
    const StateOrder order{change.sequence, change.share.time_ms, change.share.id};
    if (meaning.states == KpiEntity::States::kEver) {
      TakeEver(change, order, ordered, part, news);
    } else {
      TakeLatest(change, order, ordered, part, news);
    }
  }
  if (!news->stale) {
    for (EntityReversal& reversal : part->reversals) {
      Count(Wanted(reversal, *part, meaning), ordered, &reversal.counted, news);
    }
  }
}

void AppendEntityParts(const std::vector<EntityPart>& parts, std::string* out) {
  wire::AppendVarint(parts.size(), out);
  for (const EntityPart& part : parts) {
    wire::AppendVarint(part.kpi_id, out);
    wire::AppendU8(
        static_cast<uint8_t>((part.known ? kKnown : 0) | (part.retracted ? kRetracted : 0) |
                             (part.state ? kHasState : 0)),
        out);
    wire::AppendSigned(part.order.sequence, out);
    wire::AppendSigned(part.order.time_ms, out);
    wire::AppendU64(part.order.id, out);
    if (part.state) {
      AppendShare(*part.state, out);
    }
    wire::AppendVarint(part.reversals.size(), out);
    for (const EntityReversal& reversal : part.reversals) {
      wire::AppendSigned(reversal.sequence, out);
      AppendShare(reversal.own, out);
      wire::AppendU8(reversal.counted ? 1 : 0, out);
      if (reversal.counted) {
        AppendShare(*reversal.counted, out);
      }
    }
  }
}

std::optional<std::vector<EntityPart>> ReadEntityParts(std::string_view bytes) {
  wire::Reader reader(bytes);
  std::vector<EntityPart> parts;
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    parts.push_back(ReadPart(&reader));
  }
  return reader.AtEnd() ? std::optional(std::move(parts)) : std::nullopt;
}

}  // namespace kpiwatch
