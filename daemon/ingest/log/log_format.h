// How the durable local log lies on disk. Version 1: DO NOT CHANGE, add a version.
//
// A segment is a file named by the number of its first record (20 digits, ".log"). It begins with
// the magic, that number and the CRC-32C of both; records follow one another. A record is
//   u32 crc     CRC-32C of everything behind it
//   u32 size    bytes of the value
//   u64 number  of the record, 0 for the first that the log ever took
//   i64 time    when it was appended, Unix milliseconds
//   u32 place   how many records of its group precede it
//   u8  kind    LogRecordKind
//   value
// All numbers little-endian. A group is what one sync made durable: none begins before the one
// before it is on disk. So a broken record with a later group's record behind it was once durable:
// that is damage. A broken record of the last group is taken for a torn write, whose group nobody
// was told of; damage there cannot be told from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpiwatch {

enum class LogRecordKind : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kCloudEventJson = 1,                // CloudEvents 1.0, structured
};

inline constexpr size_t kSegmentHeaderBytes = 20;
inline constexpr size_t kLogRecordHeaderBytes = 29;

struct LogRecord {
  int64_t number = 0;
  int64_t time_ms = 0;
  uint32_t place = 0;
  LogRecordKind kind = LogRecordKind::kCloudEventJson;
  std::string_view value;  // borrows
};

std::string SegmentName(int64_t first);
// nullopt for a name that is no segment's.
std::optional<int64_t> ParseSegmentName(std::string_view name);

std::string EncodeSegmentHeader(int64_t first);
bool IsSegmentHeader(std::string_view bytes, int64_t first);

void AppendLogRecord(const LogRecord& record, std::string* out);

enum class LogParse : uint8_t { kRecord, kCut, kBroken };
// Reads the record at the front of `bytes`. kCut: it seems to go on behind their end; *size is then
// what it needs. kRecord: *size is what it takes, and *record borrows from `bytes`.
LogParse ParseLogRecord(std::string_view bytes, LogRecord* record, size_t* size);

// The time of the record whose header is at the front of `bytes`, unchecked.
// REQUIRES: bytes.size() >= kLogRecordHeaderBytes.
int64_t PeekLogTime(std::string_view bytes);

// What a segment holds up to its first broken record.
struct SegmentScan {
  size_t valid_bytes = 0;  // the header included
  int64_t next = 0;        // number of the record that would come next
  int64_t newest_ms = 0;   // time of the last record; 0 without records
  bool damaged = false;    // the broken record was once durable
};
// REQUIRES: IsSegmentHeader(bytes, first).
SegmentScan ScanSegment(std::string_view bytes, int64_t first);

}  // namespace kpiwatch
