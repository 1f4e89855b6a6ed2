#include "daemon/engine/open_ladders.h"

#include <utility>

#include "daemon/base/wire.h"
#include "daemon/engine/stored_names.h"

namespace kpiwatch {
namespace {

// Persisted: one byte holds both, a bit for each level.
constexpr int kReachedShift = 4;
constexpr uint8_t kLatchedBits = 0x0F;

}  // namespace

OpenLadder& OpenLadders::Add(uint32_t rule) {
  places_.insert(PlaceOf(rule), {rule, static_cast<uint32_t>(ladders_.size())});
  OpenLadder& ladder = ladders_.emplace_back();
  ladder.rule = rule;
  return ladder;
}

void OpenLadders::EraseIf(absl::FunctionRef<bool(const OpenLadder&)> is_gone) {
  std::vector<Place> places;
  std::vector<OpenLadder> ladders;
  for (const Place& place : places_) {
    if (!is_gone(ladders_[place.at])) {
      places.push_back({place.rule, static_cast<uint32_t>(ladders.size())});
      ladders.push_back(std::move(ladders_[place.at]));
    }
  }
  places_ = std::move(places);
  ladders_ = std::move(ladders);
}

void EncodeOpenLadders(const OpenLadders& ladders, std::string* out) {
  wire::AppendVarint(ladders.size(), out);
  for (const OpenLadder& ladder : ladders.all()) {
    wire::AppendVarint(ladder.rule, out);
    wire::AppendU8(static_cast<uint8_t>(ladder.latched | ladder.reached << kReachedShift), out);
    wire::AppendSigned128(ladder.value.units(), out);
    wire::AppendSigned(ladder.since_ms, out);
    AppendNames(ladder.told.people, out);
  }
  for (size_t i = 0; i < ladders.size(); ++i) {
    AppendWay(ladders.At(i).told, out);
  }
}

std::optional<OpenLadders> DecodeOpenLadders(std::string_view bytes) {
  wire::Reader reader(bytes);
  OpenLadders ladders;
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    const auto rule = static_cast<uint32_t>(reader.Varint());
    if (ladders.Find(rule) != nullptr) {
      return std::nullopt;
    }
    OpenLadder& ladder = ladders.Add(rule);
    const uint8_t tiers = reader.U8();
    ladder.Latch(tiers & kLatchedBits);
    ladder.reached |= static_cast<uint8_t>(tiers >> kReachedShift);  // zero from an older program
    ladder.value = Decimal::FromUnits(reader.Signed128());
    ladder.since_ms = reader.Signed();
    ladder.told.people = ReadNames(&reader);
  }
  const bool of_format_1 = reader.AtEnd();  // which told whatever it did not say
  for (size_t i = 0; i < ladders.size(); ++i) {
    OpenLadder& ladder = ladders.At(i);
    if (!of_format_1) {
      ReadWay(&reader, &ladder.told);
    } else if (ladder.level() != Level::kGreen) {
      ladder.told.channels = kChannelsNotKept;
    }
  }
  if (!reader.AtEnd()) {
    return std::nullopt;
  }
  return ladders;
}

}  // namespace kpiwatch
