#include "daemon/engine/waiting_facts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kPrefix = "l";

std::string KeyOfNumber(uint64_t number) {
  std::string key(kPrefix);
  wire::AppendU64(number, &key);
  return key;
}

std::string Encode(const WaitingFacts::Cell& cell, const Aggregate& delta,
                   const std::vector<Samples::Entry>& samples) {
  std::string value;
  wire::AppendVarint(cell.kpi_id, &value);
  wire::AppendVarint(cell.subject.value(), &value);
  wire::AppendSigned(cell.day.number, &value);
  wire::AppendSigned(cell.until.number, &value);
  wire::AppendSigned(delta.count, &value);
  wire::AppendSigned128(delta.sum.units(), &value);
  for (const Samples::Entry& entry : samples) {
    wire::AppendSigned128(entry.sample.rank, &value);
    wire::AppendSigned128(entry.sample.value.units(), &value);
    wire::AppendSigned(entry.count, &value);
  }
  return value;
}

struct Stored {
  uint64_t number = 0;
  WaitingFacts::Cell cell;
  Aggregate delta;
  std::vector<Samples::Entry> samples;
};

std::optional<Stored> Decode(std::string_view key, std::string_view value) {
  wire::Reader name(key.substr(kPrefix.size()));
  Stored stored;
  stored.number = name.U64();
  wire::Reader reader(value);
  stored.cell.kpi_id = static_cast<uint32_t>(reader.Varint());
  stored.cell.subject = SubjectId(static_cast<uint32_t>(reader.Varint()));
  stored.cell.day = Day{static_cast<int32_t>(reader.Signed())};
  stored.cell.until = Day{static_cast<int32_t>(reader.Signed())};
  stored.delta.count = reader.Signed();
  stored.delta.sum = Decimal::FromUnits(reader.Signed128());
  while (reader.ok() && !reader.AtEnd()) {
    Samples::Entry& entry = stored.samples.emplace_back();
    entry.sample.rank = reader.Signed128();
    entry.sample.value = Decimal::FromUnits(reader.Signed128());
    entry.count = reader.Signed();
  }
  return name.AtEnd() && reader.AtEnd() ? std::optional(stored) : std::nullopt;
}

// Visits what is stored under numbers below `end`.
absl::Status ForEachStored(const StateStore& store, std::string_view end,
                           absl::FunctionRef<absl::Status(const Stored&)> visit) {
  absl::Status status;
  KPIWATCH_RETURN_IF_ERROR(
      store.Scan(Family::kMeta, kPrefix, end, [&](std::string_view key, std::string_view value) {
        const std::optional<Stored> stored = Decode(key, value);
        status = stored ? visit(*stored)
                        : absl::DataLossError("a stored fact that waits for a seal is damaged");
        return status.ok();
      }));
  return status;
}

}  // namespace

absl::Status WaitingFacts::Restore() {
  std::map<Key, size_t> stored_counts;
  bool too_many = false;
  KPIWATCH_RETURN_IF_ERROR(ForEachStored(*store_, PrefixEnd(kPrefix), [&](const Stored& stored) {
    next_number_ = stored.number + 1;
    ++stored_counts[KeyOf(stored.cell)];
    too_many = too_many || cells_.size() + samples_ >= most_in_memory_;
    if (too_many) {
      return absl::OkStatus();
    }
    const auto [it, is_new] = cells_.try_emplace(stored.cell);
    if (is_new) {
      it->second = {.number = stored.number,
                    .delta = stored.delta,
                    .samples = stored.samples,
                    .written = true};
      ++counts_[KeyOf(stored.cell)].all;
    } else {
      // Memory had let go of the first part: one number from now on.
      it->second.delta.Merge(stored.delta);
      it->second.samples.insert(it->second.samples.end(), stored.samples.begin(),
                                stored.samples.end());
      if (!it->second.changed) {
        it->second.changed = true;
        changed_.push_back(stored.cell);
      }
      done_.push_back(stored.number);
    }
    samples_ += stored.samples.size();
    return absl::OkStatus();
  }));
  if (too_many) {
    counts_.clear();
    for (const auto& [key, count] : stored_counts) {
      counts_[key].all = count;
    }
    done_.clear();
    LetGo();
  }
  return absl::OkStatus();
}

void WaitingFacts::LetGo() {
  cells_.clear();
  changed_.clear();
  samples_ = 0;
  for (auto& [key, count] : counts_) {
    count.only_stored = count.all;
  }
  in_memory_from_ = next_number_;
}

void WaitingFacts::Add(const Cell& cell, const Aggregate& delta) {
  const auto [it, is_new] = cells_.try_emplace(cell);
  Waiting& waiting = it->second;
  if (is_new) {
    waiting.number = next_number_++;
    ++counts_[KeyOf(cell)].all;
  }
  waiting.delta.Merge(delta);
  if (!waiting.changed) {
    waiting.changed = true;
    changed_.push_back(cell);
  }
}

void WaitingFacts::AddSample(const Cell& cell, const Sample& sample, int64_t count) {
  cells_.at(cell).samples.push_back({sample, count});
  ++samples_;
}

bool WaitingFacts::AnyDue(Due due) const {
  return std::any_of(counts_.begin(), counts_.end(),
                     [&](const auto& entry) { return due(entry.first.first, entry.first.second); });
}

absl::Status WaitingFacts::TakeDue(Due due, Take take) {
  std::set<Key> keys;
  size_t only_stored = 0;
  for (const auto& [key, count] : counts_) {
    if (due(key.first, key.second)) {
      keys.insert(key);
      only_stored += count.only_stored;
    }
  }
  if (keys.empty()) {
    return absl::OkStatus();
  }
  if (only_stored > 0) {
    KPIWATCH_RETURN_IF_ERROR(
        ForEachStored(*store_, KeyOfNumber(in_memory_from_), [&](const Stored& stored) {
          if (!keys.contains(KeyOf(stored.cell))) {
            return absl::OkStatus();
          }
          done_.push_back(stored.number);
          return take(stored.cell, stored.delta, stored.samples);
        }));
  }
  std::vector<std::pair<uint64_t, Cell>> in_order;
  for (const auto& [cell, waiting] : cells_) {
    if (keys.contains(KeyOf(cell))) {
      in_order.emplace_back(waiting.number, cell);
    }
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [number, cell] : in_order) {
    const auto it = cells_.find(cell);
    KPIWATCH_RETURN_IF_ERROR(take(cell, it->second.delta, it->second.samples));
    samples_ -= it->second.samples.size();
    if (it->second.written) {
      done_.push_back(number);
    }
    cells_.erase(it);
  }
  for (const Key& key : keys) {
    counts_.erase(key);
  }
  return absl::OkStatus();
}

void WaitingFacts::Write(WriteBatch* batch) {
  for (const uint64_t number : done_) {
    batch->Delete(Family::kMeta, KeyOfNumber(number));
  }
  done_.clear();
  for (const Cell& cell : changed_) {
    const auto it = cells_.find(cell);
    if (it != cells_.end() && it->second.changed) {
      it->second.changed = false;
      it->second.written = true;
      batch->Put(Family::kMeta, KeyOfNumber(it->second.number),
                 Encode(cell, it->second.delta, it->second.samples));
    }
  }
  changed_.clear();
  if (cells_.size() + samples_ > most_in_memory_) {
    LetGo();
  }
}

}  // namespace kpiwatch
