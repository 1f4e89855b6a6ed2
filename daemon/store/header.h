// What a store says of itself: the version of its format and which store it is.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// The format that this program writes; FORMAT.md describes it. Raise it with every change that an
// older program would misread, and read the versions before it.
inline constexpr uint64_t kStoreFormatVersion = 2;

struct StoreHeader {
  uint64_t version = kStoreFormatVersion;
  std::string uuid;  // random, made with the store: "3f0c1a2e-…", 36 characters
};

// Reads the header; an empty store gets one (durable on return) with this program's version and a
// new UUID, and one of an older version that this program reads gets this program's. Call it before
// anything else touches the store. Errors: kFailedPrecondition for a store of a newer version (the
// text says what to do), kDataLoss for a store with data and no readable header, and what the store
// itself returns.
absl::StatusOr<StoreHeader> OpenHeader(StateStore& store);

}  // namespace kpiwatch
