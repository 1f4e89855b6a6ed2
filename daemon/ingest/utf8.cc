#include "daemon/ingest/utf8.h"

#include "simdjson.h"

namespace kpiwatch {

bool IsUtf8Beyond(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace kpiwatch
