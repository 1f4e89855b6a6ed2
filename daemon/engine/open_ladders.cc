#include "daemon/engine/open_ladders.h"

#include <utility>

#include "daemon/base/wire.h"
#include "daemon/engine/stored_names.h"

namespace kpiwatch {

OpenLadder& OpenLadders::Add(uint32_t rule) {
  places_.insert(PlaceOf(rule), {rule, static_cast<uint32_t>(ladders_.size())});
  OpenLadder& ladder = ladders_.emplace_back();
  ladder.rule = rule;
  return ladder;
}

void OpenLadders::EraseGreen() {
  std::vector<Place> places;
  std::vector<OpenLadder> ladders;
  for (const Place& place : places_) {
    if (ladders_[place.at].level() != Level::kGreen) {
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
    wire::AppendU8(ladder.latched, out);
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
    ladder.latched = reader.U8();
    ladder.value = Decimal::FromUnits(reader.Signed128());
    ladder.since_ms = reader.Signed();
    ladder.told.people = ReadNames(&reader);
  }
  for (size_t i = 0; i < ladders.size() && !(i == 0 && reader.AtEnd()); ++i) {  // not in format 1
    ReadWay(&reader, &ladders.At(i).told);
  }
  if (!reader.AtEnd()) {
    return std::nullopt;
  }
  return ladders;
}

}  // namespace kpiwatch
