// How far the outbox has been published, as the Kafka cluster remembers it: an offset that a group
// which nobody joins has committed, together with the records and in the same transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/kafka/conf.h"

namespace kpiwatch {

// Where the cursor lies: partition 0 of `topic` in `group`.
struct CursorPlace {
  std::string group;
  std::string topic;
};

struct OutboxCursor {
  uint64_t seq = 0;        // number of the last published entry
  std::string store_uuid;  // of the store whose outbox that is; kept as the offset's metadata
};

enum class CursorRead : uint8_t {
  kAsItIs,  // what is committed now
  kStable,  // waits while a transaction is pending that may change it
};

// nullopt when none was committed or the cluster has forgotten it. Errors: kInvalidArgument for the
// configuration; those of kafka::ToStatus. Blocks up to `timeout`.
absl::StatusOr<std::optional<OutboxCursor>> ReadCursor(const kafka::Cluster& cluster,
                                                       const CursorPlace& place, CursorRead read,
                                                       absl::Duration timeout);

// Whether a store may go on from what the cluster remembers. kFailedPrecondition, with what to do,
// when the cursor is another store's or says more than `head`, the number of the last entry.
absl::Status CheckCursor(const OutboxCursor& cursor, const CursorPlace& place,
                         const std::string& store_uuid, uint64_t head);

}  // namespace kpiwatch
