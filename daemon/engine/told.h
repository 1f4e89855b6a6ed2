// What of a ladder has been told, to whom and by what way, so that an end goes where its fire went
// and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/wire.h"
#include "daemon/model/level.h"

namespace kpiwatch {

// How an episode was told so far. A plain value.
struct Told {
  std::vector<std::string> people;
  uint32_t as = 0;       // what routed it, a number of the core's; 0: nothing, or not known
  uint8_t channels = 0;  // persisted: see ChannelsOf; 0: nothing, or not known

  bool nothing() const { return people.empty() && channels == 0; }
  // Once, however often.
  void AddPerson(const std::string& person);
};

// All channels there are: a tier without `via`.
constexpr uint8_t kEveryChannel = 0xFF;
// The bit of those through which an older program told, which did not keep them (format 1).
constexpr uint8_t kChannelsNotKept = 0x80;
// Whether an older program told it that way.
constexpr bool AreChannelsNotKept(uint8_t channels) {
  return channels != kEveryChannel && (channels & kChannelsNotKept) != 0;
}
// The bits of a tier's `via`.
uint8_t ChannelsOf(const std::vector<std::string>& via);
// The other way; empty for every channel.
std::vector<std::string> ViaOf(uint8_t channels);

// What of a rule decides which of its transitions are of one alert and, beside what each of them
// says itself, where they go; and to whom they went.
struct ToldAs {
  std::string kpi;
  std::map<std::string, std::string> labels;
  bool by_period = false;              // each period is an alert of its own
  bool period_named = false;           // and its labels say which; an older program's do not
  std::vector<std::string> receivers;  // their names, the latest first; empty: none, or not known

  // Whether a receiver takes both for one alert.
  bool IsAlertOf(const ToldAs& other) const {
    return kpi == other.kpi && labels == other.labels && by_period == other.by_period &&
           period_named == other.period_named;
  }
  // Once, however often, behind those that are there.
  void AddReceivers(const std::vector<std::string>& names);
};
// Stored form of a list of them, as a name in the table of such lists. Decode takes what Encode has
// written.
std::string EncodeToldAs(const std::vector<ToldAs>& all);
std::vector<ToldAs> DecodeToldAs(std::string_view bytes);

// Stored form, behind what an older program wrote of a ladder (FORMAT.md). It does without people.
void AppendWay(const Told& told, std::string* out);
void ReadWay(wire::Reader* reader, Told* told);

// Why a transition is kept and not sent.
namespace held {
inline constexpr std::string_view kBeforeLive = "before_live";   // closed before live_from (D-07)
inline constexpr std::string_view kRetroactive = "retroactive";  // newly true in the past (S-18)
inline constexpr std::string_view kNeverTold = "never_told";     // the end of such a fire

inline constexpr std::string_view kReasons[] = {kBeforeLive, kRetroactive, kNeverTold};
}  // namespace held

// What is to be said of a ladder that went from one level to another, or stayed.
struct Telling {
  Level from = Level::kGreen;
  Level to = Level::kGreen;
  std::string_view not_sent;  // empty: it is sent
  bool is_late = false;       // it fired before, and was held back then
};
// `*told` is the level that people know of, and becomes the one they will know of. `hold` says why
// a fire may not be sent now; empty: it may. A fire that was held back is told from where people
// stand as soon as one may be sent; nobody hears the end of what he was not told. nullopt: there is
// nothing to say.
std::optional<Telling> TellingOf(Level was, Level is, std::string_view hold, Level* told);

}  // namespace kpiwatch
