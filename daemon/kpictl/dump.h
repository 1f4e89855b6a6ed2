// kpictl dump: what a store holds.
#pragma once

#include <string>

#include "daemon/kpictl/console.h"

namespace kpiwatch {

enum class DumpFormat { kNdjson, kCsv };

// Prints every day bucket of the store in `directory` as {"kpi","subject","day","count","sum"}:
// what is durable at this moment, also while a daemon has the store.
int Dump(const std::string& directory, DumpFormat format, const Console& console);

}  // namespace kpiwatch
