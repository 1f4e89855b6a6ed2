// What the program knows of currencies: how many digits their minor unit has.
#pragma once

#include <optional>
#include <string_view>

namespace kpiwatch {

// Number of minor-unit digits of an ISO 4217 currency code ("CNY" 2, "JPY" 0, "KWD" 3, "CLF" 4);
// nullopt for an unknown code and for those without a minor unit (gold, drawing rights). Upper case
// only. Knows the active codes and those retired since 2020, which old records still carry.
std::optional<int> CurrencyDigits(std::string_view code);

}  // namespace kpiwatch
