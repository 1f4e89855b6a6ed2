// Owners whose facts count for nobody in particular, as the org does not employ them on that day:
// until the data steward is told of them, and until the org does (D-19). That facts name nobody is
// told once in the life of a store.
//
// Limits: kMostOwners, each with kMostRanges of days; what is beyond stays where it is.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "daemon/model/day.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class UnknownOwners {
 public:
  static constexpr size_t kMostOwners = 100'000;
  static constexpr size_t kMostRanges = 1'000;

  // Days of an owner, ascending and apart from each other.
  class Days {
   public:
    bool Contains(Day day) const;
    // False: the day is there, or there is no room.
    bool Add(Day day);
    bool empty() const { return ranges_.empty(); }
    // REQUIRES: !empty().
    Day begin() const { return ranges_.front().first; }
    Day end() const { return ranges_.back().second; }

    // As stored: varint ranges, each signed first day, signed day after the last. Nothing at all,
    // of an older program: all days.
    std::string Encode() const;
    static Days Decode(std::string_view value);

   private:
    std::vector<std::pair<Day, Day>> ranges_;  // half-open
  };
  using Waiting = std::map<std::string, Days, std::less<>>;

  // Errors: the store's.
  absl::Status Restore(const StateStore& store);

  // Whether it is known that the owner's facts of that day are nobody's.
  bool Knows(std::string_view id, Day day) const;
  // Facts of `id` on `day` went to nobody; `all`: every fact of his on that day did, so that they
  // can be given to his unit later. He is to be told of once until all is given.
  void Add(std::string_view id, Day day, bool all, WriteBatch* names);
  const Waiting& waiting() const { return waiting_; }
  // Of the days of `id` only `left` are nobody's now.
  void Settle(const std::string& id, Days left, WriteBatch* names);

  bool told_nobody() const { return told_nobody_; }
  // A fact names nobody, and that is to be told; *names remembers it.
  void AddNobody(WriteBatch* names);
  // Those to be told of since the last call.
  std::vector<std::string> Take() { return std::exchange(ids_, {}); }

 private:
  std::vector<std::string> ids_;
  Waiting waiting_;
  bool told_nobody_ = false;
};

}  // namespace kpiwatch
