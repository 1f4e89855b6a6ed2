// How far the sources have been read: the positions that go into each step's batch (D-01), and the
// newest moments that their records spoke of.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/source_options.h"
#include "daemon/model/event.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class ReadProgress {
 public:
  // `sources` is borrowed.
  explicit ReadProgress(const std::vector<SourceOptions>* sources);

  // The positions of `store`. To be called once, first. Errors: the store's.
  absl::Status Restore(const StateStore& store);
  // Puts the positions that have changed since the last call.
  void Write(WriteBatch* batch);

  // A record of the source came at `record_ms` by its transport, with an event of `event_ms`.
  void Note(uint32_t source, int64_t record_ms, int64_t event_ms) {
    newest_record_ms_[source] = std::max(newest_record_ms_[source], record_ms);
    newest_event_ms_ = std::max(newest_event_ms_, event_ms);
  }
  void SetPosition(std::string_view source, const PartitionState& partition);

  std::vector<StoredPosition> Positions(std::string_view source) const;
  // Whether something of the source was read, by this process or before it.
  bool HasRead(uint32_t source) const;
  // Newest record of a source that this process has read; kNoTime: none.
  int64_t newest_record_ms(uint32_t source) const { return newest_record_ms_[source]; }
  // The same over all sources.
  int64_t newest_record_ms() const;
  // Newest event since the start, by the events' own times; kNoTime: none.
  int64_t newest_event_ms() const { return newest_event_ms_; }
  // When the newest record came, those of earlier processes too; InfinitePast: none has.
  absl::Time NewestRecord() const;

 private:
  const std::vector<SourceOptions>* const sources_;
  std::map<std::string, StoredPosition> positions_;  // by stored key
  std::set<std::string> changed_;
  std::vector<int64_t> newest_record_ms_;  // by source
  int64_t newest_event_ms_ = kNoTime;
};

}  // namespace kpiwatch
