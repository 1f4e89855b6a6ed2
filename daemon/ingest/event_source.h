// The port through which records come in. Adapters: ingest/kafka, ingest/log, ingest/file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/model/event.h"

namespace kpiwatch {

struct Header {
  std::string_view name;
  std::string_view value;
};

// One partition of one topic of a source; the local log and files have topic = "" or the file's
// name and partition 0. Positions are keyed by (source name, topic, partition) (D-13).
struct PartitionId {
  std::string topic;
  int32_t partition = 0;
  friend auto operator<=>(const PartitionId&, const PartitionId&) = default;
};

// A raw record. Views are valid until the batch is cleared.
struct Record {
  uint32_t partition = 0;    // index into EventSource::partitions()
  int64_t offset = 0;        // its number in the partition
  int64_t timestamp_ms = 0;  // the transport's time (produced, received); kNoTime when it has none
  std::string_view key = {};
  std::string_view value = {};
  bool tombstone = false;        // a null value
  const void* native = nullptr;  // the adapter's handle, for ReadHeaders
};

// Records of one poll, owned by the adapter's subclass (messages stay where the client put them).
class RecordBatch {
 public:
  virtual ~RecordBatch() = default;
  std::span<const Record> records() const { return records_; }
  // Appends the headers of `record` (one of records()) to *headers. Called only when a decoder
  // needs them.
  virtual void ReadHeaders(const Record& record, std::vector<Header>* headers) const = 0;
  // Drops the records and gives their memory back.
  virtual void Clear() = 0;

 protected:
  std::vector<Record> records_;
};

// The record of a partition that was delivered last: by it the partition is known again after a
// restart, whatever its length (D-13).
struct LastRecord {
  int64_t offset = -1;             // -1: none was delivered
  int64_t timestamp_ms = kNoTime;  // the transport's
  friend bool operator==(const LastRecord&, const LastRecord&) = default;
};

// What is known of one partition.
struct PartitionState {
  PartitionId id;
  int64_t position = 0;  // next offset that Poll will deliver
  LastRecord last = {};  // kept across Start; sources whose records cannot be others leave it out
  int64_t end = -1;      // end offset last heard of; -1: not yet known
  // When the transport was asked for `end`, by the source's clock; InfiniteFuture: `end` is where
  // the partition ended at the last Poll.
  absl::Time end_asked = absl::InfiniteFuture();
  int64_t first_seen_end =
      -1;  // end offset when the partition was first read (D-03's cut); -1: not yet known
  bool failed = false;  // stopped with a loud error (D-13); `error` says why
  std::string error;
};

struct StoredPosition {
  PartitionId id;
  int64_t next_offset = 0;
  LastRecord last = {};
};

// One configured source. Owned and called by the engine thread only; an adapter may have threads
// of its own behind it, but does no work of ours in client callbacks.
class EventSource {
 public:
  virtual ~EventSource() = default;

  virtual const std::string& name() const = 0;
  // Starts at the stored positions; partitions without one start at their beginning.
  // A position out of range, or behind a record that is not `last`, is no error of Start: that
  // partition is, or soon gets, `failed` (D-13). No evidence is none: the last record may be gone.
  // Errors: kInvalidArgument for a configuration that can never work; kUnavailable is not
  // returned: an absent broker is retried inside and shows in health().
  virtual absl::Status Start(std::span<const StoredPosition> positions) = 0;
  virtual std::unique_ptr<RecordBatch> NewBatch() = 0;
  // Appends up to max_records records to *batch (cleared by the caller before), in offset order
  // within a partition, waiting at most max_wait for the first. Never delivers what is below the
  // position. An empty batch is no error. Errors: kUnavailable (dependency down; engine retries),
  // kFailedPrecondition (fenced), kDataLoss.
  virtual absl::Status Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) = 0;
  // Partitions known so far; indices are stable for the life of the source, new ones are appended
  // (only during Start and Poll).
  virtual std::span<const PartitionState> partitions() const = 0;
  // Asks the transport anew how far the partitions go, without waiting for the answer. Returns the
  // source's present time: an end whose `end_asked` is not before it was asked for after this call.
  virtual absl::Time AskEnds() { return absl::InfinitePast(); }
  // Tells the transport what is durable with us, as a courtesy to lag tools and so that a local
  // log may drop it. Never blocks.
  virtual void Committed(std::span<const StoredPosition> positions) = 0;
  // All partitions known and positioned; false while the broker is out of reach, and of a local log
  // that cannot be read on.
  virtual bool ready() const = 0;
  // True when the source can have no more records (files read to the end).
  virtual bool exhausted() const { return false; }
  // OK or what is wrong with the transport now.
  virtual absl::Status health() const = 0;
  // A file descriptor or similar is not shared; wakes a Poll that waits, from any thread.
  virtual void Wake() = 0;
};

}  // namespace kpiwatch
