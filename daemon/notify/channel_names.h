// Under which names channels keep their places in the outbox.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpiwatch {

// A channel as the outbox knows it.
struct ChannelId {
  std::string name;  // "email:managers/0"
  // Of a webhook, a hash of where it leads; 0: none, or not known (stored by an older program).
  uint64_t address = 0;
  friend bool operator==(const ChannelId&, const ChannelId&) = default;
};

// The address of the webhook with this URL; `before`: how many of the same receiver with the same
// URL stand before it. Never 0. Stored. Does not tell the URL, which may hold a secret.
uint64_t WebhookAddress(std::string_view url, size_t before);

// Gives the webhooks of a rulebook their numbers. In `wanted` each is named by its receiver only
// ("webhook:managers/", in the order of the rulebook), and all others by their whole name; `known`
// are the channels there were before. The number of a webhook says nothing of its place in the
// list, but of what it is, as long as it stays:
// 1. A webhook whose address is known keeps its number.
// 2. Of those known without an address, each is the webhook at its number in the list.
// 3. What is new takes the place of what is gone, in the order of the list and of the numbers:
//    whoever corrects a URL wants what waited for the wrong one sent to the right one.
// 4. What is left gets the lowest numbers that nobody had.
std::vector<ChannelId> NameChannels(std::vector<ChannelId> wanted,
                                    const std::vector<ChannelId>& known);

}  // namespace kpiwatch
