// Measured values kept each by itself, where a sum does not say enough: for the least and the
// greatest, the first and the last, how many different ones, and quantiles (S-13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/decimal.h"

namespace kpiwatch {

// One value. Ordered by `rank`, then by value.
struct Sample {
  __int128 rank = 0;  // of first and last: the moment; else zero
  Decimal value;
  friend auto operator<=>(const Sample&, const Sample&) = default;
};

// What becomes of samples when there are many.
enum class SampleUse : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kLeast = 0,                     // the least ones stay
  kGreatest = 1,                  // the greatest ones stay
  kDistinct = 2,                  // values are hashes: those of a part of all hashes stay
  kSpread = 3,                    // values are rounded, by less than 1 %
};

// A multiset with signed counts: adding, taking out and merging give the same in any order, so that
// days merge into weeks, people into units, and a corrected event takes its old value with it.
//
// Limits: at most Limit(use) different samples. Beyond them
//   kLeast, kGreatest  the half that is farthest from the end is forgotten;
//   kDistinct          every hash of a half of the hashes is, again and again: what stays is a
//                      sample of all values, and counts for 2^level of them. Standard error
//                      1/sqrt(number kept), at most 1.2 %;
//   kSpread            every value becomes the middle of its bucket (2^k..2^(k+1) millionths are
//                      64 buckets): off by at most 1/128 of itself, and by nothing below 128
//                      millionths.
// Which samples stay does not depend on the order in which they were added; what was taken out
// again may have been one too many. Concurrency: none.
class Samples {
 public:
  struct Entry {
    Sample sample;
    int64_t count = 0;  // never zero
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  static constexpr size_t Limit(SampleUse use) {
    return use == SampleUse::kLeast || use == SampleUse::kGreatest ? 1024 : 16'384;
  }

  explicit Samples(SampleUse use) : use_(use) {}

  // Adds entries in any order, equal ones among them. `entries` is scratch: its order is lost.
  void Add(std::vector<Entry>* entries);
  void Merge(const Samples& other);

  SampleUse use() const { return use_; }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }  // ascending
  // Samples were forgotten or rounded.
  bool is_sketch() const { return level_ > 0; }

  // The least and the greatest sample with a positive count; nullopt: none.
  std::optional<Sample> Least() const;
  std::optional<Sample> Greatest() const;
  // How many different values there are; of a sketch an estimate.
  int64_t Distinct() const;
  // By nearest rank (D-21): the least value that at least `q` (0..1) of all are not above.
  std::optional<Decimal> Quantile(Decimal q) const;
  // The middle value; of an even number the average of the two in the middle.
  std::optional<Rational> Median() const;
  // How far a sketch may be off, as a part of the value: the bound of a quantile, the standard
  // error of Distinct, rounded up to four digits. nullopt: it is exact.
  std::optional<Decimal> Error() const;

  void Encode(std::string* out) const;
  // nullopt for bytes that Encode cannot have written.
  static std::optional<Samples> Decode(std::string_view bytes);

  friend bool operator==(const Samples&, const Samples&) = default;

 private:
  bool Keeps(const Sample& sample) const;
  void Round(std::vector<Entry>* entries) const;
  // Merges what is sorted and without equal ones.
  void MergeSorted(std::span<const Entry> entries);
  void Shrink();
  int64_t Total() const;
  std::optional<Decimal> At(int64_t place) const;  // 1-based

  SampleUse use_;
  // 0: exact. kDistinct: hashes whose lowest `level_` bits are zero are kept. Else 1.
  uint8_t level_ = 0;
  std::optional<Sample> bound_;  // kLeast, kGreatest: nothing beyond it is kept
  std::vector<Entry> entries_;
};

// The middle of the bucket of a value, in kSpread's sketches.
Decimal RoundedToBucket(Decimal value);

}  // namespace kpiwatch
