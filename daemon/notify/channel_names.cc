#include "daemon/notify/channel_names.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <system_error>

#include "daemon/base/hash.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// The number of the channel `name` of the receiver `prefix`; nullopt: it is not one of its.
std::optional<size_t> NumberIn(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  size_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || name != fmt::to_string(number)) {
    return std::nullopt;
  }
  return number;
}

// Names the webhooks of one receiver.
void NameReceiver(const std::string& prefix, const std::vector<ChannelId*>& webhooks,
                  const std::vector<ChannelId>& known) {
  std::map<size_t, uint64_t> addresses;  // by number
  for (const ChannelId& channel : known) {
    if (const auto number = NumberIn(prefix, channel.name)) {
      addresses[*number] = channel.address;
    }
  }
  std::map<size_t, uint64_t> gone = addresses;
  std::vector<std::optional<size_t>> numbers(webhooks.size());
  const auto take = [&](size_t i, std::map<size_t, uint64_t>::iterator place) {
    if (!numbers[i].has_value() && place != gone.end()) {
      numbers[i] = place->first;
      gone.erase(place);
    }
  };
  for (size_t i = 0; i < webhooks.size(); ++i) {
    take(i, std::find_if(gone.begin(), gone.end(),
                         [&](const auto& place) { return place.second == webhooks[i]->address; }));
  }
  for (size_t i = 0; i < webhooks.size(); ++i) {
    const auto place = gone.find(i);
    take(i, place != gone.end() && place->second == 0 ? place : gone.end());
  }
  size_t lowest = 0;
  for (size_t i = 0; i < webhooks.size(); ++i) {
    take(i, gone.begin());
    if (!numbers[i].has_value()) {
      while (addresses.contains(lowest)) {
        ++lowest;
      }
      numbers[i] = lowest++;
    }
    webhooks[i]->name = prefix + fmt::to_string(*numbers[i]);
  }
}

}  // namespace

uint64_t WebhookAddress(std::string_view url, size_t before) {
  return std::max<uint64_t>(1, HashOf({"webhook", url, fmt::to_string(before)}).low);
}

std::vector<ChannelId> NameChannels(std::vector<ChannelId> wanted,
                                    const std::vector<ChannelId>& known) {
  std::map<std::string, std::vector<ChannelId*>> receivers;
  for (ChannelId& channel : wanted) {
    if (channel.address != 0) {
      receivers[channel.name].push_back(&channel);
    }
  }
  for (const auto& [prefix, webhooks] : receivers) {
    NameReceiver(prefix, webhooks, known);
  }
  return wanted;
}

}  // namespace kpiwatch
