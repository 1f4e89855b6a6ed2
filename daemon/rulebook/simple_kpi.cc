// KPIs of type simple: facts of events, counted, summed or averaged.
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/model/currency.h"
#include "daemon/rulebook/expressions.h"
#include "daemon/rulebook/kpi_sections.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Event type names and globs; reports what cannot be one.
std::vector<std::string> ReadEvents(const YamlNode& node, std::string_view key, Diagnostics* out) {
  std::vector<std::string> events = ReadTexts(node, key, out);
  for (const std::string& event : events) {
    const bool good = !event.empty() && event.find_first_of(" \t\r\n,\"'") == std::string::npos &&
                      !event.starts_with('.') && !event.ends_with('.');
    if (!good) {
      out->Error(node, fmt::format("{}: expected event types such as crm.activity.completed or "
                                   "erp.order.*, found '{}'",
                                   key, event));
    }
  }
  return events;
}

constexpr std::array<std::pair<std::string_view, MeasureKind>, 4> kMeasures = {
    {{"count", MeasureKind::kCount},
     {"sum", MeasureKind::kSum},
     {"avg", MeasureKind::kAvg},
     {"share", MeasureKind::kShare}}};

// The measure of that name; nullopt: reported.
std::optional<MeasureKind> KindOf(std::string_view function, const YamlNode& node,
                                  Diagnostics* out) {
  static constexpr std::array<std::string_view, 7> kLater = {
      "min", "max", "first", "last", "distinct", "quantile", "median"};
  std::vector<std::string_view> names;
  for (const auto& [name, kind] : kMeasures) {
    if (name == function) {
      return kind;
    }
    names.push_back(name);
  }
  if (std::find(kLater.begin(), kLater.end(), function) != kLater.end()) {
    out->Error(node, fmt::format("measure '{}' is not supported by this version", function));
  } else {
    out->Error(node, fmt::format("unknown measure '{}'; this version has count(), sum(field), "
                                 "avg(field) and share(condition){}",
                                 function, DidYouMean(NearestName(function, names))));
  }
  return std::nullopt;
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
  const std::string_view argument = text.substr(open + 1, text.size() - open - 2);
  const std::optional<MeasureKind> kind = KindOf(text.substr(0, open), *node, map->out());
  if (!kind) {
    return;
  }
  kpi->measure.kind = *kind;
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
        scope->CompileAt(*node, argument, open + 1, lang::Type::kBool, map->out());
    return;
  }
  std::optional<lang::Program> program =
      scope->CompileMeasured(*node, text.substr(0, open), argument, open + 1, map->out());
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
  const bool amount =
      kpi->measure.kind == MeasureKind::kSum || kpi->measure.kind == MeasureKind::kAvg;
  if (node == nullptr) {
    if (money) {
      kpi->currency = fallback;
    }
    return;
  }
  if (!amount) {
    map->out()->Error(*node, "only a sum or an average has a currency");
  } else if (!node->is_scalar() || !CurrencyDigits(node->text)) {
    map->out()->Error(
        *node, fmt::format("expected a currency code such as CNY, found {}", node->Describe()));
  }
  kpi->currency = std::string(node->text);
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
  ReadCurrency(map, money, state->book.currency, kpi);
  map->NotSupported({"dimensions", "completion", "min_den", "dedupe", "entity", "value"});
}

}  // namespace kpiwatch
