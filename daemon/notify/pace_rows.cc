#include "daemon/notify/pace_rows.h"

#include <optional>
#include <utility>

#include "daemon/model/decimal.h"
#include "daemon/notify/number_text.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Of what is a quotient two digits say enough; verdicts are not read off them.
std::string ToCents(const std::string& number) {
  const std::optional<Decimal> exact = Decimal::Parse(number);
  const std::optional<Decimal> cents = exact ? Decimal::Parse(exact->ToFixed(2)) : std::nullopt;
  return cents ? cents->ToString() : number;
}

}  // namespace

std::vector<TextRow> PaceRows(const v1::Transition& transition, const Words& words,
                              absl::FunctionRef<std::string(const std::string&)> amount) {
  std::vector<TextRow> rows;
  const auto number = [&](const std::string& text) {
    return text.empty() ? std::string() : amount(ToCents(text));
  };
  // `first`, with what stands beside it in brackets.
  const auto with = [&](std::string first, const std::string& second) {
    return first.empty() || second.empty()
               ? first
               : fmt::format(fmt::runtime(words.unit_format), first, second);
  };
  const auto percent = [](const std::string& ratio) {
    return ratio.empty() ? std::string() : PercentText(ratio);
  };
  const auto add = [&](std::string_view name, std::string text) {
    if (!text.empty()) {
      rows.push_back({std::string(name), std::move(text)});
    }
  };
  const bool is_behind = transition.gap().starts_with('-');
  add(words.expected, number(transition.expected()));
  add(words.pace,
      with(percent(transition.pace_index()), (is_behind ? "" : "+") + number(transition.gap())));
  add(words.projection,
      with(number(transition.projection()), percent(transition.projected_completion())));
  add(words.required, number(transition.required_rate()));
  add(words.attainable, number(transition.max_attainable()));
  add(words.back_loading, percent(transition.back_loading()));
  return rows;
}

}  // namespace kpiwatch
