// Those who are told: a topic that takes each entry and the cursor in one transaction, and a
// receiver at the other end of a network that loses requests and answers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/notify/outbox_reader.h"
#include "tests/sim/random.h"

namespace kpiwatch::sim {

inline constexpr char kTopicChannel[] = "kafka";
inline constexpr char kWebhookChannel[] = "webhook";

// Survives crashes, as a broker does. Exactly once: the cursor says what was published.
class Topic {
 public:
  // One transaction; some fail whole.
  void Pump(OutboxReader& outbox, bool faults, Random& random, std::vector<std::string>* problems);

  const std::vector<v1::OutboxEntry>& entries() const { return entries_; }
  uint64_t cursor() const { return entries_.size(); }

 private:
  std::vector<v1::OutboxEntry> entries_;
};

// The sender is part of the daemon and forgets with it; the receiver remembers. At least once.
class Webhook {
 public:
  // `acknowledges_first` plants a bug.
  explicit Webhook(bool acknowledges_first) : acknowledges_first_(acknowledges_first) {}

  // The daemon has started: sending goes on behind what is acknowledged.
  void Restart(const OutboxReader& outbox);
  // Sends some entries, one after the other; some are lost on the way, some answers on the way
  // back.
  void Pump(OutboxReader& outbox, bool faults, Random& random, std::vector<std::string>* problems);
  bool DoneThrough(uint64_t head) const { return sent_through_ >= head; }
  // Every entry up to `head` must have come, and more than once only for a lost acknowledgement.
  void Check(uint64_t head, std::vector<std::string>* problems) const;

 private:
  struct Delivery {
    std::string key;
    std::string content;
    int times = 0;
    int excused = 0;  // acknowledgements that were lost
  };
  bool Send(const v1::OutboxEntry& entry, bool faults, Random& random,
            std::vector<std::string>* problems);

  const bool acknowledges_first_;
  uint64_t sent_through_ = 0;
  std::map<uint64_t, Delivery> deliveries_;  // by number
};

}  // namespace kpiwatch::sim
