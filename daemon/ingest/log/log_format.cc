#include "daemon/ingest/log/log_format.h"

#include <charconv>

#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/log/crc32c.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kMagic = "kpiwlog1";
constexpr std::string_view kSuffix = ".log";
constexpr size_t kNameDigits = 20;
constexpr size_t kCrcBytes = 4;

void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint64_t LittleEndian(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[at + i - 1]);
  }
  return value;
}

// Whether a record of a later group stands behind the broken one at the front of `bytes`, whose
// number is `broken`. Intact ones of its own group say nothing.
bool HasLaterGroup(std::string_view bytes, int64_t broken) {
  // Each record behind it is at least a header long, so its number lies within that many.
  const auto most = broken + static_cast<int64_t>(bytes.size() / kLogRecordHeaderBytes) + 1;
  size_t at = 1;
  while (at + kLogRecordHeaderBytes <= bytes.size()) {
    const auto number = static_cast<int64_t>(LittleEndian(bytes, at + 8, 8));
    LogRecord record;
    size_t size = 0;
    if (broken <= number && number <= most &&
        ParseLogRecord(bytes.substr(at), &record, &size) == LogParse::kRecord) {
      if (record.number - record.place > broken) {
        return true;
      }
      at += size;
    } else {
      ++at;
    }
  }
  return false;
}

}  // namespace

std::string SegmentName(int64_t first) {
  return fmt::format("{:0{}}{}", first, kNameDigits, kSuffix);
}

std::optional<int64_t> ParseSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  int64_t first = 0;
  const char* const end = name.data() + kNameDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, first);
  return error == std::errc() && stop == end && name[0] == '0' ? std::optional(first)
                                                               : std::nullopt;
}

std::string EncodeSegmentHeader(int64_t first) {
  std::string header(kMagic);
  AppendLittleEndian(static_cast<uint64_t>(first), 8, &header);
  AppendLittleEndian(Crc32c(header), kCrcBytes, &header);
  return header;
}

bool IsSegmentHeader(std::string_view bytes, int64_t first) {
  return bytes.substr(0, kSegmentHeaderBytes) == EncodeSegmentHeader(first);
}

void AppendLogRecord(const LogRecord& record, std::string* out) {
  const size_t start = out->size();
  out->append(kCrcBytes, '\0');
  AppendLittleEndian(record.value.size(), 4, out);
  AppendLittleEndian(static_cast<uint64_t>(record.number), 8, out);
  AppendLittleEndian(static_cast<uint64_t>(record.time_ms), 8, out);
  AppendLittleEndian(record.place, 4, out);
  out->push_back(static_cast<char>(record.kind));
  out->append(record.value);
  std::string crc;
  AppendLittleEndian(Crc32c(std::string_view(*out).substr(start + kCrcBytes)), kCrcBytes, &crc);
  out->replace(start, kCrcBytes, crc);
}

LogParse ParseLogRecord(std::string_view bytes, LogRecord* record, size_t* size) {
  if (bytes.size() < kLogRecordHeaderBytes) {
    *size = kLogRecordHeaderBytes;
    return LogParse::kCut;
  }
  const uint64_t value_size = LittleEndian(bytes, 4, 4);
  if (value_size > kMaxRecordBytes) {
    return LogParse::kBroken;
  }
  *size = kLogRecordHeaderBytes + value_size;
  if (bytes.size() < *size) {
    return LogParse::kCut;
  }
  if (Crc32c(bytes.substr(kCrcBytes, *size - kCrcBytes)) != LittleEndian(bytes, 0, kCrcBytes)) {
    return LogParse::kBroken;
  }
  record->number = static_cast<int64_t>(LittleEndian(bytes, 8, 8));
  record->time_ms = static_cast<int64_t>(LittleEndian(bytes, 16, 8));
  record->place = static_cast<uint32_t>(LittleEndian(bytes, 24, 4));
  record->kind = static_cast<LogRecordKind>(bytes[28]);
  record->value = bytes.substr(kLogRecordHeaderBytes, value_size);
  return LogParse::kRecord;
}

int64_t PeekLogTime(std::string_view bytes) {
  return static_cast<int64_t>(LittleEndian(bytes, 16, 8));
}

SegmentScan ScanSegment(std::string_view bytes, int64_t first) {
  SegmentScan scan{.valid_bytes = kSegmentHeaderBytes, .next = first};
  while (scan.valid_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(scan.valid_bytes);
    LogRecord record;
    size_t size = 0;
    if (ParseLogRecord(rest, &record, &size) != LogParse::kRecord || record.number != scan.next) {
      scan.damaged = HasLaterGroup(rest, scan.next);
      return scan;
    }
    scan.valid_bytes += size;
    scan.next = record.number + 1;
    scan.newest_ms = record.time_ms;
  }
  return scan;
}

}  // namespace kpiwatch
