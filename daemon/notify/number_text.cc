#include "daemon/notify/number_text.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "daemon/model/currency.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

struct Digits {
  bool negative = false;
  std::string integer;   // at least one digit
  std::string fraction;  // may be empty
};

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

std::optional<Digits> Split(std::string_view decimal) {
  Digits digits;
  digits.negative = decimal.starts_with('-');
  decimal.remove_prefix(digits.negative ? 1 : 0);
  const size_t point = std::min(decimal.find('.'), decimal.size());
  digits.integer = decimal.substr(0, point);
  digits.fraction = decimal.substr(std::min(point + 1, decimal.size()));
  const bool good =
      !digits.integer.empty() && AllDigits(digits.integer) && AllDigits(digits.fraction);
  return good ? std::optional(digits) : std::nullopt;
}

std::string Join(const Digits& digits) {
  std::string out = digits.negative ? "-" : "";
  for (size_t i = 0; i < digits.integer.size(); ++i) {
    if (i > 0 && (digits.integer.size() - i) % 3 == 0) {
      out += ',';
    }
    out += digits.integer[i];
  }
  return digits.fraction.empty() ? out : out + "." + digits.fraction;
}

}  // namespace

std::string GroupDigits(std::string_view decimal) {
  const std::optional<Digits> digits = Split(decimal);
  return digits.has_value() ? Join(*digits) : std::string(decimal);
}

std::string MoneyText(std::string_view decimal, std::string_view currency,
                      std::string_view language) {
  std::optional<Digits> digits = Split(decimal);
  if (!digits.has_value()) {
    return std::string(decimal);
  }
  const auto minor = static_cast<size_t>(CurrencyDigits(currency).value_or(2));
  digits->fraction.resize(std::max(digits->fraction.size(), minor), '0');
  if (language != "zh") {
    return fmt::format("{} {}", currency, Join(*digits));
  }
  return fmt::format("{} {}", Join(*digits), currency == "CNY" ? "元" : currency);
}

std::string PercentText(std::string_view ratio) {
  std::optional<Digits> digits = Split(ratio);
  if (!digits.has_value()) {
    return std::string(ratio);
  }
  digits->fraction.resize(std::max<size_t>(digits->fraction.size(), 2), '0');
  digits->integer += digits->fraction.substr(0, 2);
  digits->fraction.erase(0, 2);
  digits->integer.erase(
      0, std::min(digits->integer.find_first_not_of('0'), digits->integer.size() - 1));
  digits->fraction.erase(digits->fraction.find_last_not_of('0') + 1);
  return Join(*digits) + "%";
}

}  // namespace kpiwatch
