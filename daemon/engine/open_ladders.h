// The ladders of intraday rules on one open period of one subject (D-10).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "daemon/engine/told.h"
#include "daemon/evaluate/ladder.h"

namespace kpiwatch {

// One rule's. Streaks do not move while a period is open: its state is its latches.
struct OpenLadder {
  Decimal value;  // at the last change of level
  Told told;
  int64_t since_ms = 0;
  uint32_t rule = 0;    // stored number
  uint8_t latched = 0;  // as in LadderState
  uint8_t reached = 0;  // the tiers that were latched at some time since the period began

  void Latch(uint8_t tiers) {
    latched = tiers;
    reached |= tiers;
  }
  LadderState state() const {
    LadderState state;
    state.latched = latched;
    return state;
  }
  Level level() const { return state().level(); }
};

// Operation: ladders stay where they came, and a sorted list of places beside them finds them: with
// two hundred rules on a period most steps look for a few and add a few.
class OpenLadders {
 public:
  bool empty() const { return places_.empty(); }
  size_t size() const { return places_.size(); }
  // In order of rule. REQUIRES: i < size().
  OpenLadder& At(size_t i) { return ladders_[places_[i].at]; }
  const OpenLadder& At(size_t i) const { return ladders_[places_[i].at]; }
  // In the order in which they came.
  const std::vector<OpenLadder>& all() const { return ladders_; }

  // Null: the rule has none. Valid until the next Add or EraseIf.
  OpenLadder* Find(uint32_t rule) {
    const auto place = PlaceOf(rule);
    return place != places_.end() && place->rule == rule ? &ladders_[place->at] : nullptr;
  }
  // A new one. REQUIRES: the rule has none. Valid as that of Find.
  OpenLadder& Add(uint32_t rule);
  // Forgets those of which `is_gone` says so.
  void EraseIf(absl::FunctionRef<bool(const OpenLadder&)> is_gone);
  // Fetches what Find will read.
  void Prefetch() const {
    constexpr size_t kPlacesPerLine = 64 / sizeof(Place);
    for (size_t i = 0; i < places_.size(); i += kPlacesPerLine) {
      __builtin_prefetch(places_.data() + i, 1);
    }
    __builtin_prefetch(ladders_.data() + ladders_.size(), 1);
  }

 private:
  struct Place {
    uint32_t rule = 0;
    uint32_t at = 0;  // in ladders_
  };
  std::vector<Place>::iterator PlaceOf(uint32_t rule) {
    return std::lower_bound(places_.begin(), places_.end(), rule,
                            [](const Place& place, uint32_t r) { return place.rule < r; });
  }

  std::vector<Place> places_;  // by rule
  std::vector<OpenLadder> ladders_;
};

// Stored form of all open ladders of one subject and period (FORMAT.md). Decode returns nullopt for
// bytes that Encode cannot have written.
void EncodeOpenLadders(const OpenLadders& ladders, std::string* out);
std::optional<OpenLadders> DecodeOpenLadders(std::string_view bytes);

}  // namespace kpiwatch
