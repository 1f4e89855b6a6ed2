// How the core's state gets into a batch and back out of the store (FORMAT.md).
#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/engine/calendar_record.h"
#include "daemon/engine/core.h"
#include "daemon/engine/day_row.h"
#include "daemon/store/keys.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr uint32_t kNoKpi = UINT32_MAX;
constexpr size_t kExpireBudget = 65'536;

constexpr std::string_view kProgressKey = "s";
constexpr std::string_view kGroupPrefix = "g";
constexpr std::string_view kSourcePrefix = "h";

std::string Named(std::string_view prefix, std::string_view name) {
  return std::string(prefix) + std::string(name);
}

// Days of the store for the series table; cells of KPIs that the rulebook does not have are left
// out of memory.
class StoreLoader final : public BucketLoader {
 public:
  StoreLoader(const StateStore* store, const std::vector<KpiIndex>* kpi_of_id)
      : store_(store), kpi_of_id_(kpi_of_id) {}

  absl::Status Load(SubjectId subject, Day begin, Day end,
                    absl::FunctionRef<void(Day, std::span<const StoredCell>)> visit) override {
    absl::Status bad;
    std::vector<StoredCell> cells;
    KPIWATCH_RETURN_IF_ERROR(store_->Scan(Family::kSeries, SeriesKey(subject.value(), begin),
                                          SeriesKey(subject.value(), end),
                                          [&](std::string_view key, std::string_view value) {
                                            const auto parts = ParseSeriesKey(key);
                                            if (!parts || !Decode(value, &cells)) {
                                              bad = absl::DataLossError("a stored day is damaged");
                                              return false;
                                            }
                                            visit(parts->day, cells);
                                            return true;
                                          }));
    return bad;
  }

 private:
  bool Decode(std::string_view value, std::vector<StoredCell>* cells) const {
    cells->clear();
    return ReadDayRow(value, [&](uint64_t id, const Aggregate& gathered) {
      if (id < kpi_of_id_->size() && (*kpi_of_id_)[id] != kNoKpi) {
        cells->push_back({(*kpi_of_id_)[id], gathered});
      }
    });
  }

  const StateStore* store_;
  const std::vector<KpiIndex>* kpi_of_id_;
};

absl::Status RestoreSubjects(const StateStore& store, SubjectTable* subjects) {
  bool gap = false;
  KPIWATCH_RETURN_IF_ERROR(store.Scan(
      Family::kMeta, "i", PrefixEnd("i"), [&](std::string_view key, std::string_view value) {
        const auto id = ParseInternKey(key);
        if (!id) {
          return true;
        }
        wire::Reader reader(value);
        SubjectInfo info;
        info.kind = static_cast<SubjectKind>(reader.U8());
        info.id = std::string(reader.String());
        info.first_seen = Day{static_cast<int32_t>(reader.Signed())};
        info.home_unit = std::string(reader.String());
        gap = gap || !reader.AtEnd() || *id != subjects->size();
        subjects->Restore(std::move(info));
        return !gap;
      }));
  return gap ? absl::DataLossError("the store's table of subjects is damaged") : absl::OkStatus();
}

void WriteSubjects(SubjectTable* subjects, WriteBatch* batch) {
  for (const SubjectId subject : subjects->changed()) {
    const SubjectInfo& info = subjects->Get(subject);
    std::string value;
    wire::AppendU8(static_cast<uint8_t>(info.kind), &value);
    wire::AppendString(info.id, &value);
    wire::AppendSigned(info.first_seen.number, &value);
    wire::AppendString(info.home_unit, &value);
    batch->Put(Family::kMeta, InternKey(subject.value()), value);
  }
  subjects->ClearChanged();
}

// What is known of sources that were read or late before.
absl::Status RestoreUnread(const StateStore& store, const std::vector<SourceOptions>& read,
                           std::map<std::string, SourceCompleteness>* unread) {
  bool damaged = false;
  KPIWATCH_RETURN_IF_ERROR(
      store.Scan(Family::kMeta, kSourcePrefix, PrefixEnd(kSourcePrefix),
                 [&](std::string_view key, std::string_view value) {
                   const std::string_view name = key.substr(kSourcePrefix.size());
                   if (std::none_of(read.begin(), read.end(),
                                    [&](const SourceOptions& s) { return s.name == name; })) {
                     damaged = !(*unread)[std::string(name)].Decode(value);
                   }
                   return !damaged;
                 }));
  return damaged ? absl::DataLossError("the store's record of a source is damaged")
                 : absl::OkStatus();
}

}  // namespace

absl::Status Core::Restore(std::shared_ptr<const Rulebook> rulebook, absl::Time wall_now) {
  KPIWATCH_RETURN_IF_ERROR(kpi_ids_.Restore(*store_));
  KPIWATCH_RETURN_IF_ERROR(rule_ids_.Restore(*store_));
  KPIWATCH_RETURN_IF_ERROR(told_log_.Restore(*store_));
  KPIWATCH_RETURN_IF_ERROR(RestoreSubjects(*store_, &subjects_));
  KPIWATCH_RETURN_IF_ERROR(dedup_->Restore(*store_));
  metrics_->dedup_window_ids.Set(static_cast<double>(dedup_->size()));
  KPIWATCH_RETURN_IF_ERROR(versions_->Restore());
  KPIWATCH_RETURN_IF_ERROR(RestoreProgress());
  if (options_.live_from) {
    live_from_ = *options_.live_from;
  } else if (live_from_ == absl::InfinitePast()) {
    live_from_ = wall_now;
    std::string value;
    wire::AppendI64(absl::ToUnixMillis(live_from_), &value);
    names_.Put(Family::kMeta, CursorKey("live_from"), value);
  }
  KPIWATCH_RETURN_IF_ERROR(SetRulebook(std::move(rulebook)));
  return waiting_->Restore();
}

absl::Status Core::RestoreProgress() {
  KPIWATCH_ASSIGN_OR_RETURN(const auto progress, store_->Get(Family::kMeta, kProgressKey));
  if (progress) {
    wire::Reader reader(*progress);
    step_ = reader.Varint();
    next_seq_ = reader.Varint();
    const int64_t now_ms = reader.I64();
    now_ = now_ms == kNoTime ? absl::InfinitePast() : absl::FromUnixMillis(now_ms);
    if (!reader.AtEnd()) {
      return absl::DataLossError("the store's progress record is damaged");
    }
  }
  KPIWATCH_ASSIGN_OR_RETURN(const auto live, store_->Get(Family::kMeta, CursorKey("live_from")));
  if (live) {
    live_from_ = absl::FromUnixMillis(wire::Reader(*live).I64());
  }
  KPIWATCH_RETURN_IF_ERROR(unknown_owners_.Restore(*store_));
  KPIWATCH_RETURN_IF_ERROR(measured_.Restore(*store_));
  KPIWATCH_RETURN_IF_ERROR(tenants_.Restore(*store_));
  for (size_t s = 0; s < completeness_.size(); ++s) {
    KPIWATCH_ASSIGN_OR_RETURN(
        const auto stored,
        store_->Get(Family::kMeta, Named(kSourcePrefix, (*options_.sources)[s].name)));
    if (stored && !completeness_[s].Decode(*stored)) {
      return absl::DataLossError("the store's record of a source is damaged");
    }
  }
  KPIWATCH_RETURN_IF_ERROR(RestoreUnread(*store_, *options_.sources, &unread_));
  return progress_.Restore(*store_);
}

absl::Status Core::SetRulebook(std::shared_ptr<const Rulebook> rulebook) {
  KPIWATCH_CHECK(block_.empty(), "a rulebook enters between steps");
  KPIWATCH_RETURN_IF_ERROR(CheckCalendars(*store_, *rulebook, &names_));
  rulebook_ = std::move(rulebook);
  folder_ = std::make_unique<Folder>(rulebook_.get());
  const size_t known_kpis = kpi_ids_.size();
  BuildPlans();
  loader_ = std::make_unique<StoreLoader>(store_, &kpi_of_id_);
  series_ = std::make_unique<SeriesTable>(options_.series, rulebook_->kpis.size(), loader_.get());
  samples_ = std::make_unique<SampleBook>(options_.samples, rulebook_.get(), store_, &kpi_id_of_);
  viewer_ = std::make_unique<KpiViewer>(rulebook_.get(), series_.get(), samples_->table());
  ladders_->Clear();
  for (SealGroup& group : groups_) {
    KPIWATCH_ASSIGN_OR_RETURN(const auto stored,
                              store_->Get(Family::kMeta, Named(kGroupPrefix, group.name)));
    if (!stored) {
      continue;
    }
    wire::Reader reader(*stored);
    const uint8_t flags = reader.U8();
    const Day earliest{static_cast<int32_t>(reader.Signed())};
    const Day next{static_cast<int32_t>(reader.Signed())};
    group.earliest = (flags & 1) != 0 ? std::optional(earliest) : std::nullopt;
    group.next = (flags & 2) != 0 ? std::optional(next) : std::nullopt;
    group.sealing = (flags & 4) != 0;
    group.seal_at = absl::FromUnixMillis(reader.I64());
    group.cursor = std::string(reader.String());
  }
  for (size_t s = 0; s < promised_.size(); ++s) {
    for (size_t p = 0; p < promised_[s].size(); ++p) {
      NotePromises({static_cast<uint32_t>(s), static_cast<uint32_t>(p)});
    }
  }
  AddKnownSubjects();
  TakeKpiChanges(known_kpis);
  KPIWATCH_RETURN_IF_ERROR(AttributeAgain());
  return TakeRuleChanges();
}

absl::Status Core::WriteState(absl::Time arrival, WriteBatch* batch) {
  for (const WriteBatch::Entry& entry : names_.entries()) {
    if (entry.op == WriteBatch::Op::kPut) {
      batch->Put(entry.family, names_.key(entry), names_.value(entry));
    } else {
      batch->Delete(entry.family, names_.key(entry));
    }
  }
  names_.Clear();
  WriteSubjects(&subjects_, batch);
  WriteDays(batch);
  samples_->Write(batch);
  ladders_->WriteChanged(batch);
  for (SealGroup& group : groups_) {
    if (std::exchange(group.changed, false)) {
      std::string value;
      wire::AppendU8(static_cast<uint8_t>((group.earliest ? 1 : 0) | (group.next ? 2 : 0) |
                                          (group.sealing ? 4 : 0)),
                     &value);
      wire::AppendSigned(group.earliest.value_or(Day{}).number, &value);
      wire::AppendSigned(group.next.value_or(Day{}).number, &value);
      wire::AppendI64(absl::ToUnixMillis(group.seal_at), &value);
      wire::AppendString(group.cursor, &value);
      batch->Put(Family::kMeta, Named(kGroupPrefix, group.name), value);
    }
  }
  for (size_t s = 0; s < completeness_.size(); ++s) {
    if (completeness_[s].changed()) {
      std::string value;
      completeness_[s].Encode(&value);
      batch->Put(Family::kMeta, Named(kSourcePrefix, (*options_.sources)[s].name), value);
    }
  }
  for (auto& [name, source] : unread_) {
    if (source.changed()) {
      std::string value;
      source.Encode(&value);
      batch->Put(Family::kMeta, Named(kSourcePrefix, name), value);
    }
  }
  waiting_->Write(batch);
  progress_.Write(batch);
  KPIWATCH_RETURN_IF_ERROR(dedup_->Expire(arrival, *store_, batch, kExpireBudget));
  dedup_->SealSegment(arrival, batch);
  // An older version is of no use when its id is not known any more.
  const absl::Time keep_from = std::max(dedup_->window_start(), arrival - options_.dedup.min_age);
  KPIWATCH_RETURN_IF_ERROR(versions_->WriteChanged(arrival, keep_from, batch));
  entities_.WriteChanged(batch);
  NumberEntries();
  if (!batch->empty() || entries_->size() > 0) {
    std::string value;
    wire::AppendVarint(step_ + 1, &value);
    wire::AppendVarint(next_seq_, &value);
    wire::AppendI64(now_ == absl::InfinitePast() ? kNoTime : absl::ToUnixMillis(now_), &value);
    batch->Put(Family::kMeta, kProgressKey, value);
  }
  return absl::OkStatus();
}

void Core::WriteDays(WriteBatch* batch) {
  std::string value;
  series_->VisitDirtyDays([&](SubjectId subject, Day day, std::span<const StoredCell> cells) {
    value.clear();
    BeginDayRow(cells.size(), &value);
    for (const StoredCell& cell : cells) {
      AppendDayCell(kpi_id_of_[cell.kpi], cell.value, &value);
    }
    batch->Put(Family::kSeries, SeriesKey(subject.value(), day), value);
  });
}

void Core::NumberEntries() {
  for (const v1::DeadLetter& letter : pending_letters_) {
    emitted_.Add(next_seq_++, letter);
  }
  pending_letters_.clear();
  entries_ = emitted_.Take();
}

}  // namespace kpiwatch
