#include "daemon/rulebook/expressions.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "daemon/lang/quantities.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using lang::Binding;
using lang::Type;

struct Name {
  std::string_view name;
  Binding binding;
};

constexpr std::array<Name, 16> kConditionNames = {
    {{"value", {kSlotValue, Type::kNumber}},
     {"target", {kSlotTarget, Type::kNumber}},
     {"completion", {kSlotCompletion, Type::kNumber}},
     {"miss_streak", {kSlotMissStreak, Type::kNumber}},
     {"hit_streak", {kSlotHitStreak, Type::kNumber}},
     {"count", {kSlotCount, Type::kNumber}},
     {"num", {kSlotNum, Type::kNumber}},
     {"den", {kSlotDen, Type::kNumber}},
     {"expected", {kSlotExpected, Type::kNumber}},
     {"pace_index", {kSlotPaceIndex, Type::kNumber}},
     {"gap", {kSlotGap, Type::kNumber}},
     {"projection", {kSlotProjection, Type::kNumber}},
     {"projected_completion", {kSlotProjectedCompletion, Type::kNumber}},
     {"required_rate", {kSlotRequiredRate, Type::kNumber}},
     {"max_attainable", {kSlotMaxAttainable, Type::kNumber}},
     {"back_loading", {kSlotBackLoading, Type::kNumber}}}};

constexpr std::array<Name, 4> kPersonNames = {{{"person.level", {kSlotPersonLevel, Type::kString}},
                                               {"person.unit", {kSlotPersonUnit, Type::kString}},
                                               {"person.id", {kSlotPersonId, Type::kString}},
                                               {"unit.id", {kSlotUnitId, Type::kString}}}};

template <size_t N>
lang::Scope ScopeOf(const std::array<Name, N>& names, size_t first) {
  lang::Scope scope;
  for (size_t i = first; i < N; ++i) {
    scope.known.emplace_back(names[i].name);
  }
  scope.resolve = [&names, first](std::string_view path) -> std::optional<Binding> {
    const auto it = std::find_if(names.begin() + static_cast<ptrdiff_t>(first), names.end(),
                                 [&](const Name& n) { return n.name == path; });
    return it == names.end() ? std::nullopt : std::optional<Binding>(it->binding);
  };
  return scope;
}

std::optional<lang::Program> Compile(const YamlNode& node, const lang::Scope& scope,
                                     lang::Type type, Diagnostics* out) {
  if (!node.is_scalar()) {
    out->Error(node, fmt::format("expected an expression, found {}", node.Describe()));
    return std::nullopt;
  }
  lang::Error error;
  std::optional<lang::Program> program = lang::Program::Compile(node.text, scope, type, &error);
  if (!program) {
    out->ExpressionError(node, error);
  }
  return program;
}

bool IsSummable(Type type) {
  return type == Type::kAny || type == Type::kNumber || type == Type::kNumeric ||
         type == Type::kMoney;
}

bool IsOfRatio(uint16_t slot) { return slot == kSlotNum || slot == kSlotDen; }

// What is measured as the KPI's value is.
bool IsAmount(uint16_t slot) {
  return slot == kSlotValue || slot == kSlotTarget ||
         (IsOfPace(slot) && slot != kSlotPaceIndex && slot != kSlotProjectedCompletion);
}

// Whether conditions on the KPI may speak of what the slot stands for; null: it is not known.
bool Has(const Kpi* kpi, uint16_t slot) {
  return kpi == nullptr ||
         (IsOfRatio(slot) ? kpi->type == KpiType::kRatio
                          : (!IsOfPace(slot) && slot != kSlotBackLoading) || kpi->AddsUp());
}

// The shortest way to hold a list of names.
std::vector<std::string> Strings(std::initializer_list<const char*> names) {
  return {names.begin(), names.end()};
}

}  // namespace

lang::Scope EventScope::MakeScope() {
  lang::Scope scope;
  scope.known =
      Strings({"event.type", "event.source", "event.subject", "event.time", "person", "unit"});
  scope.reserved = Strings({"event.id"});
  scope.hint = "a field of the event's data is written data.<field>";
  scope.resolve = [this](std::string_view path) -> std::optional<Binding> {
    std::string_view field = path;
    Type type = Type::kAny;
    if (path == "event.time") {
      return Binding{.slot = kSlotEventTime, .type = Type::kTime};
    }
    if (path == "person") {
      field = person_;
    } else if (path == "unit") {
      field = kOwnerUnit;
    } else if (path == "event.type" || path == "event.source" || path == "event.subject") {
      type = Type::kString;
    } else if (!path.starts_with("data.") || path.size() == 5) {
      return std::nullopt;
    }
    const std::vector<std::string>& paths = plan_->paths();
    if (plan_->size() >= FieldPlan::kMaxFields &&
        std::find(paths.begin(), paths.end(), field) == paths.end()) {
      full_ = true;
      return Binding{.slot = 0, .type = type};
    }
    return Binding{.slot = plan_->Add(field).value(), .type = type};
  };
  return scope;
}

bool EventScope::ReportFull(const YamlNode& node, Diagnostics* out) {
  if (full_) {
    out->Error(node, fmt::format("the rule files read more than {} different event fields",
                                 FieldPlan::kMaxFields));
  }
  return std::exchange(full_, false);
}

std::optional<lang::Program> EventScope::Compile(const YamlNode& node, lang::Type type,
                                                 Diagnostics* out) {
  std::optional<lang::Program> program = kpiwatch::Compile(node, MakeScope(), type, out);
  return ReportFull(node, out) ? std::nullopt : program;
}

std::optional<lang::Program> EventScope::CompileAt(const YamlNode& node, std::string_view text,
                                                   size_t offset, lang::Type type,
                                                   Diagnostics* out) {
  lang::Error error;
  std::optional<lang::Program> program = lang::Program::Compile(text, MakeScope(), type, &error);
  if (!program) {
    error.offset += offset;
    out->ExpressionError(node, error);
    return std::nullopt;
  }
  return ReportFull(node, out) ? std::nullopt : program;
}

std::optional<lang::Program> EventScope::CompileMeasured(const YamlNode& node,
                                                         std::string_view function,
                                                         std::string_view text, size_t offset,
                                                         Diagnostics* out) {
  std::optional<lang::Program> program = CompileAt(node, text, offset, Type::kAny, out);
  if (program && !IsSummable(program->type())) {
    const std::string way = program->type() == Type::kDuration
                                ? fmt::format("; divide it by a unit, as in {}((…) / 1h)", function)
                                : "";
    out->ExpressionError(
        node, {.offset = offset,
               .message = fmt::format("{}() needs a number or money, found {}{}", function,
                                      lang::Described(program->type()), way)});
    return std::nullopt;
  }
  return program;
}

std::optional<FieldId> EventScope::Field(const YamlNode& node, std::string_view path, size_t offset,
                                         Diagnostics* out) {
  lang::Error error;
  const std::optional<lang::Program> program =
      lang::Program::Compile(path, MakeScope(), Type::kAny, &error);
  if (!program) {
    error.offset += offset;
    out->ExpressionError(node, error);
    return std::nullopt;
  }
  if (ReportFull(node, out)) {
    return std::nullopt;
  }
  if (!program->single_slot() || program->type() == Type::kTime) {
    out->ExpressionError(
        node, {.offset = offset,
               .message = fmt::format("expected a field such as data.owner_id, found '{}'; a "
                                      "subject is no expression",
                                      path)});
    return std::nullopt;
  }
  return FieldId(*program->single_slot());
}

std::optional<lang::Program> CompileCondition(const YamlNode& node, const Kpi* kpi,
                                              Diagnostics* out) {
  lang::Scope scope = ScopeOf(kConditionNames, 0);
  const auto resolve = scope.resolve;
  scope.resolve = [kpi, resolve](std::string_view path) -> std::optional<Binding> {
    std::optional<Binding> binding = resolve(path);
    if (!binding || !Has(kpi, binding->slot)) {
      return std::nullopt;
    }
    const bool amount = IsAmount(binding->slot);
    if (IsOfRatio(binding->slot) || (amount && kpi == nullptr)) {
      binding->type = Type::kNumeric;  // of money, or not
    } else if (amount && !kpi->currency.empty()) {
      binding->type = Type::kMoney;
      binding->currency = kpi->currency;
    }
    return binding;
  };
  if (kpi != nullptr) {
    std::erase_if(scope.known, [&](const std::string& name) {
      const std::optional<Binding> binding = resolve(name);
      return binding && !Has(kpi, binding->slot);
    });
    const std::string_view ratio = "'num' and 'den' are those of a KPI of type ratio";
    const std::string_view pace =
        "pace and projection are those of a KPI whose days add up: of count() or sum(…)";
    scope.hint = kpi->type == KpiType::kRatio ? std::string(pace)
                 : kpi->AddsUp()              ? std::string(ratio)
                                              : fmt::format("{}; {}", ratio, pace);
  }
  scope.reserved = Strings({"floor", "stretch", "behind_streak", "level", "completeness", "idle",
                            "overdue", "day.completion", "week.completion", "month.completion",
                            "quarter.completion", "year.completion"});
  return Compile(node, scope, Type::kBool, out);
}

std::optional<lang::Program> CompileOfKpis(const YamlNode& node, const NameTable& kpis,
                                           const std::vector<Kpi>& book, KpiIndex self,
                                           bool settled, std::vector<KpiIndex>* operands,
                                           Diagnostics* out) {
  lang::Scope scope;
  scope.hint = "a derived KPI is written with the names of other KPIs, such as revenue / orders";
  for (KpiIndex k = 0; k < book.size(); ++k) {
    if (!book[k].name.empty() && k != self) {
      (book[k].type == KpiType::kVerdict ? scope.reserved : scope.known).push_back(book[k].name);
    }
  }
  scope.resolve = [&](std::string_view name) -> std::optional<Binding> {
    const std::optional<size_t> index = kpis.Find(name);
    if (!index || book[*index].type == KpiType::kVerdict || *index == self) {
      return std::nullopt;
    }
    const auto operand = static_cast<KpiIndex>(*index);
    auto it = std::find(operands->begin(), operands->end(), operand);
    if (it == operands->end()) {
      it = operands->insert(it, operand);
    }
    const std::string& currency = book[operand].currency;
    return Binding{.slot = static_cast<uint16_t>(it - operands->begin()),
                   .type = !settled           ? Type::kNumeric
                           : currency.empty() ? Type::kNumber
                                              : Type::kMoney,
                   .currency = currency};
  };
  std::optional<lang::Program> program = Compile(node, scope, Type::kAny, out);
  if (program && !IsSummable(program->type())) {
    out->ExpressionError(node, {.offset = 0,
                                .message = fmt::format("expected a number or money, found {}",
                                                       lang::Described(program->type()))});
    return std::nullopt;
  }
  return program;
}

std::optional<lang::Program> CompileSubjectFilter(const YamlNode& node, ForEach for_each,
                                                  Diagnostics* out) {
  // Of a unit only its id is known.
  lang::Scope scope = ScopeOf(kPersonNames, for_each == ForEach::kUnit ? 3 : 0);
  if (for_each == ForEach::kUnit) {
    scope.hint = "a rule for_each: unit can ask for unit.id";
  }
  return Compile(node, scope, Type::kBool, out);
}

}  // namespace kpiwatch
