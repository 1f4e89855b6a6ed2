#include "daemon/kpictl/bad_records.h"

#include <fmt/format.h>

namespace kpiwatch {

void BadRecords::Add(std::string_view told) {
  if (++count_ <= kShown) {
    err_ << told << '\n';
  }
}

void BadRecords::Finish() {
  if (count_ > kShown) {
    err_ << fmt::format("and {} more bad records\n", count_ - kShown);
  }
}

}  // namespace kpiwatch
