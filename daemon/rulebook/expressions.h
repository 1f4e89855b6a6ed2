// The names that expressions of rule files may use, by where they stand.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/lang/program.h"
#include "daemon/rulebook/diagnostics.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// Names of an event (`data.kind`, `event.type`, `person`, `unit`) as slots of a field plan: each
// name that is read gets its FieldId; `event.time` is kSlotEventTime.
class EventScope {
 public:
  static constexpr std::string_view kOwner = "data.owner_id";
  static constexpr std::string_view kOwnerUnit = "data.owner_unit";

  // `person` is the path that the name `person` stands for. REQUIRES: `plan` outlives this.
  EventScope(FieldPlan* plan, std::string_view person) : plan_(plan), person_(person) {}

  // An expression of type `type`; nullopt: reported.
  std::optional<lang::Program> Compile(const YamlNode& node, lang::Type type, Diagnostics* out);
  // The same of `text`, at byte `offset` of the scalar `node`.
  std::optional<lang::Program> CompileAt(const YamlNode& node, std::string_view text, size_t offset,
                                         lang::Type type, Diagnostics* out);
  // What the measure `function` takes: a number or money. Its single_slot(), if any, is a FieldId.
  std::optional<lang::Program> CompileMeasured(const YamlNode& node, std::string_view function,
                                               std::string_view text, size_t offset,
                                               Diagnostics* out);
  // The field that `path`, at byte `offset` of the scalar `node`, names; nullopt: reported.
  std::optional<FieldId> Field(const YamlNode& node, std::string_view path, size_t offset,
                               Diagnostics* out);

 private:
  lang::Scope MakeScope();
  bool ReportFull(const YamlNode& node, Diagnostics* out);

  FieldPlan* plan_;
  std::string_view person_;
  bool full_ = false;
};

// A condition over the value of `kpi` in a period; its slots are ConditionSlots. Value and target
// of a KPI with a currency are money. `kpi` is null where it is not known.
std::optional<lang::Program> CompileCondition(const YamlNode& node, const Kpi* kpi,
                                              Diagnostics* out);

// A number or money out of the values of other KPIs of the same subject and period; its slots are
// places in *operands, which is filled with what it names. `self` is the KPI that it defines. What
// is money is known where the currencies of the operands are (`settled`).
std::optional<lang::Program> CompileOfKpis(const YamlNode& node, const NameTable& kpis,
                                           const std::vector<Kpi>& book, KpiIndex self,
                                           bool settled, std::vector<KpiIndex>* operands,
                                           Diagnostics* out);

// A filter over the persons or units of a rule; its slots are PersonSlots.
std::optional<lang::Program> CompileSubjectFilter(const YamlNode& node, ForEach for_each,
                                                  Diagnostics* out);

}  // namespace kpiwatch
