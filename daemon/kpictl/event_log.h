// Decoded events kept in memory, so that they can be put in order.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/base/string_map.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Operation: Add copies what an event's views point to; Sort; Get unpacks one event.
// Limits: 56 bytes an event, its id and subject, and 4 to 20 bytes with its text for each field
// that it has; kMaxBytes in all. Concurrency: none.
class EventLog {
 public:
  static constexpr size_t kMaxBytes = size_t{8} << 30;

  // `field_count`: size of the plan that the events were decoded with.
  explicit EventLog(size_t field_count) : fields_(field_count) {}

  // The event stands at `line` of the caller's file number `file`. REQUIRES: event.fields.size() ==
  // field_count. Errors: kResourceExhausted beyond kMaxBytes.
  absl::Status Add(const Event& event, uint32_t file, int64_t line);
  // By time, source and id (D-06); equal ones stay in order of Add.
  void Sort();
  size_t size() const { return rows_.size(); }
  // Of the i-th event. REQUIRES: i < size().
  int64_t time_ms(size_t i) const { return rows_[i].time_ms; }
  uint32_t file(size_t i) const { return rows_[i].file; }
  int64_t line(size_t i) const { return rows_[i].line; }
  // The i-th event; its fields are valid until the next call.
  Event Get(size_t i);

 private:
  struct Row {
    int64_t time_ms, recorded_ms, sequence;
    const char* data;  // in blocks_
    uint32_t names;    // index into names_ of (source, type, tenant)
    uint32_t id_size, subject_size;
    uint32_t file;
    uint32_t line;
    uint16_t field_count;
    SnapshotRead snapshot;
  };
  struct Names {
    std::string source, type, tenant;
  };

  std::string_view Keep(std::string_view bytes);
  uint32_t Intern(const Event& event);

  std::deque<std::string> blocks_;
  std::vector<Row> rows_;
  std::deque<Names> names_;
  StringMap<uint32_t> name_index_;
  size_t bytes_ = 0;
  std::string scratch_;
  std::vector<FieldValue> fields_;
};

}  // namespace kpiwatch
