// Exact decimals, written for people.
#pragma once

#include <string>
#include <string_view>

namespace kpiwatch {

// With a comma between groups of three integer digits: "-1234567.5" → "-1,234,567.5". Text that is
// no plain decimal comes back as it is.
std::string GroupDigits(std::string_view decimal);

// An amount of money with at least the digits of its currency's minor unit; none is dropped.
// Chinese: "1,234,567.50 元" (other currencies with their code); English: "CNY 1,234,567.50".
std::string MoneyText(std::string_view decimal, std::string_view currency,
                      std::string_view language);

// A ratio as a percentage, exactly: "0.39996" → "39.996%", "0.800000" → "80%".
std::string PercentText(std::string_view ratio);

}  // namespace kpiwatch
