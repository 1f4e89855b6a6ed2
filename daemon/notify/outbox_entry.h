// The entries of the outbox as the bytes that the store keeps: written once, when they are decided,
// and parsed only by those who look inside.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// What is known of an entry without looking inside.
struct EntryHead {
  uint64_t seq = 0;
  int64_t step = -1;     // of a transition: the commit step that decided it; else -1
  int64_t cause_ms = 0;  // of a transition: the transport's time of the causing record; 0: none
  bool is_transition = false;
  bool is_data_alert = false;  // about a source or an unknown owner
  bool is_held_back = false;   // a transition with a reason not to be sent
};

// Consecutive entries, ascending. Immutable and shared by all that read them; thread-safe.
// Bytes: for each entry its length as a varint and a v1.OutboxEntry, whose body stands last.
class EntryBlock {
 public:
  // Errors: kDataLoss.
  static absl::StatusOr<std::shared_ptr<const EntryBlock>> Parse(std::string bytes);
  ~EntryBlock();
  EntryBlock(const EntryBlock&) = delete;
  EntryBlock& operator=(const EntryBlock&) = delete;

  size_t size() const { return places_.size(); }
  const EntryHead& head(size_t i) const { return places_[i].head; }
  // The serialised v1.Transition or v1.DeadLetter of entry i.
  std::string_view body(size_t i) const;
  // Parsed when it is first asked for.
  const v1::OutboxEntry& entry(size_t i) const;
  // The bytes of the entries [begin, end).
  std::string_view Bytes(size_t begin, size_t end) const;

 private:
  friend class EntryBlockBuilder;
  struct Place {
    EntryHead head;
    size_t end = 0;        // behind the entry in bytes_
    size_t body_size = 0;  // of what stands before that
  };
  EntryBlock(std::string bytes, std::vector<Place> places);
  size_t BeginOf(size_t i) const { return i == 0 ? 0 : places_[i - 1].end; }

  const std::string bytes_;
  const std::vector<Place> places_;
  mutable std::vector<std::atomic<const v1::OutboxEntry*>> parsed_;  // owned
};

// Gathers entries. Does not allocate but to grow.
class EntryBlockBuilder {
 public:
  // Entries come with ascending numbers.
  void Add(uint64_t seq, const v1::Transition& transition);
  void Add(uint64_t seq, const v1::DeadLetter& letter);
  void Add(const v1::OutboxEntry& entry);
  bool empty() const { return places_.empty(); }
  // What was added since the last call.
  std::shared_ptr<const EntryBlock> Take();

 private:
  friend class EntryBlock;
  void AddBody(const EntryHead& head, int field, const google::protobuf::MessageLite& body);

  std::string bytes_;
  std::vector<EntryBlock::Place> places_;
};

// An entry and the block that keeps it: a copy is a pointer. Stands for the entry itself.
class SharedEntry {
 public:
  SharedEntry(std::shared_ptr<const EntryBlock> block, size_t index)
      : block_(std::move(block)), index_(index) {}
  // NOLINTBEGIN(google-explicit-constructor)
  SharedEntry(const v1::OutboxEntry& entry);
  operator const v1::OutboxEntry&() const { return block_->entry(index_); }
  // NOLINTEND(google-explicit-constructor)

  const EntryHead& head() const { return block_->head(index_); }
  uint64_t seq() const { return head().seq; }
  std::string_view body() const { return block_->body(index_); }
  const v1::OutboxEntry& entry() const { return block_->entry(index_); }
  const v1::Transition& transition() const { return entry().transition(); }

 private:
  std::shared_ptr<const EntryBlock> block_;
  size_t index_;
};

std::vector<SharedEntry> EntriesOf(const std::shared_ptr<const EntryBlock>& block);

// The subject of a serialised v1.Transition, without parsing the rest; empty when there is none.
std::string_view SubjectOf(std::string_view transition);

}  // namespace kpiwatch
