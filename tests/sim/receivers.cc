#include "tests/sim/receivers.h"

#include "fmt/format.h"

namespace kpiwatch::sim {
namespace {

// What a receiver tells repetitions by.
std::string KeyOf(const v1::OutboxEntry& entry) {
  if (entry.has_transition()) {
    return entry.transition().id();
  }
  const v1::DeadLetter& letter = entry.dead_letter();
  return fmt::format("{}/{}/{}/{}", letter.source(), letter.topic(), letter.partition(),
                     letter.offset());
}

}  // namespace

void Topic::Pump(OutboxReader& outbox, bool faults, Random& random,
                 std::vector<std::string>* problems) {
  if (outbox.head() <= cursor()) {
    outbox.Acknowledge(kTopicChannel, cursor());
    return;
  }
  const auto read =
      outbox.Read(cursor(), static_cast<size_t>(random.Between(1, 60)), absl::ZeroDuration());
  if (!read.ok()) {
    problems->push_back("reading the outbox: " + read.status().ToString());
    return;
  }
  if (faults && random.Chance(20)) {
    return;  // the transaction was aborted
  }
  for (const v1::OutboxEntry& entry : *read) {
    if (entry.seq() != cursor() + 1) {
      problems->push_back(fmt::format("the outbox gave entry {} after {}", entry.seq(), cursor()));
      return;
    }
    entries_.push_back(entry);
  }
  if (!faults || random.Chance(80)) {
    outbox.Acknowledge(kTopicChannel, cursor());
  }
}

void Webhook::Restart(const OutboxReader& outbox) {
  sent_through_ = outbox.Acknowledged(kWebhookChannel);
  for (auto it = deliveries_.upper_bound(sent_through_); it != deliveries_.end(); ++it) {
    ++it->second.excused;
  }
}

bool Webhook::Send(const v1::OutboxEntry& entry, bool faults, Random& random,
                   std::vector<std::string>* problems) {
  if (faults && random.Chance(10)) {
    return false;  // never arrived
  }
  Delivery& delivery = deliveries_[entry.seq()];
  std::string content = entry.SerializeAsString();
  if (delivery.times > 0 && (delivery.content != content || delivery.key != KeyOf(entry))) {
    problems->push_back(fmt::format("entry {} was sent again with other content", entry.seq()));
  }
  delivery.key = KeyOf(entry);
  delivery.content = std::move(content);
  ++delivery.times;
  if (faults && random.Chance(8)) {
    ++delivery.excused;
    return false;  // arrived, but the answer did not
  }
  return true;
}

void Webhook::Pump(OutboxReader& outbox, bool faults, Random& random,
                   std::vector<std::string>* problems) {
  if (outbox.head() <= sent_through_) {
    outbox.Acknowledge(kWebhookChannel, sent_through_);
    return;
  }
  const auto read =
      outbox.Read(sent_through_, static_cast<size_t>(random.Between(1, 60)), absl::ZeroDuration());
  if (!read.ok()) {
    problems->push_back("reading the outbox: " + read.status().ToString());
    return;
  }
  if (acknowledges_first_ && !read->empty()) {
    outbox.Acknowledge(kWebhookChannel, read->back().seq());
  }
  for (const v1::OutboxEntry& entry : *read) {
    if (!Send(entry, faults, random, problems)) {
      break;
    }
    sent_through_ = entry.seq();
  }
  if (!faults || random.Chance(70)) {
    outbox.Acknowledge(kWebhookChannel, sent_through_);
  }
}

void Webhook::Check(uint64_t head, std::vector<std::string>* problems) const {
  std::map<std::string, uint64_t> by_key;
  for (uint64_t seq = 1; seq <= head; ++seq) {
    const auto it = deliveries_.find(seq);
    if (it == deliveries_.end()) {
      problems->push_back(fmt::format("entry {} never reached the receiver", seq));
      continue;
    }
    const Delivery& delivery = it->second;
    if (delivery.times > 1 + delivery.excused) {
      problems->push_back(
          fmt::format("entry {} came {} times though only {} acknowledgements "
                      "were lost",
                      seq, delivery.times, delivery.excused));
    }
    if (const auto [other, is_new] = by_key.try_emplace(delivery.key, seq); !is_new) {
      problems->push_back(
          fmt::format("entries {} and {} have the key {}", other->second, seq, delivery.key));
    }
  }
  if (!deliveries_.empty() && deliveries_.rbegin()->first > head) {
    problems->push_back("something was sent that is not in the outbox");
  }
}

}  // namespace kpiwatch::sim
