// What the engine keeps of one rule's ladder for one subject: its state, who was told, and the
// sealed periods of the correction window, so that a correction can replay them (S-18).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/engine/told.h"
#include "daemon/evaluate/ladder.h"

namespace kpiwatch {

// A sealed period that counted.
struct SealedRecord {
  Period period;
  std::optional<bool> met;
  Decimal value;
  std::optional<Decimal> target;  // as used; corrections keep it (S-09)
  LadderState after;
  // What people know of, while it stands: of the ladder, or of its own episode (D-10).
  Level told = Level::kGreen;
  bool known = true;  // `value` is one
  // Of a verdict, what of a full day its floors are; as used, corrections keep it (S-02). None of
  // an older program: what the org says.
  std::optional<int> capacity = {};
};

// For rules on closed periods.
struct Ladder {
  LadderState base;                   // before records.front()
  LadderState state;                  // now
  std::vector<SealedRecord> records;  // ascending, within the correction window
  Told told;                          // how the present episode was told
  int64_t since_ms = 0;               // business moment in which the episode began; 0: green
};

// The first of the records that stand now: the last one, and with it, for a rule on targets, all
// that end on the same day, each an episode of its own (D-10). records.size(): there is none.
size_t FirstStanding(const Ladder& ladder);
// What people know of a ladder that is no row of episodes.
Level ToldLevel(const Ladder& ladder);
// Whether some of them is above green.
bool AnyFiring(const Ladder& ladder);

// Stored forms (FORMAT.md). Decode returns nullopt for bytes that Encode cannot have written.
void EncodeLadder(const Ladder& ladder, std::string* out);
std::optional<Ladder> DecodeLadder(std::string_view bytes);

// The rest of a kLadder key after the subject.
//   'L' u32 rule                      a Ladder
//   'O' u8 PeriodKind i32 begin i32 end   open ladders of a period
std::string LadderKeyRest(uint32_t rule);
std::string OpenLadderKeyRest(const Period& period);
std::optional<uint32_t> ParseLadderKeyRest(std::string_view rest);
std::optional<Period> ParseOpenLadderKeyRest(std::string_view rest);

}  // namespace kpiwatch
