#include "daemon/notify/outbox_entry.h"

#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/wire.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace kpiwatch {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

bool IsDataAlert(v1::Reason reason) {
  return reason == v1::REASON_DATA_LATE || reason == v1::REASON_DATA_COMPLETE ||
         reason == v1::REASON_UNKNOWN_OWNER;
}

EntryHead HeadOf(uint64_t seq, const v1::Transition& transition) {
  return {.seq = seq,
          .step = transition.step(),
          .cause_ms = transition.cause_time_unix_ms(),
          .is_transition = true,
          .is_data_alert = IsDataAlert(transition.reason()),
          .is_held_back = !transition.not_sent_reason().empty()};
}

constexpr uint32_t TagOf(int field, WireFormatLite::WireType type) {
  return WireFormatLite::MakeTag(field, type);
}

}  // namespace

EntryBlock::EntryBlock(std::string bytes, std::vector<Place> places)
    : bytes_(std::move(bytes)), places_(std::move(places)), parsed_(places_.size()) {}

EntryBlock::~EntryBlock() {
  for (const auto& entry : parsed_) {
    delete entry.load(std::memory_order_relaxed);
  }
}

absl::StatusOr<std::shared_ptr<const EntryBlock>> EntryBlock::Parse(std::string bytes) {
  EntryBlockBuilder builder;
  wire::Reader reader(bytes);
  v1::OutboxEntry entry;
  while (reader.ok() && !reader.AtEnd()) {
    const std::string_view one = reader.String();
    if (!reader.ok() || !entry.ParseFromArray(one.data(), static_cast<int>(one.size()))) {
      return absl::DataLossError("a stored outbox segment is damaged");
    }
    builder.Add(entry);
  }
  return builder.Take();
}

std::string_view EntryBlock::body(size_t i) const {
  const Place& place = places_[i];
  return std::string_view(bytes_).substr(place.end - place.body_size, place.body_size);
}

std::string_view EntryBlock::Bytes(size_t begin, size_t end) const {
  return begin == end ? std::string_view()
                      : std::string_view(bytes_).substr(BeginOf(begin),
                                                        places_[end - 1].end - BeginOf(begin));
}

const v1::OutboxEntry& EntryBlock::entry(size_t i) const {
  std::atomic<const v1::OutboxEntry*>& slot = parsed_[i];
  if (const v1::OutboxEntry* const known = slot.load(std::memory_order_acquire)) {
    return *known;
  }
  const std::string_view bytes = wire::Reader(Bytes(i, i + 1)).String();
  auto fresh = std::make_unique<v1::OutboxEntry>();
  KPIWATCH_CHECK(fresh->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
                 "a block holds entries");
  const v1::OutboxEntry* other = nullptr;
  if (slot.compare_exchange_strong(other, fresh.get(), std::memory_order_acq_rel)) {
    return *fresh.release();
  }
  return *other;
}

void EntryBlockBuilder::Add(uint64_t seq, const v1::Transition& transition) {
  AddBody(HeadOf(seq, transition), v1::OutboxEntry::kTransitionFieldNumber, transition);
}

void EntryBlockBuilder::Add(uint64_t seq, const v1::DeadLetter& letter) {
  AddBody({.seq = seq}, v1::OutboxEntry::kDeadLetterFieldNumber, letter);
}

void EntryBlockBuilder::Add(const v1::OutboxEntry& entry) {
  if (entry.has_dead_letter()) {
    Add(entry.seq(), entry.dead_letter());
  } else {
    Add(entry.seq(), entry.transition());
  }
}

void EntryBlockBuilder::AddBody(const EntryHead& head, int field,
                                const google::protobuf::MessageLite& body) {
  const size_t body_size = body.ByteSizeLong();
  const uint32_t seq_tag = TagOf(v1::OutboxEntry::kSeqFieldNumber, WireFormatLite::WIRETYPE_VARINT);
  const uint32_t body_tag = TagOf(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const size_t size = CodedOutputStream::VarintSize32(seq_tag) +
                      CodedOutputStream::VarintSize64(head.seq) +
                      CodedOutputStream::VarintSize32(body_tag) +
                      CodedOutputStream::VarintSize64(body_size) + body_size;
  wire::AppendVarint(size, &bytes_);
  const size_t begin = bytes_.size();
  bytes_.resize(begin + size);
  auto* out = reinterpret_cast<uint8_t*>(bytes_.data() + begin);
  out = CodedOutputStream::WriteTagToArray(seq_tag, out);
  out = CodedOutputStream::WriteVarint64ToArray(head.seq, out);
  out = CodedOutputStream::WriteTagToArray(body_tag, out);
  out = CodedOutputStream::WriteVarint64ToArray(body_size, out);
  body.SerializeWithCachedSizesToArray(out);
  places_.push_back({.head = head, .end = bytes_.size(), .body_size = body_size});
}

std::shared_ptr<const EntryBlock> EntryBlockBuilder::Take() {
  const size_t bytes = bytes_.size();
  const size_t places = places_.size();
  std::shared_ptr<const EntryBlock> block(
      new EntryBlock(std::exchange(bytes_, {}), std::exchange(places_, {})));
  // The next is often as large.
  bytes_.reserve(bytes);
  places_.reserve(places);
  return block;
}

SharedEntry::SharedEntry(const v1::OutboxEntry& entry) : index_(0) {
  EntryBlockBuilder builder;
  builder.Add(entry);
  block_ = builder.Take();
}

std::vector<SharedEntry> EntriesOf(const std::shared_ptr<const EntryBlock>& block) {
  std::vector<SharedEntry> entries;
  entries.reserve(block->size());
  for (size_t i = 0; i < block->size(); ++i) {
    entries.emplace_back(block, i);
  }
  return entries;
}

std::string_view SubjectOf(std::string_view transition) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(transition.data()),
                      static_cast<int>(transition.size()));
  const uint32_t wanted =
      TagOf(v1::Transition::kSubjectFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  while (const uint32_t tag = in.ReadTag()) {
    uint32_t size = 0;
    if (tag == wanted) {
      const auto begin = in.ReadVarint32(&size) ? static_cast<size_t>(in.CurrentPosition()) : 0;
      return begin > 0 && size <= transition.size() - begin ? transition.substr(begin, size)
                                                            : std::string_view();
    }
    if (!WireFormatLite::SkipField(&in, tag)) {
      break;
    }
  }
  return {};
}

}  // namespace kpiwatch
