#include "daemon/rulebook/label_name.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"

namespace kpiwatch {

std::string LabelName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += absl::ascii_isalnum(c) ? c : '_';
  }
  if (out.empty() || absl::ascii_isdigit(out[0])) {
    out.insert(0, 1, '_');
  }
  if (out.starts_with("__")) {  // reserved
    out.insert(0, "label");
  }
  return out;
}

bool IsReservedLabel(std::string_view label) {
  static constexpr std::array<std::string_view, 7> kReserved = {
      "alertname", "alertstate", "kpi", "level", "reason", "subject", "unit"};
  return std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end();
}

}  // namespace kpiwatch
