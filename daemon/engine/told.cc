#include "daemon/engine/told.h"

#include <algorithm>
#include <array>

namespace kpiwatch {
namespace {

// Persisted by place: DO NOT CHANGE the order.
constexpr std::array<std::string_view, 2> kToldChannels = {"email", "webhook"};

void AddNew(const std::string& name, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

}  // namespace

void Told::AddPerson(const std::string& person) { AddNew(person, &people); }

void ToldAs::AddReceivers(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    AddNew(name, &receivers);
  }
}

uint8_t ChannelsOf(const std::vector<std::string>& via) {
  if (via.empty()) {
    return kEveryChannel;
  }
  uint8_t channels = 0;
  for (size_t i = 0; i < kToldChannels.size(); ++i) {
    for (const std::string& name : via) {
      channels |= static_cast<uint8_t>((name == kToldChannels[i] ? 1U : 0U) << i);
    }
  }
  return channels;
}

std::vector<std::string> ViaOf(uint8_t channels) {
  std::vector<std::string> via;
  for (size_t i = 0; channels != kEveryChannel && i < kToldChannels.size(); ++i) {
    if ((channels >> i & 1) != 0) {
      via.emplace_back(kToldChannels[i]);
    }
  }
  return via;
}

std::string EncodeToldAs(const std::vector<ToldAs>& all) {
  std::string bytes;
  wire::AppendVarint(all.size(), &bytes);
  for (const ToldAs& one : all) {
    wire::AppendString(one.kpi, &bytes);
    wire::AppendU8(one.by_period ? 1 : 0, &bytes);
    wire::AppendVarint(one.labels.size(), &bytes);
    for (const auto& [label, value] : one.labels) {
      wire::AppendString(label, &bytes);
      wire::AppendString(value, &bytes);
    }
  }
  const bool more = std::any_of(all.begin(), all.end(), [](const ToldAs& one) {
    return one.period_named || !one.receivers.empty();
  });
  for (size_t i = 0; more && i < all.size(); ++i) {
    wire::AppendU8(all[i].period_named ? 1 : 0, &bytes);
    wire::AppendVarint(all[i].receivers.size(), &bytes);
    for (const std::string& receiver : all[i].receivers) {
      wire::AppendString(receiver, &bytes);
    }
  }
  return bytes;
}

std::vector<ToldAs> DecodeToldAs(std::string_view bytes) {
  wire::Reader reader(bytes);
  std::vector<ToldAs> all;
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    ToldAs& one = all.emplace_back();
    one.kpi = std::string(reader.String());
    one.by_period = reader.U8() != 0;
    const uint64_t labels = reader.Varint();
    for (uint64_t l = 0; l < labels && reader.ok(); ++l) {
      const std::string label(reader.String());
      one.labels[label] = std::string(reader.String());
    }
  }
  // An older program ends here.
  for (size_t i = 0; i < all.size() && reader.ok() && !reader.AtEnd(); ++i) {
    all[i].period_named = reader.U8() != 0;
    const uint64_t receivers = reader.Varint();
    for (uint64_t r = 0; r < receivers && reader.ok(); ++r) {
      all[i].receivers.emplace_back(reader.String());
    }
  }
  return all;
}

void AppendWay(const Told& told, std::string* out) {
  wire::AppendVarint(told.as, out);
  wire::AppendU8(told.channels, out);
}

void ReadWay(wire::Reader* reader, Told* told) {
  told->as = static_cast<uint32_t>(reader->Varint());
  told->channels = reader->U8();
}

std::optional<Telling> TellingOf(Level was, Level is, std::string_view hold, Level* told) {
  if (is > *told) {
    if (hold.empty()) {
      const Telling telling{*told, is, {}, is <= was};
      *told = is;
      return telling;
    }
    return was == is ? std::nullopt : std::optional<Telling>({was, is, hold});
  }
  if (is < *told) {
    const Telling telling{*told, is, {}};
    *told = is;
    return telling;
  }
  return was == is ? std::nullopt : std::optional<Telling>({was, is, held::kNeverTold});
}

}  // namespace kpiwatch
