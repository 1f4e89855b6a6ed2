#include "daemon/rulebook/amount.h"

#include "daemon/lang/exact.h"
#include "daemon/model/currency.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// "100", "8%" or "849000 USD".
struct Amount {
  Decimal value;
  std::string_view currency;  // empty: a plain number
};

std::optional<Amount> ParseAmount(std::string_view text) {
  Amount amount;
  if (const size_t space = text.rfind(' '); space != std::string_view::npos) {
    amount.currency = text.substr(space + 1);
    text = text.substr(0, text.find_last_not_of(' ', space) + 1);
    if (!CurrencyDigits(amount.currency)) {
      return std::nullopt;
    }
  }
  const bool percent = amount.currency.empty() && text.ends_with('%');
  const std::optional<Decimal> number =
      Decimal::Parse(percent ? text.substr(0, text.size() - 1) : text);
  if (!number) {
    return std::nullopt;
  }
  const Rational value =
      lang::Normalize({.num = *number, .den = Decimal::FromInt(percent ? 100 : 1)});
  if (value.den != Decimal::FromInt(1)) {
    return std::nullopt;  // a percentage with more than four fractional digits
  }
  amount.value = value.num;
  return amount;
}

}  // namespace

std::optional<Decimal> ReadAmount(MapReader* map, std::string_view key, const Kpi& kpi) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const std::optional<Amount> amount = node->is_scalar() ? ParseAmount(node->text) : std::nullopt;
  Diagnostics* out = map->out();
  if (!amount) {
    out->Error(*node, fmt::format("'{}': expected a number such as 100, 8% or 849000 CNY, found {}",
                                  key, node->Describe()));
  } else if (amount->currency != kpi.currency) {
    const std::string kind = kpi.currency.empty() ? "a plain number" : "in " + kpi.currency;
    const std::string example =
        kpi.currency.empty() ? "no currency"
                             : fmt::format("'{} {}'", amount->value.ToString(), kpi.currency);
    out->Error(*node, fmt::format("'{}': KPI '{}' is {}; expected {}, found {}", key, kpi.name,
                                  kind, example, node->Describe()));
  } else if (amount->value.is_negative()) {
    out->Error(*node, fmt::format("'{}': {} is not negative, found {}", key,
                                  key == "min_units" ? "a part of a target" : "a target",
                                  node->Describe()));
  } else {
    return amount->value;
  }
  return std::nullopt;
}

std::optional<Decimal> ReadShare(MapReader* map, std::string_view key) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const std::optional<Amount> amount = node->is_scalar() ? ParseAmount(node->text) : std::nullopt;
  if (!amount || !amount->currency.empty() || amount->value.is_negative() ||
      amount->value > Decimal::FromInt(1)) {
    map->out()->Error(
        *node, fmt::format("'{}': expected a share such as 15%, found {}", key, node->Describe()));
    return std::nullopt;
  }
  return amount->value;
}

}  // namespace kpiwatch
