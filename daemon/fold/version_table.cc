#include "daemon/fold/version_table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

Day ArrivalDay(absl::Time time) {
  return Day::FromCivil(absl::ToCivilDay(time, absl::UTCTimeZone()));
}

std::optional<EventVersion> Decode(std::string_view bytes) {
  wire::Reader reader(bytes);
  EventVersion version;
  version.sequence = reader.Signed();
  version.content = reader.U64();
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Contribution& one = version.contributions.emplace_back();
    one.kpi_id = static_cast<uint32_t>(reader.Varint());
    one.subject = SubjectId(static_cast<uint32_t>(reader.Varint()));
    one.day = Day{static_cast<int32_t>(reader.Signed())};
    one.delta.count = reader.Signed();
    one.delta.sum = Decimal::FromUnits(reader.Signed128());
  }
  return reader.AtEnd() ? std::optional(std::move(version)) : std::nullopt;
}

absl::StatusOr<std::optional<EventVersion>> Decoded(std::string_view bytes) {
  std::optional<EventVersion> version = Decode(bytes);
  if (!version) {
    return absl::DataLossError("a stored version of an event is damaged");
  }
  return version;
}

}  // namespace

const VersionTable::Place* VersionTable::Pending::Find(Fingerprint id) const {
  const auto it = places.find(Key{id.bits, id.shard});
  return it == places.end() ? nullptr : &it->second;
}

absl::Status VersionTable::Restore() {
  std::string from(kVersionPrefix);
  for (bool found = true; found;) {
    found = false;
    KPIWATCH_RETURN_IF_ERROR(store_->Scan(Family::kMeta, from, PrefixEnd(kVersionPrefix),
                                          [&](std::string_view key, std::string_view) {
                                            if (const auto parts = ParseVersionKey(key)) {
                                              days_.push_back(parts->arrival);
                                              found = true;
                                            }
                                            return false;  // the rest of that day says nothing new
                                          }));
    if (found) {
      from = VersionKey({.arrival = days_.back() + 1, .shard = 0, .bits = 0});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<EventVersion>> VersionTable::Find(Fingerprint id) const {
  for (const Pending* pending : {&present_, &writing_}) {
    if (const Place* place = pending->Find(id)) {
      return Decoded(std::string_view(pending->bytes).substr(place->begin, place->size));
    }
  }
  for (auto day = days_.rbegin(); day != days_.rend(); ++day) {
    KPIWATCH_ASSIGN_OR_RETURN(
        const auto stored,
        store_->Get(Family::kMeta,
                    VersionKey({.arrival = *day, .shard = id.shard, .bits = id.bits})));
    if (stored) {
      return Decoded(*stored);
    }
  }
  return std::nullopt;
}

void VersionTable::Put(Fingerprint id, int64_t sequence, uint64_t content,
                       std::span<const Contribution> contributions) {
  Place& place = present_.places[Key{id.bits, id.shard}];
  std::string* const out = &present_.bytes;
  place.begin = out->size();
  wire::AppendSigned(sequence, out);
  wire::AppendU64(content, out);
  wire::AppendVarint(contributions.size(), out);
  for (const Contribution& one : contributions) {
    wire::AppendVarint(one.kpi_id, out);
    wire::AppendVarint(one.subject.value(), out);
    wire::AppendSigned(one.day.number, out);
    wire::AppendSigned(one.delta.count, out);
    wire::AppendSigned128(one.delta.sum.units(), out);
  }
  place.size = out->size() - place.begin;
}

absl::Status VersionTable::WriteChanged(absl::Time arrival, absl::Time keep_from,
                                        WriteBatch* batch) {
  writing_.places.clear();
  writing_.bytes.clear();
  if (!days_.empty() && keep_from > absl::InfinitePast()) {
    KPIWATCH_RETURN_IF_ERROR(Forget(ArrivalDay(keep_from), batch));
  }
  if (present_.places.empty()) {
    return absl::OkStatus();
  }
  if (days_.empty() || days_.back() < ArrivalDay(arrival)) {
    days_.push_back(ArrivalDay(arrival));
  }
  const Day day = days_.back();
  std::vector<std::pair<std::string, const Place*>> sorted;  // cheaper for the store to take
  sorted.reserve(present_.places.size());
  for (const auto& [key, place] : present_.places) {
    sorted.emplace_back(VersionKey({.arrival = day, .shard = key.shard, .bits = key.bits}), &place);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [key, place] : sorted) {
    batch->Put(Family::kMeta, key,
               std::string_view(present_.bytes).substr(place->begin, place->size));
  }
  std::swap(present_, writing_);
  return absl::OkStatus();
}

absl::Status VersionTable::Forget(Day keep_from, WriteBatch* batch) {
  size_t forgotten = 0;
  while (!days_.empty() && days_.front() < keep_from && forgotten < kMostForgotten) {
    KPIWATCH_RETURN_IF_ERROR(
        store_->Scan(Family::kMeta, VersionKey({.arrival = days_.front(), .shard = 0, .bits = 0}),
                     VersionKey({.arrival = days_.front() + 1, .shard = 0, .bits = 0}),
                     [&](std::string_view key, std::string_view) {
                       batch->Delete(Family::kMeta, key);
                       return ++forgotten < kMostForgotten;
                     }));
    if (forgotten < kMostForgotten) {
      days_.pop_front();
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
