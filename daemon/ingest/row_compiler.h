// Turns the expressions of a `map:` into programs over the slots of a row.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/lang/program.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Collects every mistake instead of stopping at the first.
class RowCompiler {
 public:
  // Slots are the numbers of `columns`, or without columns the FieldIds of `plan`, which gets a
  // field for each name that the expressions use. Both are borrowed.
  RowCompiler(const std::vector<std::string>* columns, FieldPlan* plan);

  // The slot of a column whose name is exactly `expression`; nullopt without columns. A name that
  // several columns have is a mistake.
  std::optional<uint16_t> ColumnOf(std::string_view expression);
  // nullopt, and a mistake about `what`, when the expression is wrong.
  std::optional<lang::Program> Compile(std::string_view what, std::string_view expression,
                                       lang::Type type);
  void AddMistake(std::string mistake) { mistakes_.push_back(std::move(mistake)); }
  // All mistakes, "; " between them; empty: none.
  std::string mistakes() const;

 private:
  std::optional<uint16_t> FindOnly(const std::vector<std::string>& names, std::string_view name);
  std::optional<lang::Binding> Resolve(std::string_view name);

  const std::vector<std::string>* const columns_;
  FieldPlan* const plan_;
  std::vector<std::string> names_;  // of the columns, as expressions may spell them
  std::vector<std::string> mistakes_;
};

}  // namespace kpiwatch
