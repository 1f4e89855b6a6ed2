// Stored form of a list of names (FORMAT.md).
#pragma once

#include <string>
#include <vector>

#include "daemon/base/wire.h"

namespace kpiwatch {

inline void AppendNames(const std::vector<std::string>& names, std::string* out) {
  wire::AppendVarint(names.size(), out);
  for (const std::string& name : names) {
    wire::AppendString(name, out);
  }
}

// What can be read; `reader` says whether that was all.
inline std::vector<std::string> ReadNames(wire::Reader* reader) {
  std::vector<std::string> names;
  const uint64_t count = reader->Varint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    names.emplace_back(reader->String());
  }
  return names;
}

}  // namespace kpiwatch
