// One tenant a source (D-17): as configured, else that of the first event that named one.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/ingest/source_options.h"
#include "daemon/model/event.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class SourceTenants {
 public:
  // Borrows `sources`.
  explicit SourceTenants(const std::vector<SourceOptions>* sources)
      : sources_(sources), tenants_(sources->size()) {}

  // Errors: the store's.
  absl::Status Restore(const StateStore& store);
  // Empty: not known yet.
  const std::string& of(uint32_t source) const { return tenants_[source]; }
  // Of an event whose tenant is not of(source): may it come from there all the same? What is
  // learnt goes into *names.
  bool Takes(const Event& event, uint32_t source, WriteBatch* names);

 private:
  const std::vector<SourceOptions>* const sources_;
  std::vector<std::string> tenants_;
};

}  // namespace kpiwatch
