// A rule file with one mistake, for the suite of mistakes_test.cc; files of cases instantiate it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace kpiwatch {

// A sound KPI and rule, to which a case adds its own mistake.
inline constexpr std::string_view kMistakeBase = R"(
kpis:
  - {name: touches, owner: o, event: crm.activity.completed, measure: count()}
  - {name: revenue, owner: o, event: erp.order.confirmed, measure: sum(data.amount), currency: CNY}
  - {name: by_unit, owner: o, event: mkt.spend.recorded, measure: sum(data.amount), subject: unit}
  - {name: verdict, owner: o, all_of: [touches], floors: [8]}
org:
  people:
    - {id: u1}
    - {id: u2}
)";

struct MistakeCase {
  std::string name;
  std::string text;   // begins at line 12
  std::string error;  // the only one
  bool with_base = true;
};

inline void PrintTo(const MistakeCase& c, std::ostream* out) { *out << c.name; }

class Mistake : public testing::TestWithParam<MistakeCase> {};

inline std::string MistakeName(const testing::TestParamInfo<MistakeCase>& info) {
  return info.param.name;
}

}  // namespace kpiwatch
