// KPIs of type simple: facts of events, counted, summed or measured otherwise.
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/model/currency.h"
#include "daemon/rulebook/amount.h"
#include "daemon/rulebook/expressions.h"
#include "daemon/rulebook/kpi_sections.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Event type names and globs; reports what cannot be one, and that there are none.
std::vector<std::string> ReadEvents(const YamlNode& node, std::string_view key, Diagnostics* out) {
  const auto report = [&](std::string_view found) {
    out->Error(node, fmt::format("{}: expected event types such as crm.activity.completed or "
                                 "erp.order.*, found {}",
                                 key, found));
  };
  if (node.is_list() && node.children.empty()) {
    report("an empty list");
  }
  std::vector<std::string> events = ReadTexts(node, key, out);
  for (const std::string& event : events) {
    const bool good = !event.empty() && event.find_first_of(" \t\r\n,\"'") == std::string::npos &&
                      !event.starts_with('.') && !event.ends_with('.');
    if (!good) {
      report(fmt::format("'{}'", event));
    }
  }
  return events;
}

constexpr std::array<std::pair<std::string_view, MeasureKind>, 11> kMeasures = {
    {{"count", MeasureKind::kCount},
     {"sum", MeasureKind::kSum},
     {"avg", MeasureKind::kAvg},
     {"share", MeasureKind::kShare},
     {"min", MeasureKind::kMin},
     {"max", MeasureKind::kMax},
     {"first", MeasureKind::kFirst},
     {"last", MeasureKind::kLast},
     {"distinct", MeasureKind::kDistinct},
     {"quantile", MeasureKind::kQuantile},
     {"median", MeasureKind::kMedian}}};

// The measure of that name; nullopt: reported.
std::optional<MeasureKind> KindOf(std::string_view function, const YamlNode& node,
                                  Diagnostics* out) {
  std::vector<std::string_view> names;
  for (const auto& [name, kind] : kMeasures) {
    if (name == function) {
      return kind;
    }
    names.push_back(name);
  }
  out->Error(node, fmt::format("unknown measure '{}'; there are count(), share(condition), "
                               "quantile(0.9, field), and sum, avg, min, max, first, last, "
                               "distinct, median of a field{}",
                               function, DidYouMean(NearestName(function, names))));
  return std::nullopt;
}

// Takes `0.9,` off the front of the argument; returns how many bytes that was, nullopt: reported.
std::optional<size_t> ReadQuantile(const YamlNode& node, std::string_view argument, Kpi* kpi,
                                   Diagnostics* out) {
  const size_t comma = argument.find(',');
  const std::optional<Decimal> quantile =
      comma == std::string_view::npos ? std::nullopt : Decimal::Parse(argument.substr(0, comma));
  if (!quantile || quantile->is_negative() || *quantile > Decimal::FromInt(1)) {
    out->Error(node, fmt::format("expected a quantile such as quantile(0.9, data.hours), with a "
                                 "number from 0 to 1, found {}",
                                 node.Describe()));
    return std::nullopt;
  }
  kpi->measure.quantile = *quantile;
  return argument.find_first_not_of(' ', comma + 1) == std::string_view::npos
             ? comma + 1
             : argument.find_first_not_of(' ', comma + 1);
}

// The field whose different values are counted; nullopt: reported.
std::optional<FieldId> ReadDistinct(const YamlNode& node, std::string_view argument, size_t offset,
                                    EventScope* scope, Diagnostics* out) {
  const std::optional<lang::Program> program =
      scope->CompileAt(node, argument, offset, lang::Type::kAny, out);
  if (!program) {
    return std::nullopt;
  }
  if (!program->single_slot() || program->type() == lang::Type::kTime) {
    out->ExpressionError(
        node, {.offset = offset,
               .message = fmt::format("distinct() takes a field such as data.customer, found '{}'",
                                      argument)});
    return std::nullopt;
  }
  return FieldId(*program->single_slot());
}

// `count()`, `sum(expression)` …; *money: an amount of money is measured.
void ReadMeasure(MapReader* map, EventScope* scope, const FieldPlan& fields, bool* money,
                 Kpi* kpi) {
  const YamlNode* node = map->Require("measure");
  if (node == nullptr) {
    return;
  }
  const std::string_view text = node->text;
  const size_t open = text.find('(');
  if (!node->is_scalar() || open == std::string_view::npos || !text.ends_with(')')) {
    map->out()->Error(*node, fmt::format("expected a measure such as count() or sum(data.amount), "
                                         "found {}",
                                         node->Describe()));
    return;
  }
  std::string_view argument = text.substr(open + 1, text.size() - open - 2);
  size_t offset = open + 1;
  const std::optional<MeasureKind> kind = KindOf(text.substr(0, open), *node, map->out());
  if (!kind) {
    return;
  }
  kpi->measure.kind = *kind;
  if (*kind == MeasureKind::kQuantile) {
    const std::optional<size_t> taken = ReadQuantile(*node, argument, kpi, map->out());
    if (!taken) {
      return;
    }
    argument.remove_prefix(*taken);
    offset += *taken;
  }
  if (*kind == MeasureKind::kCount) {
    if (!argument.empty()) {
      map->out()->Error(*node, fmt::format("count() takes nothing, found '{}'; what is counted is "
                                           "chosen by 'where'",
                                           argument));
    }
    return;
  }
  if (*kind == MeasureKind::kShare) {
    kpi->measure.expression =
        scope->CompileAt(*node, argument, offset, lang::Type::kBool, map->out());
    return;
  }
  if (*kind == MeasureKind::kDistinct) {
    const auto field = ReadDistinct(*node, argument, offset, scope, map->out());
    kpi->measure.field = field.value_or(FieldId());
    return;
  }
  std::optional<lang::Program> program =
      scope->CompileMeasured(*node, text.substr(0, open), argument, offset, map->out());
  if (!program) {
    return;
  }
  *money = std::any_of(program->slots().begin(), program->slots().end(), [&](uint16_t slot) {
    return slot < fields.size() && fields.paths()[slot].ends_with(".amount");
  });
  if (const std::optional<uint16_t> field = program->single_slot()) {
    kpi->measure.field = FieldId(*field);
  } else {
    kpi->measure.expression = std::move(program);
  }
}

// An amount of money carries a currency, given or that of the files (D-18).
void ReadCurrency(MapReader* map, bool money, const std::string& fallback, Kpi* kpi) {
  const YamlNode* node = map->Find("currency");
  const bool amount = kpi->measure.IsAmount();
  if (node == nullptr) {
    if (money) {
      kpi->currency = fallback;
    }
    return;
  }
  if (!amount) {
    map->out()->Error(*node, "count(), share(…) and distinct(…) have no currency");
  } else if (!node->is_scalar() || !CurrencyDigits(node->text)) {
    map->out()->Error(
        *node, fmt::format("expected a currency code such as CNY, found {}", node->Describe()));
  }
  kpi->currency = std::string(node->text);
}

// Before what its pace is not spoken of.
void ReadPace(MapReader* map, Kpi* kpi) {
  const YamlNode* node = map->Find("pace");
  if (node == nullptr) {
    return;
  }
  if (!kpi->AddsUp()) {
    map->out()->Error(*node, "'pace' is that of a KPI whose days add up: one of count() or sum(…)");
    return;
  }
  MapReader pace(*node, "'pace'", map->out());
  kpi->pace.min_share = ReadShare(&pace, "min_share").value_or(kpi->pace.min_share);
  kpi->pace.min_days = pace.Int("min_days", 0, 366).value_or(kpi->pace.min_days);
  kpi->pace.min_units = ReadAmount(&pace, "min_units", *kpi).value_or(kpi->pace.min_units);
  pace.Finish();
}

// The path that names the subject: a field, `person`, or `unit`.
std::string ReadSubject(MapReader* map, LoadState* state, Kpi* kpi) {
  const YamlNode* node = map->Find("subject");
  std::string path(node == nullptr || node->text == "person" ? EventScope::kOwner : node->text);
  if (path == "unit") {
    kpi->by_unit = true;
    path = EventScope::kOwnerUnit;
  }
  EventScope scope(&state->book.fields, EventScope::kOwner);
  const YamlNode& place = node != nullptr ? *node : map->node();
  if (node != nullptr && !node->is_scalar()) {
    state->out.Error(
        *node, fmt::format("expected a field such as data.owner_id, found {}", node->Describe()));
  } else if (const std::optional<FieldId> field = scope.Field(place, path, 0, &state->out)) {
    kpi->subject = *field;
  }
  return path;
}

// The words of `key`, of which the first stands for where there is none.
template <typename Choice>
Choice ReadWord(MapReader* map, std::string_view key, std::string_view first,
                std::string_view second) {
  const YamlNode* const node = map->Find(key);
  if (node != nullptr && (!node->is_scalar() || (node->text != first && node->text != second))) {
    map->out()->Error(*node, fmt::format("'{}': expected '{}' or '{}', found {}", key, first,
                                         second, node->Describe()));
  }
  return static_cast<Choice>(node != nullptr && node->text == second ? 1 : 0);
}

// `entity` and what goes with it.
void ReadEntity(MapReader* map, EventScope* scope, Kpi* kpi) {
  Diagnostics* const out = map->out();
  const YamlNode* const node = map->Find("entity");
  const YamlNode* const retract = map->Find("retract");
  KpiEntity& entity = kpi->entity;
  entity.states = ReadWord<KpiEntity::States>(map, "states", "latest", "ever");
  entity.reverse_day = ReadWord<KpiEntity::ReverseDay>(map, "reverse_day", "own", "original");
  if (retract != nullptr) {
    entity.retract = ReadEvents(*retract, "'retract'", out);
  }
  if (node == nullptr) {
    for (const std::string_view key : {"retract", "states", "reverse_day"}) {
      if (const YamlNode* const part = map->Find(key)) {
        out->Error(*part, fmt::format("'{}' is about states of entities: name the field that tells "
                                      "one from the other, such as entity: data.order_id",
                                      key));
      }
    }
    return;
  }
  for (const std::string& path : ReadTexts(*node, "'entity'", out)) {
    if (const std::optional<FieldId> field = scope->Field(*node, path, 0, out)) {
      entity.id.push_back(*field);
    }
  }
  if (const YamlNode* const day = map->Find("reverse_day");
      day != nullptr && kpi->reverse.empty()) {
    out->Error(*day, "'reverse_day' says when the events of 'reverse' count, and there are none");
  }
}

}  // namespace

void ReadSimpleKpi(MapReader* map, LoadState* state, Kpi* kpi) {
  const std::string subject = ReadSubject(map, state, kpi);
  EventScope scope(&state->book.fields, subject);
  if (const YamlNode* event = map->Require("event")) {
    kpi->events = ReadEvents(*event, "'event'", &state->out);
  }
  if (const YamlNode* reverse = map->Find("reverse")) {
    kpi->reverse = ReadEvents(*reverse, "'reverse'", &state->out);
  }
  if (const YamlNode* where = map->Find("where")) {
    kpi->where = scope.Compile(*where, lang::Type::kBool, &state->out);
  }
  bool money = false;
  ReadMeasure(map, &scope, state->book.fields, &money, kpi);
  if (const YamlNode* reverse = map->Find("reverse");
      reverse != nullptr && kpi->measure.IsOrderedByTime()) {
    state->out.Error(*reverse,
                     "'reverse' takes a value back, and first(…) and last(…) are those of "
                     "an event: there is nothing that it could take back");
  }
  ReadCurrency(map, money, state->book.currency, kpi);
  ReadEntity(map, &scope, kpi);
  ReadPace(map, kpi);
  map->NotSupported({"dimensions", "completion", "min_den", "dedupe", "value"});
}

}  // namespace kpiwatch
