#include "daemon/model/event.h"

#include "daemon/base/check.h"

namespace kpiwatch {

FieldId FieldPlan::Add(std::string_view path) {
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (paths_[i] == path) {
      return FieldId(static_cast<uint16_t>(i));
    }
  }
  KPIWATCH_CHECK(paths_.size() < kMaxFields, "too many field paths in one plan");
  paths_.emplace_back(path);
  return FieldId(static_cast<uint16_t>(paths_.size() - 1));
}

}  // namespace kpiwatch
