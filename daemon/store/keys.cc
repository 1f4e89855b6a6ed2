#include "daemon/store/keys.h"

#include "daemon/base/wire.h"

namespace kpiwatch {
namespace {

constexpr char kPositionKind = 'p';
constexpr char kInternKind = 'i';
constexpr char kCursorKind = 'c';
constexpr char kSamplesKind = 'b';
constexpr char kEntityKind = 'e';

constexpr char kEscape = '\0';
constexpr char kEscapedNul = '\xFF';
constexpr char kEndOfName = '\x01';

void AppendName(std::string_view name, std::string* key) {
  for (const char c : name) {
    key->push_back(c);
    if (c == kEscape) {
      key->push_back(kEscapedNul);
    }
  }
  key->push_back(kEscape);
  key->push_back(kEndOfName);
}

// Takes one name off the front of *rest.
std::optional<std::string> TakeName(std::string_view* rest) {
  std::string name;
  for (size_t i = 0; i + 1 < rest->size(); ++i) {
    if ((*rest)[i] != kEscape) {
      name.push_back((*rest)[i]);
      continue;
    }
    const char mark = (*rest)[++i];
    if (mark == kEndOfName) {
      rest->remove_prefix(i + 1);
      return name;
    }
    if (mark != kEscapedNul) {
      return std::nullopt;
    }
    name.push_back(kEscape);
  }
  return std::nullopt;
}

// Cuts the kind byte off *key; false when it is another kind.
bool TakeKind(char kind, std::string_view* key) {
  if (key->empty() || key->front() != kind) {
    return false;
  }
  key->remove_prefix(1);
  return true;
}

std::string U64Key(uint64_t number) {
  std::string key;
  wire::AppendU64(number, &key);
  return key;
}

std::optional<uint64_t> ParseU64Key(std::string_view key) {
  wire::Reader reader(key);
  const uint64_t number = reader.U64();
  return reader.AtEnd() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string PositionPrefix(std::string_view source) {
  std::string key(1, kPositionKind);
  AppendName(source, &key);
  return key;
}

std::string PositionKey(std::string_view source, std::string_view topic, uint32_t partition) {
  std::string key = PositionPrefix(source);
  AppendName(topic, &key);
  wire::AppendU32(partition, &key);
  return key;
}

std::optional<PositionKeyParts> ParsePositionKey(std::string_view key) {
  if (!TakeKind(kPositionKind, &key)) {
    return std::nullopt;
  }
  std::optional<std::string> source = TakeName(&key);
  if (!source) {
    return std::nullopt;
  }
  std::optional<std::string> topic = TakeName(&key);
  if (!topic) {
    return std::nullopt;
  }
  wire::Reader reader(key);
  const uint32_t partition = reader.U32();
  if (!reader.AtEnd()) {
    return std::nullopt;
  }
  return PositionKeyParts{*std::move(source), *std::move(topic), partition};
}

std::string InternKey(uint32_t id) {
  std::string key(1, kInternKind);
  wire::AppendU32(id, &key);
  return key;
}

std::optional<uint32_t> ParseInternKey(std::string_view key) {
  if (!TakeKind(kInternKind, &key)) {
    return std::nullopt;
  }
  wire::Reader reader(key);
  const uint32_t id = reader.U32();
  return reader.AtEnd() ? std::optional(id) : std::nullopt;
}

std::string VersionKey(const VersionKeyParts& parts) {
  std::string key(kVersionPrefix);
  wire::AppendI32(parts.arrival.number, &key);
  wire::AppendU8(parts.shard, &key);
  wire::AppendU64(parts.bits, &key);
  return key;
}

std::optional<VersionKeyParts> ParseVersionKey(std::string_view key) {
  if (!TakeKind(kVersionPrefix.front(), &key)) {
    return std::nullopt;
  }
  wire::Reader reader(key);
  VersionKeyParts parts;
  parts.arrival = Day{reader.I32()};
  parts.shard = reader.U8();
  parts.bits = reader.U64();
  return reader.AtEnd() ? std::optional(parts) : std::nullopt;
}

std::string EntityKey(const EntityKeyParts& parts) {
  std::string key(1, kEntityKind);
  wire::AppendU64(parts.high, &key);
  wire::AppendU64(parts.low, &key);
  return key;
}

std::optional<EntityKeyParts> ParseEntityKey(std::string_view key) {
  if (!TakeKind(kEntityKind, &key)) {
    return std::nullopt;
  }
  wire::Reader reader(key);
  EntityKeyParts parts;
  parts.high = reader.U64();
  parts.low = reader.U64();
  return reader.AtEnd() ? std::optional(parts) : std::nullopt;
}

std::string SamplesKey(const SamplesKeyParts& parts) {
  std::string key(1, kSamplesKind);
  wire::AppendU32(parts.subject, &key);
  wire::AppendU32(parts.kpi, &key);
  wire::AppendI32(parts.day.number, &key);
  return key;
}

std::optional<SamplesKeyParts> ParseSamplesKey(std::string_view key) {
  if (!TakeKind(kSamplesKind, &key)) {
    return std::nullopt;
  }
  wire::Reader reader(key);
  SamplesKeyParts parts;
  parts.subject = reader.U32();
  parts.kpi = reader.U32();
  parts.day = Day{reader.I32()};
  return reader.AtEnd() ? std::optional(parts) : std::nullopt;
}

std::string CursorKey(std::string_view name) {
  std::string key(1, kCursorKind);
  key.append(name);
  return key;
}

std::optional<std::string_view> ParseCursorKey(std::string_view key) {
  return TakeKind(kCursorKind, &key) ? std::optional(key) : std::nullopt;
}

std::string SeriesKey(uint32_t subject, Day day) {
  std::string key;
  wire::AppendU32(subject, &key);
  wire::AppendI32(day.number, &key);
  return key;
}

std::optional<SeriesKeyParts> ParseSeriesKey(std::string_view key) {
  wire::Reader reader(key);
  const uint32_t subject = reader.U32();
  const Day day{reader.I32()};
  return reader.AtEnd() ? std::optional(SeriesKeyParts{subject, day}) : std::nullopt;
}

std::string LadderKey(uint32_t subject, std::string_view rest) {
  std::string key;
  wire::AppendU32(subject, &key);
  key.append(rest);
  return key;
}

std::optional<LadderKeyParts> ParseLadderKey(std::string_view key) {
  wire::Reader reader(key);
  const uint32_t subject = reader.U32();
  return reader.ok() ? std::optional(LadderKeyParts{subject, reader.rest()}) : std::nullopt;
}

std::string OutboxKey(uint64_t first_sequence) { return U64Key(first_sequence); }
std::optional<uint64_t> ParseOutboxKey(std::string_view key) { return ParseU64Key(key); }

std::string DedupKey(uint64_t segment) { return U64Key(segment); }
std::optional<uint64_t> ParseDedupKey(std::string_view key) { return ParseU64Key(key); }

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') {
    end.pop_back();
  }
  if (!end.empty()) {
    end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  }
  return end;
}

}  // namespace kpiwatch
