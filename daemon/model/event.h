// A business event as the fold sees it, and the plan of fields that a rulebook wants decoded.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/strong_id.h"
#include "daemon/model/decimal.h"

namespace kpiwatch {

enum class FieldKind : uint8_t { kMissing, kNull, kBool, kNumber, kMoney, kString };

// One scalar of an event. Text borrows from the record or from the decoder and is valid until the
// decoder's next call.
struct FieldValue {
  FieldKind kind = FieldKind::kMissing;
  bool boolean = false;
  bool is_binary = false;  // kNumber: it was a binary floating-point number, which money may not be
  Decimal number;          // kNumber, kMoney (in major units)
  std::string_view text;   // kString; kMoney: the currency code; kNumber: empty
};

using FieldId = StrongId<struct FieldIdTag, uint16_t>;

// The field paths that the rules and mappings of a rulebook read, so that a decoder extracts
// those and nothing else. A path is "data.owner_id", "data.attrs.channel" or an envelope name
// "event.type", "event.source", "event.subject"; for rows the bare column name.
// At most kMaxFields. Not thread-safe while adding; immutable afterwards.
class FieldPlan {
 public:
  static constexpr size_t kMaxFields = 1024;
  // The id of `path`, added when new. REQUIRES: size() < kMaxFields.
  FieldId Add(std::string_view path);
  size_t size() const { return paths_.size(); }
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

inline constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

// Beyond these a time is a mistake (a zero, a wrong unit): taken as meant, it would make people
// miss centuries.
constexpr bool IsPlausible(int64_t time_ms) {
  constexpr int64_t kFirst = 315'532'800'000;  // 1980-01-01T00:00:00Z
  constexpr int64_t kEnd = 7'258'118'400'000;  // 2200-01-01T00:00:00Z
  return time_ms >= kFirst && time_ms < kEnd;
}

// Of a row that a connector read when it first looked at a table: it is how things stand, not
// something that happened (D-25).
enum class SnapshotRead : uint8_t {
  kNo,
  kDated,    // the event's time is that of the business
  kUndated,  // it is not known when that happened
};

// All views are valid until the decoder's next call. Times are UTC milliseconds.
struct Event {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;
  std::string_view tenant;
  int64_t time_ms = kNoTime;      // when it happened in the business; the record's time if absent
  int64_t recorded_ms = kNoTime;  // when the source system recorded it
  int64_t sequence = -1;          // version of the entity; -1 when absent
  SnapshotRead snapshot = SnapshotRead::kNo;
  std::span<const FieldValue> fields;  // by FieldId of the decoder's plan
};

}  // namespace kpiwatch
