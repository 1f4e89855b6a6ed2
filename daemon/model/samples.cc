#include "daemon/model/samples.h"

#include <algorithm>
#include <utility>

#include "daemon/base/wire.h"

namespace kpiwatch {
namespace {

using Entry = Samples::Entry;

constexpr int kBucketBits = 6;  // 64 buckets to a doubling

bool BySample(const Entry& a, const Entry& b) { return a.sample < b.sample; }

// Sorts and adds up equal ones.
void Combine(std::vector<Entry>* entries) {
  std::sort(entries->begin(), entries->end(), BySample);
  size_t kept = 0;
  for (size_t i = 0; i < entries->size();) {
    Entry sum = (*entries)[i];
    for (++i; i < entries->size() && (*entries)[i].sample == sum.sample; ++i) {
      sum.count += (*entries)[i].count;
    }
    if (sum.count != 0) {
      (*entries)[kept++] = sum;
    }
  }
  entries->resize(kept);
}

bool IsOfPart(Decimal hash, int level) {
  return (static_cast<uint64_t>(hash.units()) & ((uint64_t{1} << level) - 1)) == 0;
}

}  // namespace

Decimal RoundedToBucket(Decimal value) {
  const bool negative = value.is_negative();
  const unsigned __int128 size = negative ? -static_cast<unsigned __int128>(value.units())
                                          : static_cast<unsigned __int128>(value.units());
  int shift = 0;  // until 7 bits are left: the leading one and kBucketBits behind it
  while ((size >> shift) >= (2U << kBucketBits)) {
    ++shift;
  }
  const unsigned __int128 low = (size >> shift) << shift;
  const unsigned __int128 half = shift == 0 ? 0 : static_cast<unsigned __int128>(1) << (shift - 1);
  const auto middle = static_cast<__int128>(low + half);
  return Decimal::FromUnits(negative ? -middle : middle);
}

bool Samples::Keeps(const Sample& sample) const {
  switch (use_) {
    case SampleUse::kLeast:
      return !bound_ || sample <= *bound_;
    case SampleUse::kGreatest:
      return !bound_ || sample >= *bound_;
    case SampleUse::kDistinct:
      return IsOfPart(sample.value, level_);
    case SampleUse::kSpread:
      return true;
  }
  return true;
}

void Samples::Round(std::vector<Entry>* entries) const {
  for (Entry& entry : *entries) {
    entry.sample.value = RoundedToBucket(entry.sample.value);
  }
  Combine(entries);
}

void Samples::Add(std::vector<Entry>* entries) {
  Combine(entries);
  if (use_ == SampleUse::kSpread && level_ > 0) {
    Round(entries);
  }
  MergeSorted(*entries);
}

void Samples::MergeSorted(std::span<const Entry> entries) {
  std::vector<Entry> merged;
  merged.reserve(entries_.size() + entries.size());
  auto own = entries_.begin();
  const auto take = [&](const Entry& entry) {
    if (Keeps(entry.sample)) {
      merged.push_back(entry);
    }
  };
  for (const Entry& entry : entries) {
    for (; own != entries_.end() && own->sample < entry.sample; ++own) {
      take(*own);
    }
    Entry sum = entry;
    if (own != entries_.end() && own->sample == entry.sample) {
      sum.count += (own++)->count;
    }
    if (sum.count != 0) {
      take(sum);
    }
  }
  for (; own != entries_.end(); ++own) {
    take(*own);
  }
  entries_ = std::move(merged);
  Shrink();
}

void Samples::Shrink() {
  while (entries_.size() > Limit(use_)) {
    const auto half = static_cast<ptrdiff_t>(Limit(use_) / 2);
    switch (use_) {
      case SampleUse::kLeast:
        level_ = 1;
        entries_.erase(entries_.begin() + half, entries_.end());
        bound_ = entries_.back().sample;
        break;
      case SampleUse::kGreatest:
        level_ = 1;
        entries_.erase(entries_.begin(), entries_.end() - half);
        bound_ = entries_.front().sample;
        break;
      case SampleUse::kDistinct:
        ++level_;
        std::erase_if(entries_, [&](const Entry& entry) { return !Keeps(entry.sample); });
        break;
      case SampleUse::kSpread:
        if (level_ > 0) {
          return;  // there are no more buckets than 2 * 128 * 64
        }
        level_ = 1;
        Round(&entries_);
        break;
    }
  }
}

void Samples::Merge(const Samples& other) {
  if (other.level_ > level_ || (other.bound_ && !bound_)) {
    // As coarse as the coarser one.
    level_ = std::max(level_, other.level_);
    if (use_ == SampleUse::kSpread) {
      Round(&entries_);
    }
  }
  if (other.bound_) {
    const bool tighter =
        !bound_ || (use_ == SampleUse::kLeast ? *other.bound_ < *bound_ : *other.bound_ > *bound_);
    bound_ = tighter ? other.bound_ : bound_;
  }
  if (use_ == SampleUse::kSpread && level_ > other.level_) {
    std::vector<Entry> rounded = other.entries_;
    Round(&rounded);
    MergeSorted(rounded);
  } else {
    MergeSorted(other.entries_);
  }
}

std::optional<Sample> Samples::Least() const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [](const Entry& entry) { return entry.count > 0; });
  return it == entries_.end() ? std::nullopt : std::optional(it->sample);
}

std::optional<Sample> Samples::Greatest() const {
  const auto it = std::find_if(entries_.rbegin(), entries_.rend(),
                               [](const Entry& entry) { return entry.count > 0; });
  return it == entries_.rend() ? std::nullopt : std::optional(it->sample);
}

int64_t Samples::Distinct() const {
  const auto kept = std::count_if(entries_.begin(), entries_.end(),
                                  [](const Entry& entry) { return entry.count > 0; });
  return static_cast<int64_t>(kept) << level_;
}

int64_t Samples::Total() const {
  int64_t total = 0;
  for (const Entry& entry : entries_) {
    total += std::max<int64_t>(entry.count, 0);
  }
  return total;
}

std::optional<Decimal> Samples::At(int64_t place) const {
  int64_t passed = 0;
  for (const Entry& entry : entries_) {
    passed += std::max<int64_t>(entry.count, 0);
    if (passed >= place) {
      return entry.sample.value;
    }
  }
  return std::nullopt;
}

std::optional<Decimal> Samples::Quantile(Decimal q) const {
  const int64_t total = Total();
  if (total == 0) {
    return std::nullopt;
  }
  const __int128 place = (q.units() * total + Decimal::kOne - 1) / Decimal::kOne;
  return At(std::clamp<int64_t>(static_cast<int64_t>(place), 1, total));
}

std::optional<Rational> Samples::Median() const {
  const int64_t total = Total();
  if (total == 0) {
    return std::nullopt;
  }
  const Decimal low = *At((total + 1) / 2);
  const Decimal high = *At(total / 2 + 1);
  return Rational{low + high, Decimal::FromInt(2)};
}

std::optional<Decimal> Samples::Error() const {
  if (!is_sketch() || use_ == SampleUse::kLeast || use_ == SampleUse::kGreatest) {
    return std::nullopt;
  }
  if (use_ == SampleUse::kSpread) {
    return Decimal::FromUnits(7'900);  // 1/128 = 0.0078125
  }
  // 1/sqrt(kept) in ten-thousandths, rounded up: the least n with n * n * kept >= 10^8.
  const auto kept = static_cast<int64_t>(std::max<size_t>(entries_.size(), 1));
  int64_t n = 1;
  while (n * n * kept < 100'000'000) {
    ++n;
  }
  return Decimal::FromUnits(n * 100);
}

void Samples::Encode(std::string* out) const {
  wire::AppendU8(static_cast<uint8_t>(use_), out);
  wire::AppendU8(level_, out);
  wire::AppendU8(bound_ ? 1 : 0, out);
  if (bound_) {
    wire::AppendSigned128(bound_->rank, out);
    wire::AppendSigned128(bound_->value.units(), out);
  }
  wire::AppendVarint(entries_.size(), out);
  // Each against the one before: neighbours are near.
  Sample before;
  for (const Entry& entry : entries_) {
    wire::AppendSigned128(entry.sample.rank - before.rank, out);
    wire::AppendSigned128(entry.sample.value.units() - before.value.units(), out);
    wire::AppendSigned(entry.count, out);
    before = entry.sample;
  }
}

std::optional<Samples> Samples::Decode(std::string_view bytes) {
  wire::Reader reader(bytes);
  const uint8_t use = reader.U8();
  Samples samples(static_cast<SampleUse>(use));
  samples.level_ = reader.U8();
  if (use > static_cast<uint8_t>(SampleUse::kSpread) || samples.level_ > 63) {
    return std::nullopt;
  }
  if (reader.U8() != 0) {
    Sample bound;
    bound.rank = reader.Signed128();
    bound.value = Decimal::FromUnits(reader.Signed128());
    samples.bound_ = bound;
  }
  const uint64_t count = reader.Varint();
  Sample before;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Entry entry;
    // Damaged bytes may hold anything: what does not fit wraps and is found out by its order.
    entry.sample.rank = static_cast<__int128>(static_cast<unsigned __int128>(before.rank) +
                                              static_cast<unsigned __int128>(reader.Signed128()));
    entry.sample.value = Decimal::FromUnits(
        static_cast<__int128>(static_cast<unsigned __int128>(before.value.units()) +
                              static_cast<unsigned __int128>(reader.Signed128())));
    entry.count = reader.Signed();
    if (entry.count == 0 || (i > 0 && !(before < entry.sample))) {
      return std::nullopt;
    }
    before = entry.sample;
    samples.entries_.push_back(entry);
  }
  return reader.AtEnd() ? std::optional(std::move(samples)) : std::nullopt;
}

}  // namespace kpiwatch
