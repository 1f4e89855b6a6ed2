// Any bytes as a rule file: an answer at a place in the file, or a rulebook; never a crash, and the
// same answer every time.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/check.h"
#include "daemon/rulebook/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find("holidays") != std::string::npos) {
    return 0;  // these are read from the disk
  }
  const kpiwatch::LoadResult result = kpiwatch::LoadRulebook({{.path = "r.yaml", .text = text}});
  bool refused = false;
  for (const kpiwatch::Diagnostic& d : result.diagnostics) {
    refused |= !d.warning;
    KPIWATCH_CHECK(d.file == "r.yaml" && d.line >= 1 && d.column >= 1, d.ToString());
    KPIWATCH_CHECK(!d.message.empty(), d.ToString());
  }
  KPIWATCH_CHECK(refused == (result.rulebook == nullptr), "a refusal has its reason");
  const kpiwatch::LoadResult again = kpiwatch::LoadRulebook({{.path = "r.yaml", .text = text}});
  KPIWATCH_CHECK(again.diagnostics.size() == result.diagnostics.size(), "another answer");
  return 0;
}
