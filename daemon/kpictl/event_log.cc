#include "daemon/kpictl/event_log.h"

#include <algorithm>
#include <cstring>

#include "daemon/base/check.h"

namespace kpiwatch {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

template <typename T>
void Put(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T Take(const char** in) {
  T value;
  std::memcpy(&value, *in, sizeof(T));
  *in += sizeof(T);
  return value;
}

void PutField(uint16_t id, const FieldValue& field, std::string* out) {
  Put(id, out);
  Put(field.kind, out);
  switch (field.kind) {
    case FieldKind::kMissing:
    case FieldKind::kNull:
      break;
    case FieldKind::kBool:
      Put(field.boolean, out);
      break;
    case FieldKind::kMoney:
      Put(field.number.units(), out);
      [[fallthrough]];
    case FieldKind::kString:
      Put(static_cast<uint32_t>(field.text.size()), out);
      out->append(field.text);
      break;
    case FieldKind::kNumber:
      Put(field.number.units(), out);
      break;
  }
}

FieldValue TakeField(const char** in) {
  FieldValue field;
  field.kind = Take<FieldKind>(in);
  const auto text = [in] {
    const uint32_t size = Take<uint32_t>(in);
    const std::string_view view(*in, size);
    *in += size;
    return view;
  };
  switch (field.kind) {
    case FieldKind::kMissing:
    case FieldKind::kNull:
      break;
    case FieldKind::kBool:
      field.boolean = Take<bool>(in);
      break;
    case FieldKind::kMoney:
      field.number = Decimal::FromUnits(Take<__int128>(in));
      field.text = text();
      break;
    case FieldKind::kString:
      field.text = text();
      break;
    case FieldKind::kNumber:
      field.number = Decimal::FromUnits(Take<__int128>(in));
      break;
  }
  return field;
}

}  // namespace

std::string_view EventLog::Keep(std::string_view bytes) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < bytes.size()) {
    blocks_.emplace_back().reserve(std::max(kBlockBytes, bytes.size()));
    bytes_ += blocks_.back().capacity();
  }
  std::string& block = blocks_.back();
  const size_t begin = block.size();
  block.append(bytes);
  return std::string_view(block).substr(begin);
}

uint32_t EventLog::Intern(const Event& event) {
  // Lengths in front, so that no two triples run together.
  std::string key;
  Put(event.source.size(), &key);
  Put(event.type.size(), &key);
  key.append(event.source).append(event.type).append(event.tenant);
  const auto [it, added] = name_index_.try_emplace(key, static_cast<uint32_t>(names_.size()));
  if (added) {
    names_.push_back(
        {std::string(event.source), std::string(event.type), std::string(event.tenant)});
    bytes_ += 2 * key.size() + sizeof(Names);
  }
  return it->second;
}

absl::Status EventLog::Add(const Event& event, uint32_t file, int64_t line) {
  KPIWATCH_CHECK(event.fields.size() == fields_.size(), "decoded with another plan");
  Row row{.time_ms = event.time_ms,
          .recorded_ms = event.recorded_ms,
          .sequence = event.sequence,
          .data = nullptr,
          .names = Intern(event),
          .id_size = static_cast<uint32_t>(event.id.size()),
          .subject_size = static_cast<uint32_t>(event.subject.size()),
          .file = file,
          .line = static_cast<uint32_t>(line),
          .field_count = 0,
          .snapshot = event.snapshot};
  scratch_.assign(event.id);
  scratch_.append(event.subject);
  for (size_t i = 0; i < event.fields.size(); ++i) {
    if (event.fields[i].kind != FieldKind::kMissing) {
      PutField(static_cast<uint16_t>(i), event.fields[i], &scratch_);
      ++row.field_count;
    }
  }
  if (bytes_ + scratch_.size() + (rows_.size() + 1) * sizeof(Row) > kMaxBytes) {
    return absl::ResourceExhaustedError(
        "the files hold more than 8 GiB of decoded events, and a replay keeps them in memory to "
        "put "
        "them in order: send them to a daemon with `kpictl send` instead");
  }
  row.data = Keep(scratch_).data();
  rows_.push_back(row);
  return absl::OkStatus();
}

void EventLog::Sort() {
  std::stable_sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
    if (a.time_ms != b.time_ms) {
      return a.time_ms < b.time_ms;
    }
    if (a.names != b.names) {
      if (const int order = names_[a.names].source.compare(names_[b.names].source); order != 0) {
        return order < 0;
      }
    }
    return std::string_view(a.data, a.id_size) < std::string_view(b.data, b.id_size);
  });
}

Event EventLog::Get(size_t i) {
  const Row& row = rows_[i];
  const Names& names = names_[row.names];
  const char* in = row.data + row.id_size + row.subject_size;
  std::fill(fields_.begin(), fields_.end(), FieldValue{});
  for (uint16_t n = 0; n < row.field_count; ++n) {
    const uint16_t id = Take<uint16_t>(&in);
    fields_[id] = TakeField(&in);
  }
  return {.id = {row.data, row.id_size},
          .source = names.source,
          .type = names.type,
          .subject = {row.data + row.id_size, row.subject_size},
          .tenant = names.tenant,
          .time_ms = row.time_ms,
          .recorded_ms = row.recorded_ms,
          .sequence = row.sequence,
          .snapshot = row.snapshot,
          .fields = fields_};
}

}  // namespace kpiwatch
