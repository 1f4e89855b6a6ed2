#include "daemon/model/period.h"

#include "daemon/base/check.h"
#include "daemon/model/iso_week.h"
#include "fmt/format.h"

namespace kpiwatch {

std::string_view PeriodKindName(PeriodKind kind) {
  switch (kind) {
    case PeriodKind::kDay:
      return "day";
    case PeriodKind::kWeek:
      return "week";
    case PeriodKind::kMonth:
      return "month";
    case PeriodKind::kQuarter:
      return "quarter";
    case PeriodKind::kYear:
      return "year";
    case PeriodKind::kTarget:
      return "target";
  }
  CheckFailed(__FILE__, __LINE__, "kind", "not a kind of period");
}

std::string Period::ToString() const {
  const absl::CivilDay first = begin.ToCivil();
  switch (kind) {
    case PeriodKind::kDay:
      return begin.ToString();
    case PeriodKind::kWeek:
      if (begin.weekday() == 0) {
        const IsoWeek week = IsoWeek::Of(begin);
        return fmt::format("{:04}-W{:02}", week.year, week.week);
      }
      break;
    case PeriodKind::kMonth:
      return fmt::format("{:04}-{:02}", first.year(), first.month());
    case PeriodKind::kQuarter:
      return fmt::format("{:04}-Q{}", first.year(), (first.month() - 1) / 3 + 1);
    case PeriodKind::kYear:
      return fmt::format("{:04}", first.year());
    case PeriodKind::kTarget:
      break;
  }
  return fmt::format("{}/{}", begin.ToString(), end.ToString());
}

}  // namespace kpiwatch
