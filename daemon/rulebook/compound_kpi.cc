// KPIs of type ratio and derived: numbers made of other KPIs' values of the same subject and period
// (S-13).
#include <algorithm>
#include <string>
#include <utility>

#include "daemon/rulebook/expressions.h"
#include "daemon/rulebook/kpi_sections.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

void ReadOperand(std::string_view key, MapReader* map, LoadState* state, Kpi* kpi) {
  const YamlNode* node = map->Require(key);
  if (node == nullptr) {
    return;
  }
  const std::optional<size_t> index = state->kpis.Resolve(*node, &state->out);
  if (!index) {
    return;
  }
  const Kpi& operand = state->book.kpis[*index];
  if (operand.type == KpiType::kVerdict) {
    state->out.Error(*node, fmt::format("'{}' is a verdict; '{}' takes a KPI that is a number",
                                        operand.name, key));
    return;
  }
  kpi->operands.push_back(static_cast<KpiIndex>(*index));
}

void ReadCurrency(MapReader* map, Kpi* kpi) {
  const YamlNode* node = map->Find("currency");
  if (node == nullptr) {
    return;
  }
  if (!node->is_scalar() || !CurrencyDigits(node->text)) {
    map->out()->Error(
        *node, fmt::format("expected a currency code such as CNY, found {}", node->Describe()));
  }
  kpi->currency = std::string(node->text);
}

// Fills in what compound KPIs have from their operands, operands first.
class Settling {
 public:
  explicit Settling(LoadState* state) : state_(state), states_(state->book.kpis.size()) {}

  void Settle(KpiIndex k) {
    Kpi& kpi = state_->book.kpis[k];
    if (kpi.type != KpiType::kRatio && kpi.type != KpiType::kDerived) {
      return;
    }
    if (states_[k] == State::kDone) {
      return;
    }
    states_[k] = State::kUnderWay;
    ++depth_;
    bool sound = depth_ <= kMaxDepth;
    if (!sound) {
      Error(k, fmt::format("KPI '{}' stands on more than {} KPIs, one above the other", kpi.name,
                           kMaxDepth));
    }
    for (size_t i = 0; sound && i < kpi.operands.size(); ++i) {
      if (states_[kpi.operands[i]] == State::kUnderWay) {
        Error(k, fmt::format("KPI '{}' is made of itself, by way of '{}'", kpi.name,
                             state_->book.kpis[kpi.operands[i]].name));
        sound = false;
      } else {
        Settle(kpi.operands[i]);
      }
    }
    if (sound) {
      TakeOver(k, &kpi);
    } else {
      kpi.operands.clear();
      kpi.expr.reset();
    }
    --depth_;
    states_[k] = State::kDone;
  }

 private:
  enum class State : uint8_t { kNew, kUnderWay, kDone };
  static constexpr int kMaxDepth = 16;  // so that reading a value has a bounded depth

  const YamlNode& NodeOf(KpiIndex k) const { return *state_->kpi_nodes[k]; }
  void Error(KpiIndex k, std::string message) { state_->out.Error(NodeOf(k), std::move(message)); }

  void TakeOver(KpiIndex k, Kpi* kpi) {
    const bool calendar_given = NodeOf(k).Get("calendar") != nullptr;
    for (size_t i = 0; i < kpi->operands.size(); ++i) {
      const Kpi& operand = state_->book.kpis[kpi->operands[i]];
      if (i == 0 && !calendar_given) {
        kpi->calendar = operand.calendar;
      }
      if (operand.calendar != kpi->calendar) {
        Error(k, fmt::format("KPI '{}' is on calendar '{}', its part '{}' on '{}'", kpi->name,
                             state_->book.calendars[kpi->calendar].name(), operand.name,
                             state_->book.calendars[operand.calendar].name()));
      }
      kpi->by_unit = kpi->by_unit || operand.by_unit;
      if (operand.type == KpiType::kSimple) {
        kpi->parts.push_back(kpi->operands[i]);
      }
      kpi->parts.insert(kpi->parts.end(), operand.parts.begin(), operand.parts.end());
    }
    std::sort(kpi->parts.begin(), kpi->parts.end());
    kpi->parts.erase(std::unique(kpi->parts.begin(), kpi->parts.end()), kpi->parts.end());
    SettleCurrency(k, kpi);
  }

  // Money of different currencies never meets silently (D-18).
  void SettleCurrency(KpiIndex k, Kpi* kpi) {
    const std::string given = std::exchange(kpi->currency, "");
    if (kpi->type == KpiType::kDerived) {
      if (!kpi->expr) {
        return;  // reported
      }
      kpi->expr = CompileOfKpis(*NodeOf(k).Get("expr"), state_->kpis, state_->book.kpis, k, true,
                                &kpi->operands, &state_->out);
      if (!kpi->expr) {
        return;
      }
      kpi->currency = kpi->expr->currency();
      if (kpi->currency.empty() && kpi->expr->type() == lang::Type::kMoney) {
        Error(k, fmt::format("KPI '{}' may be of several currencies", kpi->name));
        return;
      }
    } else if (kpi->operands.size() == 2) {
      const Kpi& numerator = state_->book.kpis[kpi->operands[0]];
      const Kpi& denominator = state_->book.kpis[kpi->operands[1]];
      if (denominator.currency.empty()) {
        kpi->currency = numerator.currency;  // money for each of something is money
      } else if (!numerator.currency.empty() && numerator.currency != denominator.currency) {
        Error(k, fmt::format("KPI '{}' mixes {} with {} ('{}')", kpi->name, numerator.currency,
                             denominator.currency, denominator.name));
        return;
      }
    }
    if (!given.empty() && given != kpi->currency) {
      Error(k, fmt::format("KPI '{}' is in {}, but {}", kpi->name, given,
                           kpi->currency.empty()
                               ? "what it is made of is no money"
                               : fmt::format("what it is made of is in {}", kpi->currency)));
    }
  }

  LoadState* const state_;
  std::vector<State> states_;
  int depth_ = 0;
};

}  // namespace

void ReadRatioKpi(MapReader* map, LoadState* state, Kpi* kpi) {
  ReadOperand("numerator", map, state, kpi);
  ReadOperand("denominator", map, state, kpi);
  ReadCurrency(map, kpi);
  if (const YamlNode* node = map->Find("min_den")) {
    kpi->min_den = node->is_scalar() ? Decimal::Parse(node->text) : std::nullopt;
    if (!kpi->min_den || *kpi->min_den <= Decimal()) {
      state->out.Error(
          *node, fmt::format("'min_den': expected a number above 0, found {}", node->Describe()));
    }
  }
  map->NotSupported({"completion", "dimensions"});
}

void ReadDerivedKpi(MapReader* map, LoadState* state, Kpi* kpi) {
  const YamlNode* node = map->Require("expr");
  const auto self = static_cast<KpiIndex>(kpi - state->book.kpis.data());
  if (node != nullptr) {
    kpi->expr = CompileOfKpis(*node, state->kpis, state->book.kpis, self, false, &kpi->operands,
                              &state->out);
    if (kpi->expr && kpi->operands.empty()) {
      state->out.Error(*node, "'expr' names no KPI");
    }
  }
  ReadCurrency(map, kpi);
  map->NotSupported({"completion", "dimensions"});
}

void SettleCompoundKpis(LoadState* state) {
  Settling settling(state);
  for (KpiIndex k = 0; k < state->book.kpis.size(); ++k) {
    settling.Settle(k);
  }
}

}  // namespace kpiwatch
