// A batch of records that stay where librdkafka put them.
#pragma once

#include <librdkafka/rdkafka.h>

#include <vector>

#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Not thread-safe; different batches may be used, and destroyed, by different threads.
// REQUIRES: destroyed before the source that filled it.
class KafkaBatch final : public RecordBatch {
 public:
  KafkaBatch() = default;
  ~KafkaBatch() override { Clear(); }
  KafkaBatch(const KafkaBatch&) = delete;
  KafkaBatch& operator=(const KafkaBatch&) = delete;

  void ReadHeaders(const Record& record, std::vector<Header>* headers) const override;
  void Clear() override;

  // When the message was produced or appended; kNoTime when it does not say.
  static int64_t TimeOf(const rd_kafka_message_t& message);
  // Takes `message` over. REQUIRES: it carries no error.
  void Add(rd_kafka_message_t* message, uint32_t partition);

 private:
  std::vector<rd_kafka_message_t*> messages_;
};

}  // namespace kpiwatch
