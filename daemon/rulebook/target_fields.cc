#include "daemon/rulebook/target_fields.h"

#include <string_view>

#include "fmt/format.h"

namespace kpiwatch {

std::string ReadTargetSubject(MapReader* map, const Kpi& kpi, LoadState* state) {
  const YamlNode* person = map->Find("person");
  const YamlNode* unit = map->Find("unit");
  if (map->is_map() && (person == nullptr) == (unit == nullptr)) {
    state->out.Error(map->node(), "a target: give one of 'person' and 'unit'");
    return "";
  }
  const YamlNode* node = person != nullptr ? person : unit;
  if (node == nullptr || !node->is_scalar()) {
    if (node != nullptr) {
      state->out.Error(*node, fmt::format("expected an id, found {}", node->Describe()));
    }
    return "";
  }
  if (person != nullptr && kpi.by_unit) {
    state->out.Error(
        *node, fmt::format("KPI '{}' is a KPI of units; it has no targets of persons", kpi.name));
  }
  if (state->book.org.given) {
    (person != nullptr ? state->people : state->units).Resolve(*node, &state->out);
  }
  return fmt::format("{}:{}", person != nullptr ? "person" : "unit", node->text);
}

std::optional<Period> ReadTargetPeriod(MapReader* map, const BusinessCalendar& calendar) {
  Diagnostics* out = map->out();
  const YamlNode* period = map->Find("period");
  const std::optional<Day> from = map->Date("from");
  const std::optional<Day> to = map->Date("to");
  const bool days = map->Find("from") != nullptr || map->Find("to") != nullptr;
  if (!map->is_map()) {
    return std::nullopt;
  }
  if (days == (period != nullptr)) {
    out->Error(map->node(), "a target: give either 'period' or 'from' and 'to'");
    return std::nullopt;
  }
  if (days) {
    if (from && to && *to > *from) {
      return Period{.kind = PeriodKind::kTarget, .begin = *from, .end = *to};
    }
    map->Require("from");
    map->Require("to");
    if (from && to) {
      out->Error(map->node(), "a target: 'to' (the first day after) must come after 'from'");
    }
    return std::nullopt;
  }
  return ReadPeriodName(*period, calendar, out);
}

std::optional<Period> ReadPeriodName(const YamlNode& node, const BusinessCalendar& calendar,
                                     Diagnostics* out) {
  const absl::StatusOr<Period> parsed =
      node.is_scalar() ? calendar.ParsePeriod(node.text)
                       : absl::StatusOr<Period>(absl::InvalidArgumentError("not a text"));
  const bool fiscal = calendar.options().year_start != 1 || node.text.starts_with("FY");
  if (!parsed.ok() && node.is_scalar() && fiscal) {
    out->Error(node, std::string(parsed.status().message()));
    return std::nullopt;
  }
  if (!parsed.ok()) {
    out->Error(node, fmt::format("expected a period such as 2026, 2026-Q3, 2026-06, 2026-W40 or "
                                 "2026-06-15, found {}",
                                 node.Describe()));
    return std::nullopt;
  }
  return *parsed;
}

const BusinessCalendar& CalendarOfTarget(const Rulebook& book, KpiIndex kpi,
                                         const std::string& subject, const Period& period) {
  return book.CalendarFor(book.kpis[kpi], subject.starts_with("person:"),
                          std::string_view(subject).substr(subject.find(':') + 1), period.begin);
}

}  // namespace kpiwatch
