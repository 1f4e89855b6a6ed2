#include "daemon/ingest/event_builder.h"

#include <charconv>
#include <utility>

#include "daemon/model/rfc3339.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

absl::Status CheckName(std::string_view name, std::string_view value) {
  if (value.size() > kMaxNameBytes) [[unlikely]] {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} bytes; at most {} are accepted", name, value.size(), kMaxNameBytes));
  }
  return absl::OkStatus();
}

}  // namespace

EventBuilder::EventBuilder(const FieldTree* tree, std::string default_source, std::string tenant)
    : tree_(tree),
      default_source_(std::move(default_source)),
      tenant_(std::move(tenant)),
      fields_(tree->size()) {}

void EventBuilder::Begin() {
  event_ = Event();
  for (FieldValue& value : fields_) {
    value.kind = FieldKind::kMissing;
  }
}

absl::Status EventBuilder::Finish(const Record& record) {
  Event& e = event_;
  if (e.source.empty()) {
    e.source = default_source_;
  }
  if (e.id.empty() || e.type.empty() || e.source.empty()) [[unlikely]] {
    const std::string_view missing = e.id.empty() ? "id" : e.type.empty() ? "type" : "source";
    return absl::InvalidArgumentError(fmt::format("{} is missing or empty", missing));
  }
  if (e.id.size() > kMaxNameBytes || e.source.size() > kMaxNameBytes ||
      e.type.size() > kMaxNameBytes || e.subject.size() > kMaxNameBytes ||
      e.tenant.size() > kMaxNameBytes) [[unlikely]] {
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"id", e.id},
                                      {"source", e.source},
                                      {"type", e.type},
                                      {"subject", e.subject},
                                      {"tenant", e.tenant}}) {
      if (absl::Status status = CheckName(name, value); !status.ok()) {
        return status;
      }
    }
  }
  if (e.time_ms == kNoTime) {
    e.time_ms = record.timestamp_ms;
    if (e.time_ms == kNoTime) [[unlikely]] {
      return absl::InvalidArgumentError("no time: neither the event nor its record carries one");
    }
  }
  if (!IsEventTime(e.time_ms) || (e.recorded_ms != kNoTime && !IsEventTime(e.recorded_ms)))
      [[unlikely]] {
    return absl::InvalidArgumentError("time is out of range: expected the years 1 to 9999");
  }
  if (!tenant_.empty() && !e.tenant.empty() && e.tenant != tenant_) [[unlikely]] {
    return absl::InvalidArgumentError(
        fmt::format("tenant '{}' is not this source's tenant '{}'", Excerpt(e.tenant), tenant_));
  }
  if (e.sequence < 0) {
    e.sequence = VersionOf(field(tree_->version_field()));
  }
  SetName(tree_->envelope().id, e.id);
  SetName(tree_->envelope().source, e.source);
  SetName(tree_->envelope().type, e.type);
  SetName(tree_->envelope().subject, e.subject);
  SetName(tree_->envelope().tenant, e.tenant);
  e.fields = std::span<const FieldValue>(fields_.data(), tree_->plan_size());
  return absl::OkStatus();
}

void EventBuilder::SetName(int field_index, std::string_view value) {
  if (field_index != FieldTree::kNone && !value.empty()) {
    FieldValue& slot = field(field_index);
    slot.kind = FieldKind::kString;
    slot.text = value;
  }
}

int64_t EventBuilder::VersionOf(const FieldValue& value) const {
  if (value.kind == FieldKind::kString) {
    return ParseSequence(value.text);
  }
  if (value.kind != FieldKind::kNumber || value.number.is_negative() ||
      value.number.units() % Decimal::kOne != 0) {
    return -1;
  }
  const __int128 whole = value.number.units() / Decimal::kOne;
  return whole <= std::numeric_limits<int64_t>::max() ? static_cast<int64_t>(whole) : -1;
}

int64_t ParseSequence(std::string_view text) {
  int64_t value = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && value >= 0 && text[0] != '-' ? value : -1;
}

absl::Status CheckRecordSize(std::string_view value) {
  if (value.size() > kMaxRecordBytes) [[unlikely]] {
    return absl::InvalidArgumentError(
        fmt::format("too large: the record has {} bytes, at most {} are accepted", value.size(),
                    kMaxRecordBytes));
  }
  return absl::OkStatus();
}

std::string Excerpt(std::string_view text) {
  constexpr size_t kMaxBytes = 64;
  if (text.size() <= kMaxBytes) {
    return std::string(text);
  }
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace kpiwatch
