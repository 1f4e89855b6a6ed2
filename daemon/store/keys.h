// The keys of the store, by family. Layouts: FORMAT.md. Numbers are big-endian, so that the order
// of keys is the order of numbers. Every builder has its reader; a reader returns nullopt for a key
// that its builder cannot have written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/day.h"

namespace kpiwatch {

// --- kMeta: the first byte tells the kind -------------------------------------------------------
inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kUuidKey = "uuid";
inline constexpr std::string_view kDedupStateKey = "dedup";

// Where reading goes on (D-13): "p" source NUL topic NUL u32 partition. A NUL inside a name is
// written NUL 0xFF and the end of a name NUL 0x01, so that no two names run together.
struct PositionKeyParts {
  std::string source;
  std::string topic;
  uint32_t partition = 0;
  friend bool operator==(const PositionKeyParts&, const PositionKeyParts&) = default;
};
std::string PositionKey(std::string_view source, std::string_view topic, uint32_t partition);
std::optional<PositionKeyParts> ParsePositionKey(std::string_view key);
// What the keys of all positions of one source begin with.
std::string PositionPrefix(std::string_view source);

// A subject's number → its text: "i" u32.
std::string InternKey(uint32_t id);
std::optional<uint32_t> ParseInternKey(std::string_view key);

// What an event has added: "v", u32 day of its arrival + 2^31, u8 shard and u64
// bits of its fingerprint.
inline constexpr std::string_view kVersionPrefix = "v";
struct VersionKeyParts {
  Day arrival;  // UTC
  uint8_t shard = 0;
  uint64_t bits = 0;
  friend bool operator==(const VersionKeyParts&, const VersionKeyParts&) = default;
};
std::string VersionKey(const VersionKeyParts& parts);
std::optional<VersionKeyParts> ParseVersionKey(std::string_view key);

// The samples of a KPI, subject and day: "b" u32 subject, u32 KPI, u32 day + 2^31.
struct SamplesKeyParts {
  uint32_t subject = 0;
  uint32_t kpi = 0;
  Day day;
  friend bool operator==(const SamplesKeyParts&, const SamplesKeyParts&) = default;
};
std::string SamplesKey(const SamplesKeyParts& parts);
std::optional<SamplesKeyParts> ParseSamplesKey(std::string_view key);

// What KPIs know of an entity: "e", u64 and u64 of the hash that names it.
struct EntityKeyParts {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const EntityKeyParts&, const EntityKeyParts&) = default;
};
std::string EntityKey(const EntityKeyParts& parts);
std::optional<EntityKeyParts> ParseEntityKey(std::string_view key);

// How far a long piece of work has come: "c" name.
std::string CursorKey(std::string_view name);
std::optional<std::string_view> ParseCursorKey(std::string_view key);

// --- kSeries: u32 subject, u32 day number + 2^31 ------------------------------------------------
struct SeriesKeyParts {
  uint32_t subject = 0;
  Day day;
  friend bool operator==(const SeriesKeyParts&, const SeriesKeyParts&) = default;
};
std::string SeriesKey(uint32_t subject, Day day);
std::optional<SeriesKeyParts> ParseSeriesKey(std::string_view key);

// --- kLadder: u32 subject, then what the engine puts there --------------------------------------
struct LadderKeyParts {
  uint32_t subject = 0;
  std::string_view rest;  // borrows from the key
  friend bool operator==(const LadderKeyParts&, const LadderKeyParts&) = default;
};
std::string LadderKey(uint32_t subject, std::string_view rest);
std::optional<LadderKeyParts> ParseLadderKey(std::string_view key);

// --- kOutbox, kDedup: u64 -----------------------------------------------------------------------
std::string OutboxKey(uint64_t first_sequence);
std::optional<uint64_t> ParseOutboxKey(std::string_view key);
std::string DedupKey(uint64_t segment);
std::optional<uint64_t> ParseDedupKey(std::string_view key);

// The least key that is greater than every key beginning with `prefix`: the end of a Scan over
// them. "" (to the last) when the prefix is empty or only 0xFF.
std::string PrefixEnd(std::string_view prefix);

}  // namespace kpiwatch
