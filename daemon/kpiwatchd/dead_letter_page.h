// The dead letters that were written down, as the API shows them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "daemon/engine/read_view.h"
#include "daemon/notify/dead_letter_file.h"

namespace kpiwatch {

// At most `limit` letters behind number `after`, keys and values cut to a preview. Errors: the
// file's. Thread-safe.
absl::StatusOr<DeadLetterPage> ReadDeadLetters(const DeadLetterFile& file, uint64_t after,
                                               size_t limit);

}  // namespace kpiwatch
