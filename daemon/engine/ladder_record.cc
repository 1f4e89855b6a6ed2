#include "daemon/engine/ladder_record.h"

#include <algorithm>
#include <utility>

#include "daemon/base/wire.h"
#include "daemon/engine/stored_names.h"

namespace kpiwatch {
namespace {

using wire::AppendSigned;
using wire::AppendSigned128;
using wire::AppendU8;
using wire::AppendVarint;

constexpr int kToldShift = 3;
constexpr int kUnknownBit = 32;   // the period had no value
constexpr int kCapacityBit = 64;  // it has a capacity

void AppendDay(std::optional<Day> day, std::string* out) {
  AppendU8(day ? 1 : 0, out);
  if (day) {
    AppendSigned(day->number, out);
  }
}

std::optional<Day> ReadDay(wire::Reader* reader) {
  if (reader->U8() == 0) {
    return std::nullopt;
  }
  return Day{static_cast<int32_t>(reader->Signed())};
}

void AppendState(const LadderState& state, std::string* out) {
  AppendU8(state.latched, out);
  for (const uint8_t hits : state.hits) {
    AppendU8(hits, out);
  }
  AppendVarint(static_cast<uint64_t>(state.miss_streak), out);
  AppendVarint(static_cast<uint64_t>(state.hit_streak), out);
  AppendDay(state.last_end, out);
  AppendDay(state.since, out);
}

LadderState ReadState(wire::Reader* reader) {
  LadderState state;
  state.latched = reader->U8();
  for (uint8_t& hits : state.hits) {
    hits = reader->U8();
  }
  state.miss_streak = static_cast<int32_t>(reader->Varint());
  state.hit_streak = static_cast<int32_t>(reader->Varint());
  state.last_end = ReadDay(reader);
  state.since = ReadDay(reader);
  return state;
}

void AppendRecord(const SealedRecord& record, std::string* out) {
  AppendU8(static_cast<uint8_t>(record.period.kind), out);
  AppendSigned(record.period.begin.number, out);
  AppendVarint(static_cast<uint64_t>(record.period.end - record.period.begin), out);
  AppendU8(
      static_cast<uint8_t>((record.met ? (*record.met ? 2 : 1) : 0) | (record.target ? 4 : 0) |
                           static_cast<int>(record.told) << kToldShift |
                           (record.known ? 0 : kUnknownBit) | (record.capacity ? kCapacityBit : 0)),
      out);
  AppendSigned128(record.value.units(), out);
  if (record.target) {
    AppendSigned128(record.target->units(), out);
  }
  if (record.capacity) {
    AppendVarint(static_cast<uint64_t>(*record.capacity), out);
  }
  AppendState(record.after, out);
}

SealedRecord ReadRecord(wire::Reader* reader) {
  SealedRecord record;
  record.period.kind = static_cast<PeriodKind>(reader->U8());
  record.period.begin = Day{static_cast<int32_t>(reader->Signed())};
  record.period.end = record.period.begin + static_cast<int>(reader->Varint());
  const uint8_t flags = reader->U8();
  if ((flags & 3) != 0) {
    record.met = (flags & 3) == 2;
  }
  record.told = static_cast<Level>(flags >> kToldShift & 3);
  record.known = (flags & kUnknownBit) == 0;
  record.value = Decimal::FromUnits(reader->Signed128());
  if ((flags & 4) != 0) {
    record.target = Decimal::FromUnits(reader->Signed128());
  }
  if ((flags & kCapacityBit) != 0) {
    record.capacity = static_cast<int>(reader->Varint());
  }
  record.after = ReadState(reader);
  return record;
}

}  // namespace

size_t FirstStanding(const Ladder& ladder) {
  size_t first = ladder.records.size();
  while (first > 0 && ladder.records[first - 1].period.end == ladder.records.back().period.end) {
    --first;
  }
  return first;
}

Level ToldLevel(const Ladder& ladder) {
  return ladder.records.empty() ? Level::kGreen : ladder.records.back().told;
}

bool AnyFiring(const Ladder& ladder) {
  return std::any_of(
      ladder.records.begin() + static_cast<ptrdiff_t>(FirstStanding(ladder)), ladder.records.end(),
      [](const SealedRecord& record) { return record.after.level() != Level::kGreen; });
}

void EncodeLadder(const Ladder& ladder, std::string* out) {
  AppendState(ladder.base, out);
  AppendState(ladder.state, out);
  AppendSigned(ladder.since_ms, out);
  AppendNames(ladder.told.people, out);
  AppendVarint(ladder.records.size(), out);
  for (const SealedRecord& record : ladder.records) {
    AppendRecord(record, out);
  }
  AppendWay(ladder.told, out);
}

std::optional<Ladder> DecodeLadder(std::string_view bytes) {
  wire::Reader reader(bytes);
  Ladder ladder;
  ladder.base = ReadState(&reader);
  ladder.state = ReadState(&reader);
  ladder.since_ms = reader.Signed();
  ladder.told.people = ReadNames(&reader);
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    ladder.records.push_back(ReadRecord(&reader));
  }
  if (reader.AtEnd()) {
    for (SealedRecord& record :
         ladder.records) {  // of format 1, which told whatever it did not say
      record.told = record.after.level();
    }
    ladder.told.channels = AnyFiring(ladder) ? kChannelsNotKept : uint8_t{0};
    return ladder;
  }
  ReadWay(&reader, &ladder.told);
  if (!reader.AtEnd()) {
    return std::nullopt;
  }
  return ladder;
}

std::string LadderKeyRest(uint32_t rule) {
  std::string rest = "L";
  wire::AppendU32(rule, &rest);
  return rest;
}

std::string OpenLadderKeyRest(const Period& period) {
  std::string rest = "O";
  wire::AppendU8(static_cast<uint8_t>(period.kind), &rest);
  wire::AppendI32(period.begin.number, &rest);
  wire::AppendI32(period.end.number, &rest);
  return rest;
}

std::optional<uint32_t> ParseLadderKeyRest(std::string_view rest) {
  if (rest.size() != 5 || rest[0] != 'L') {
    return std::nullopt;
  }
  return wire::Reader(rest.substr(1)).U32();
}

std::optional<Period> ParseOpenLadderKeyRest(std::string_view rest) {
  if (rest.size() != 10 || rest[0] != 'O') {
    return std::nullopt;
  }
  wire::Reader reader(rest.substr(1));
  Period period;
  period.kind = static_cast<PeriodKind>(reader.U8());
  period.begin = Day{reader.I32()};
  period.end = Day{reader.I32()};
  return period;
}

}  // namespace kpiwatch
